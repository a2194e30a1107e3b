using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Options;
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
        return Compile(document, new(generation, 0, overrides, running), scope, files, faults);
    }

    /// <summary>Loads a document that is in memory already. Its relative paths start at <paramref name="folder"/>, which is absolute.</summary>
    public static ConfigLoad Load(
        ConfigDocument document, string folder, long generation, ConfigOverrides overrides, Func<string, string?> env, ConfigSnapshot? running = null)
    {
        var faults = new FaultList();
        var scope = ReferenceScope.Open(env, folder);
        return Compile(document, new(generation, 0, overrides, running), scope, new ReferencedFiles(scope, faults), faults);
    }

    /// <summary>Loads what a control plane sent, by the same rules, all of it at once.</summary>
    /// <param name="entries">The whole document.</param>
    /// <param name="scope">What it may refer to here.</param>
    /// <param name="source">Where it stands among others.</param>
    public static ConfigLoad Load(ConfigEntries entries, ReferenceScope scope, CompileContext source)
    {
        var faults = new FaultList();
        var root = EntryTree.Build(entries, faults);
        return Judge(root, source, scope, new ReferencedFiles(scope, faults), faults, isLinked: true);
    }

    /// <summary>Loads what a control plane sent but for its keys, which <paramref name="keysOf"/> compiles: it gives null where they have faults.</summary>
    public static ConfigLoad Load(ConfigEntries entries, ReferenceScope scope, CompileContext source, KeyReader keysOf)
    {
        var faults = new FaultList();
        var root = EntryTree.Build(entries, faults, hasKeys: false);
        return Judge(root, source, scope, new ReferencedFiles(scope, faults), faults, isLinked: true, keysOf);
    }

    private static ConfigLoad Compile(
        ConfigDocument document, CompileContext source, ReferenceScope scope, ReferencedFiles files, FaultList faults) =>
        Judge(
            ConfigSource.Parse(document.Content, document.Format, faults), source with { CreatedUnixSeconds = document.WrittenUnixSeconds }, scope,
            files, faults, isLinked: false);

    private static ConfigLoad Judge(
        ConfigNode? root, CompileContext source, ReferenceScope scope, ReferencedFiles files, FaultList faults, bool isLinked, KeyReader? keysOf = null)
    {
        var warnings = new FaultList();
        ConfigSnapshot? snapshot = null;
        if (root is not null)
        {
            var resolver = new ReferenceResolver(scope, files, faults);
            resolver.Resolve(root);
            if (DocumentRules.Read(root, faults, warnings, isLinked, hasOtherKeys: keysOf is not null) is { } options)
            {
                ConfigCompiler.CheckFiles(options, files);
                var running = source.Running;
                var addresses = ListenerAddresses.Resolve(options.Server, source.Overrides, running?.Server, files, faults, warnings);
                var tokenizers = TokenizerLoader.Load(options, files, faults, running?.Tokenizers ?? []);
                var keys = faults.Count > 0 ? null : keysOf is null ? new KeyPolicies(options).TableOf(options.Keys) : keysOf(options, resolver, warnings);
                if (faults.Count == 0 && keys is not null)
                    snapshot = ConfigCompiler.Compile(options, addresses, files, tokenizers, keys, source.Generation, source.CreatedUnixSeconds);
            }
        }

        return new ConfigLoad { Snapshot = snapshot, Faults = faults.ToList(), Warnings = warnings.ToList(), Files = files.All };
    }
}

/// <summary>Compiles keys against the rest of their document; null where something is wrong with one of them.</summary>
/// <param name="options">The rest, without faults.</param>
/// <param name="resolver">Follows references.</param>
/// <param name="warnings">Takes what is odd about keys.</param>
internal delegate KeyTable? KeyReader(ConfigOptions options, ReferenceResolver resolver, FaultList warnings);

/// <summary>What a document is compiled with that does not stand in it.</summary>
/// <param name="Generation">The number that its snapshot gets.</param>
/// <param name="CreatedUnixSeconds">What <c>/v1/models</c> shows as <c>created</c>.</param>
/// <param name="Overrides">What the command line says in place of the document.</param>
/// <param name="Running">The snapshot in force, whose addresses and unchanged vocabularies stay; null at the start.</param>
internal sealed record CompileContext(long Generation, long CreatedUnixSeconds, ConfigOverrides Overrides, ConfigSnapshot? Running);

/// <summary>The bytes of a document, and what its file said about them.</summary>
/// <param name="Content">The bytes.</param>
/// <param name="Format">How they are written.</param>
internal sealed record ConfigDocument(byte[] Content, ConfigFormat Format)
{
    /// <summary>When it was written, in Unix seconds: what <c>/v1/models</c> shows as <c>created</c>.</summary>
    public long WrittenUnixSeconds { get; init; }
}
