namespace AiEdge.Sdk.Tests;

/// <summary>
/// Programs that tests need besides the .NET SDK: where one is not there they are skipped, so that the SDK is enough for all others. CI says
/// <c>AIEDGE_TEST_TOOLS=required</c>, by which they run and fail instead.
/// </summary>
internal static class Tools
{
    /// <summary>Why tests that start these programs are skipped; null where they are run.</summary>
    public static string? Lacking(params string[] names)
    {
        if (Environment.GetEnvironmentVariable("AIEDGE_TEST_TOOLS") == "required")
            return null;
        var lacking = names.Where(name => !IsThere(name)).ToArray();
        return lacking.Length == 0 ? null : "not installed, and needed by this test: " + string.Join(", ", lacking);
    }

    private static bool IsThere(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Any(folder => File.Exists(Path.Combine(folder, OperatingSystem.IsWindows() ? name + ".exe" : name)));
}
