namespace AiEdge.Functional.Tests.Rig;

/// <summary>A fact that is shown by something that only Linux does.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class LinuxFactAttribute : FactAttribute
{
    public LinuxFactAttribute() => Skip = Reason;

    /// <summary>Why it is left out, or null.</summary>
    internal static string? Reason => OperatingSystem.IsLinux() ? null : "shown by what only Linux does";
}

/// <summary>The same of several rows.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class LinuxTheoryAttribute : TheoryAttribute
{
    public LinuxTheoryAttribute() => Skip = LinuxFactAttribute.Reason;
}
