using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Rules;
using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Snapshot;

/// <summary>Loads a document from a file: read, parse, resolve references, judge, compile. Never throws for what the file holds.</summary>
internal static class ConfigFile
{
    /// <summary>Loads a file.</summary>
    /// <param name="path">The file; <c>.json</c> is JSON, everything else YAML.</param>
    /// <param name="generation">The number that the snapshot gets.</param>
    /// <param name="overrides">What the command line says in place of the document.</param>
    /// <param name="env">The environment: null for a name that is not set.</param>
    /// <param name="running">The server block in force, whose addresses stay; null at the start.</param>
    public static ConfigLoad Load(string path, long generation, ConfigOverrides overrides, Func<string, string?> env, ServerModel? running = null)
    {
        var faults = new FaultList();
        if (!SourceFile.TryRead(path, SourceFile.DocumentBytesMax, out var content, out var complaint))
        {
            faults.Add("", 0, 0, complaint);
            return new ConfigLoad { Faults = faults.ToList(), Warnings = [], Files = [] };
        }

        var full = Path.GetFullPath(path);
        var document = new ConfigDocument(content, ConfigSource.FormatOf(path), Path.GetDirectoryName(full) ?? full)
        {
            WrittenUnixSeconds = new DateTimeOffset(File.GetLastWriteTimeUtc(full), TimeSpan.Zero).ToUnixTimeSeconds(),
        };
        return Compile(document, generation, overrides, env, running, faults);
    }

    /// <summary>Loads a document that is in memory already.</summary>
    public static ConfigLoad Load(ConfigDocument document, long generation, ConfigOverrides overrides, Func<string, string?> env, ServerModel? running = null) =>
        Compile(document, generation, overrides, env, running, new FaultList());

    private static ConfigLoad Compile(
        ConfigDocument document, long generation, ConfigOverrides overrides, Func<string, string?> env, ServerModel? running, FaultList faults)
    {
        var warnings = new FaultList();
        var files = new ReferencedFiles(document.Folder, faults);
        ConfigSnapshot? snapshot = null;
        if (ConfigSource.Parse(document.Content, document.Format, faults) is { } root)
        {
            new ReferenceResolver(env, files, faults).Resolve(root);
            if (DocumentRules.Read(root, faults, warnings) is { } options)
            {
                ConfigCompiler.CheckFiles(options, files);
                var addresses = ListenerAddresses.Resolve(options.Server, overrides, running, faults, warnings);
                if (faults.Count == 0)
                    snapshot = ConfigCompiler.Compile(options, addresses, files, generation, document.WrittenUnixSeconds);
            }
        }

        return new ConfigLoad { Snapshot = snapshot, Faults = faults.ToList(), Warnings = warnings.ToList(), Files = files.Paths };
    }
}

/// <summary>The bytes of a document, and what its file said about them.</summary>
/// <param name="Content">The bytes.</param>
/// <param name="Format">How they are written.</param>
/// <param name="Folder">Where relative paths start; absolute.</param>
internal sealed record ConfigDocument(byte[] Content, ConfigFormat Format, string Folder)
{
    /// <summary>When it was written, in Unix seconds: what <c>/v1/models</c> shows as <c>created</c>.</summary>
    public long WrittenUnixSeconds { get; init; }
}
