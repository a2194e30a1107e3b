namespace AiEdge.AotSmoke.Tests;

/// <summary>A test of the native binary that needs a file system of its own; skipped where this user may not mount one.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class TmpfsFactAttribute : FactAttribute
{
    public TmpfsFactAttribute()
    {
        if (!File.Exists(NativePlane.Binary) && Environment.GetEnvironmentVariable("CI") != "true")
            Skip = "there is no native binary; ./build.sh aot makes it";
        else if (!Tmpfs.IsAllowed)
            Skip = "a small file system cannot be mounted here: that takes root";
    }
}
