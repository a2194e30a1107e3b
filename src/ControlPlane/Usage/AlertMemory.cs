using System.Text;
using AiEdge.ControlPlane.Store;

namespace AiEdge.ControlPlane.Usage;

/// <summary>
/// What has been told and what is still on its way, in a file that is replaced whole: after a restart nothing is told a second time, and nothing
/// that was found is forgotten. Used by one thread at a time.
/// </summary>
internal sealed class AlertMemory
{
    public const string FileName = StoreCopy.AlertsFile;

    /// <summary>Messages that wait; the oldest gives way.</summary>
    public const int MessagesMax = 1_000;

    private const int Version = 1;
    private static readonly TimeSpan Kept = TimeSpan.FromDays(40);

    private readonly string _path;
    private readonly Dictionary<string, long> _told = new(StringComparer.Ordinal);
    private readonly List<AlertMessage> _messages = [];
    private bool _isDirty;

    private AlertMemory(string folder) => _path = Path.Combine(folder, FileName);

    public IReadOnlyList<AlertMessage> Messages => _messages;

    /// <summary>Messages that were given up.</summary>
    public long GivenUp { get; private set; }

    /// <exception cref="StoreFault">The file is damaged.</exception>
    public static AlertMemory Open(string folder)
    {
        var memory = new AlertMemory(folder);
        if (StateFile.Read(memory._path) is not { } file)
            return memory;
        using var from = new BinaryReader(new MemoryStream(file.Body), Encoding.UTF8);
        if (from.ReadInt32() != Version)
            throw new StoreFault($"{FileName} was written by a newer program");
        for (var left = from.ReadInt32(); left > 0; left--)
            memory._told.Add(from.ReadString(), from.ReadInt64());
        for (var left = from.ReadInt32(); left > 0; left--)
            memory._messages.Add(new(from.ReadString(), from.ReadString(), from.ReadBytes(from.ReadInt32()), from.ReadInt32(), from.ReadInt64()));
        return memory;
    }

    /// <summary>Notes that something was found; false where that has been noted before.</summary>
    public bool TryNote(string what, long nowUnixMs)
    {
        var isNew = _told.TryAdd(what, nowUnixMs);
        _isDirty |= isNew;
        return isNew;
    }

    public bool WasNoted(string what) => _told.ContainsKey(what);

    public void Add(AlertMessage message)
    {
        if (_messages.Count == MessagesMax)
        {
            _messages.RemoveAt(0);
            GivenUp++;
        }

        _messages.Add(message);
        _isDirty = true;
    }

    /// <summary>Replaces a message by its next try, or removes it.</summary>
    public void Replace(AlertMessage message, AlertMessage? next)
    {
        var place = _messages.IndexOf(message);
        if (next is null)
            _messages.RemoveAt(place);
        else
            _messages[place] = next;
        _isDirty = true;
    }

    public void GiveUp(AlertMessage message)
    {
        Replace(message, null);
        GivenUp++;
    }

    /// <summary>Puts it on disk if something has changed.</summary>
    public void Save(long nowUnixMs)
    {
        if (!_isDirty)
            return;
        var old = nowUnixMs - (long)Kept.TotalMilliseconds;
        foreach (var (what, at) in _told)
        {
            if (at < old)
                _told.Remove(what);
        }

        StateFile.Write(_path, 0, stream =>
        {
            using var to = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true);
            to.Write(Version);
            to.Write(_told.Count);
            foreach (var (what, at) in _told)
            {
                to.Write(what);
                to.Write(at);
            }

            to.Write(_messages.Count);
            foreach (var message in _messages)
            {
                to.Write(message.Id);
                to.Write(message.Rule);
                to.Write(message.Body.Length);
                to.Write(message.Body);
                to.Write(message.Tries);
                to.Write(message.NextUnixMs);
            }
        });
        _isDirty = false;
    }
}
