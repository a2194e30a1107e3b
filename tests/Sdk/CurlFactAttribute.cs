namespace AiEdge.Sdk.Tests;

/// <summary>A test that types into curl; skipped where curl, or a shell, is not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class CurlFactAttribute : FactAttribute
{
    public CurlFactAttribute() => Skip = Tools.Lacking("curl", "sh");
}
