using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Rules;
using AiEdge.Contracts.Source;
using AiEdge.Contracts.Tree;
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
    /// <param name="running">The snapshot in force, whose addresses and unchanged vocabularies stay; null at the start.</param>
    public static ConfigLoad Load(string path, long generation, ConfigOverrides overrides, Func<string, string?> env, ConfigSnapshot? running = null)
    {
        var faults = new FaultList();
        var full = Path.GetFullPath(path);
        var scope = ReferenceScope.Open(env, Path.GetDirectoryName(full) ?? full);
        var files = new ReferencedFiles(scope, faults);
        files.Add(full);
        if (!SourceFile.TryRead(full, SourceText.DocumentBytesMax, out var content, out var complaint))
        {
            faults.Add("", 0, 0, complaint);
            return new ConfigLoad { Faults = faults.ToList(), Warnings = [], Files = files.All };
        }

        var written = files.All[0].Stamp.Written;
        var document = new ConfigDocument(content, ConfigSource.FormatOf(path))
        {
            WrittenUnixSeconds = written == default ? 0 : new DateTimeOffset(written, TimeSpan.Zero).ToUnixTimeSeconds(),
        };
        return Compile(document, generation, overrides, scope, running, files, faults);
    }

    /// <summary>Loads a document that is in memory already. Its relative paths start at <paramref name="folder"/>, which is absolute.</summary>
    public static ConfigLoad Load(
        ConfigDocument document, string folder, long generation, ConfigOverrides overrides, Func<string, string?> env, ConfigSnapshot? running = null)
    {
        var faults = new FaultList();
        var scope = ReferenceScope.Open(env, folder);
        return Compile(document, generation, overrides, scope, running, new ReferencedFiles(scope, faults), faults);
    }

    /// <summary>Loads what a control plane sent, by the same rules.</summary>
    /// <param name="entries">The whole document.</param>
    /// <param name="createdUnixSeconds">What <c>/v1/models</c> shows as <c>created</c>.</param>
    /// <param name="generation">The control plane's number for it.</param>
    /// <param name="overrides">What the command line says in place of the document.</param>
    /// <param name="scope">What it may refer to here.</param>
    /// <param name="running">The snapshot in force; null at the start.</param>
    public static ConfigLoad Load(
        ConfigEntries entries, long createdUnixSeconds, long generation, ConfigOverrides overrides, ReferenceScope scope, ConfigSnapshot? running)
    {
        var faults = new FaultList();
        var root = EntryTree.Build(entries, faults);
        return Judge(root, createdUnixSeconds, generation, overrides, scope, running, new ReferencedFiles(scope, faults), faults, keysComeAndGo: true);
    }

    private static ConfigLoad Compile(
        ConfigDocument document,
        long generation,
        ConfigOverrides overrides,
        ReferenceScope scope,
        ConfigSnapshot? running,
        ReferencedFiles files,
        FaultList faults) =>
        Judge(
            ConfigSource.Parse(document.Content, document.Format, faults), document.WrittenUnixSeconds, generation, overrides, scope, running, files, faults);

    private static ConfigLoad Judge(
        ConfigNode? root,
        long createdUnixSeconds,
        long generation,
        ConfigOverrides overrides,
        ReferenceScope scope,
        ConfigSnapshot? running,
        ReferencedFiles files,
        FaultList faults,
        bool keysComeAndGo = false)
    {
        var warnings = new FaultList();
        ConfigSnapshot? snapshot = null;
        if (root is not null)
        {
            new ReferenceResolver(scope, files, faults).Resolve(root);
            if (DocumentRules.Read(root, faults, warnings, keysComeAndGo) is { } options)
            {
                ConfigCompiler.CheckFiles(options, files);
                var addresses = ListenerAddresses.Resolve(options.Server, overrides, running?.Server, files, faults, warnings);
                var tokenizers = TokenizerLoader.Load(options, files, faults, running?.Tokenizers ?? []);
                if (faults.Count == 0)
                    snapshot = ConfigCompiler.Compile(options, addresses, files, tokenizers, generation, createdUnixSeconds);
            }
        }

        return new ConfigLoad { Snapshot = snapshot, Faults = faults.ToList(), Warnings = warnings.ToList(), Files = files.All };
    }
}

/// <summary>The bytes of a document, and what its file said about them.</summary>
/// <param name="Content">The bytes.</param>
/// <param name="Format">How they are written.</param>
internal sealed record ConfigDocument(byte[] Content, ConfigFormat Format)
{
    /// <summary>When it was written, in Unix seconds: what <c>/v1/models</c> shows as <c>created</c>.</summary>
    public long WrittenUnixSeconds { get; init; }
}
