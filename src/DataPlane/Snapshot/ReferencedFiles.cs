using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Fields;

namespace AiEdge.DataPlane.Snapshot;

/// <summary>The other files that a document names: where they are, and whether they can be read.</summary>
internal sealed class ReferencedFiles
{
    private readonly ReferenceScope _scope;
    private readonly FaultList _faults;
    private readonly List<StampedFile> _files = [];
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);

    /// <param name="scope">Where paths that are not absolute start, and which may be named at all.</param>
    /// <param name="faults">Takes a fault for each file that cannot be read.</param>
    public ReferencedFiles(ReferenceScope scope, FaultList faults)
    {
        _scope = scope;
        _faults = faults;
    }

    /// <summary>Whether others than this machine's operator have named them: what a fault says of their content, these would read.</summary>
    public bool AreConfined => _scope.IsConfined;

    /// <summary>The files, each once.</summary>
    public IReadOnlyList<StampedFile> All => _files;

    /// <summary>The absolute path of a file. Its state is noted first: a change while it is read shows as one afterwards.</summary>
    public string Add(string path)
    {
        var full = Path.GetFullPath(path, _scope.Folder);
        if (_known.Add(full))
            _files.Add(StampedFile.Of(full));
        return full;
    }

    /// <summary>Why a file may not be named; null where it may. One that may not is not looked at: not even whether it is there.</summary>
    public string? Complaint(string path) => _scope.Complaint(Path.GetFullPath(path, _scope.Folder));

    /// <summary>The same, with the state that was noted.</summary>
    public StampedFile Stamp(string path)
    {
        var full = Add(path);
        return _files.Find(file => file.Path == full);
    }

    /// <summary>Adds a fault where the file of a setting cannot be opened.</summary>
    public void Check(Setting<string> setting)
    {
        if (!setting.IsSet)
            return;
        if (Complaint(setting.Value) is { } complaint)
        {
            _faults.Add(setting.Source!, complaint);
            return;
        }

        try
        {
            File.OpenHandle(Add(setting.Value)).Dispose();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            var isMissing = e is FileNotFoundException or DirectoryNotFoundException;
            _faults.Add(setting.Source!, isMissing ? "the file does not exist" : "the file cannot be read");
        }
    }

    /// <summary>The absolute path of a setting's file, or null where none is written.</summary>
    public string? PathOf(Setting<string> setting) => setting.IsSet ? Path.GetFullPath(setting.Value, _scope.Folder) : null;
}
