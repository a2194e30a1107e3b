namespace AiEdge.AotSmoke.Tests;

/// <summary>A test of the native binary that lies to it about the time of day; skipped where libfaketime is not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class FaketimeFactAttribute : FactAttribute
{
    public FaketimeFactAttribute()
    {
        if (!File.Exists(NativePlane.Binary))
            Skip = "there is no native binary; ./build.sh aot makes it";
        else if (FakeWall.Library is null)
            Skip = "libfaketime is not installed (Debian: faketime)";
    }
}
