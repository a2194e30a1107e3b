namespace AiEdge.Tidy.Tests;

/// <summary>The layers of one plane, and what of others only some of its folders may open.</summary>
/// <param name="Prefix">Its namespace.</param>
/// <param name="Layers">From the bottom up; folders in one row do not know each other.</param>
/// <param name="Outside">Namespaces of others, each with the folders that may open them.</param>
public sealed record LayerTable(string Prefix, string[][] Layers, (string Namespace, string[] Folders)[] Outside)
{
    public static LayerTable DataPlane { get; } = new(
        "AiEdge.DataPlane",
        [
            ["Transport"],
            ["Core"],
            ["Parse", "Identify", "Screen", "Admit", "Route", "Translate", "Forward", "Meter", "Record"],
            ["Dialects"],
            ["Snapshot", "Flow"],
            ["Accept", "Link"],
            ["Hosting"],
        ],
        [
            ("System.Text.Json", ["Dialects", "Snapshot", "Flow", "Record", "Hosting"]),
            ("YamlDotNet", []),
            ("Microsoft.Extensions.Logging", ["Record", "Hosting", "Snapshot"]),
            ("FASTER", ["Record"]),
            ("System.Linq", []),
        ]);

    public static LayerTable ControlPlane { get; } = new(
        "AiEdge.ControlPlane",
        [
            ["Store", "Validate"],
            ["Domain"],
            ["Rest"],
            ["Publish", "Quota", "Usage"],
            ["Api"],
            ["Hosting"],
        ],
        [
            ("YamlDotNet", []),
            ("FASTER", ["Store", "Usage"]),
            ("Microsoft.AspNetCore", ["Rest", "Publish", "Quota", "Usage", "Api", "Hosting"]),
        ]);

    /// <summary>The row of a folder, counted from the bottom; -1 where it is in none.</summary>
    public int Level(string folder) => Array.FindIndex(Layers, l => l.Contains(folder));
}
