namespace AiEdge.DataPlane.Snapshot;

/// <summary>
/// What a document's references may reach on this machine. A file that lies here is the operator's word and reaches all; what comes from
/// a control plane was written by whoever may edit there, and reaches only what the operator has set aside for it.
/// </summary>
internal sealed class ReferenceScope
{
    /// <summary>What names of the environment begin with that a control plane's document may name.</summary>
    public const string NamePrefix = "AIEDGE_SECRET_";

    private readonly Func<string, string?> _env;
    private readonly IReadOnlyDictionary<string, string>? _stored;

    private ReferenceScope(Func<string, string?> env, string folder, IReadOnlyDictionary<string, string>? stored, string? root)
    {
        _env = env;
        _stored = stored;
        Folder = folder;
        Root = root;
    }

    /// <summary>Where paths that are not absolute start.</summary>
    public string Folder { get; }

    /// <summary>The one folder, absolute, whose files may be named; null where any may, and where none may.</summary>
    public string? Root { get; }

    /// <summary>Whether the document comes from a control plane.</summary>
    public bool IsConfined => _stored is not null;

    /// <summary>All of this machine.</summary>
    public static ReferenceScope Open(Func<string, string?> env, string folder) => new(env, folder, null, null);

    /// <summary>What a control plane's document reaches.</summary>
    /// <param name="env">The environment, of which <see cref="NamePrefix"/> names are seen.</param>
    /// <param name="secretsDir">The folder whose files may be named; null for none.</param>
    /// <param name="stored">What came with the document, by name: <c>${store:NAME}</c>.</param>
    public static ReferenceScope Confined(Func<string, string?> env, string? secretsDir, IReadOnlyDictionary<string, string> stored)
    {
        var root = secretsDir is null ? null : Path.GetFullPath(secretsDir);
        return new(env, root ?? Path.GetPathRoot(Environment.CurrentDirectory) ?? "/", stored, root);
    }

    /// <summary>A variable's value, empty where it has none; false with what is wrong.</summary>
    public bool TryVariable(string name, out string value, out string complaint)
    {
        var isSeen = !IsConfined || name.StartsWith(NamePrefix, StringComparison.Ordinal);
        value = isSeen ? _env(name) ?? "" : "";
        complaint = !isSeen ? $"a control plane's document may name variables {NamePrefix}… only, and not {name}"
            : value.Length == 0 ? $"the environment variable {name} is not set, or empty"
            : "";
        return complaint.Length == 0;
    }

    /// <summary>What the control plane keeps under a name; false with what is wrong.</summary>
    public bool TryStored(string name, out string value, out string complaint)
    {
        value = "";
        if (_stored is null)
            complaint = "references to a control plane's store are read in documents from there only";
        else
            complaint = _stored.TryGetValue(name, out value!) && value.Length > 0 ? "" : "the control plane sent no secret of that name";
        value ??= "";
        return complaint.Length == 0;
    }

    /// <summary>Why a file, absolute, may not be named; null where it may. Links within the folder are the operator's, and followed.</summary>
    public string? Complaint(string path)
    {
        if (!IsConfined)
            return null;
        if (Root is null)
            return "a control plane's document may name files under --secrets-dir only, and none is given";
        var isUnder = path.Length > Root.Length + 1 && path.StartsWith(Root, StringComparison.Ordinal)
            && (Root.EndsWith(Path.DirectorySeparatorChar) || path[Root.Length] == Path.DirectorySeparatorChar);
        return isUnder ? null : "a control plane's document may name files under --secrets-dir only";
    }
}
