namespace AiEdge.AotSmoke.Tests;

/// <summary>A test of the native binary. Without one it is skipped; where CI is set it runs all the same, and fails.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NativeFactAttribute : FactAttribute
{
    public NativeFactAttribute()
    {
        if (!File.Exists(NativePlane.Binary) && Environment.GetEnvironmentVariable("CI") != "true")
            Skip = "there is no native binary; ./build.sh aot makes it";
    }
}
