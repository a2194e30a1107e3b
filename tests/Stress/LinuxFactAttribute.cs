namespace AiEdge.Stress.Tests;

/// <summary>A fact that reads what Linux tells of threads.</summary>
public sealed class LinuxFactAttribute : FactAttribute
{
    public LinuxFactAttribute()
    {
        if (!OperatingSystem.IsLinux())
            Skip = "threads are told apart by /proc";
    }
}
