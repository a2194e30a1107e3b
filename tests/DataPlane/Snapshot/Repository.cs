namespace AiEdge.DataPlane.Tests.Snapshot;

/// <summary>Files of the working copy that tests read: samples, schema, documentation.</summary>
internal static class Repository
{
    public static string PathOf(string relative)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "global.json")))
            folder = folder.Parent;
        return Path.Combine(folder?.FullName ?? throw new InvalidOperationException("the working copy was not found"), relative);
    }
}
