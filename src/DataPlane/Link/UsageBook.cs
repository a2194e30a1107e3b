using System.Globalization;
using System.Text;

namespace AiEdge.DataPlane.Link;

/// <summary>
/// Which records of the journal belong to which start of the process, and how far each has been acknowledged. Numbers here are the
/// journal's own, which go on over starts; on the wire they are one more, for there 0 is none.
/// </summary>
/// <remarks>
/// Kept in a file of lines, <c>epoch ID FIRST ACKNOWLEDGED</c>. It may be older than the truth: what is sent again is not counted
/// again. Used under its own lock.
/// </remarks>
internal sealed class UsageBook
{
    public const string FileName = "plane.usage";

    private const string FirstLine = "aiedge-usage 1";
    private readonly Lock _gate = new();
    private readonly string _path;
    private readonly List<Epoch> _epochs = [];
    private string _storeId = "";
    private bool _isChanged = true;

    private UsageBook(string path) => _path = path;

    /// <summary>The first record that the control plane has not acknowledged, or that is still to be made.</summary>
    public long NextUnacknowledged
    {
        get
        {
            lock (_gate)
            {
                for (var i = 0; i < _epochs.Count; i++)
                {
                    if (i == _epochs.Count - 1 || _epochs[i].Acknowledged < _epochs[i + 1].First)
                        return _epochs[i].Acknowledged;
                }

                return 0;
            }
        }
    }

    /// <summary>Takes the folder's book up for another start of the process.</summary>
    /// <param name="folder">Where it lies.</param>
    /// <param name="epoch">This start's 16 bytes.</param>
    /// <param name="oldest">The journal's oldest record.</param>
    /// <param name="next">The journal's next record: what crashed exchanges were closed with came before it and is of the start before.</param>
    public static UsageBook Open(string folder, byte[] epoch, long oldest, long next)
    {
        var book = new UsageBook(Path.Combine(folder, FileName));
        foreach (var line in File.Exists(book._path) ? File.ReadAllLines(book._path) : [])
            book.Take(line.Split(' '));

        // A journal that was begun anew has lower numbers than the book knows.
        book._epochs.RemoveAll(known => known.First > next);
        if (book._epochs.Count == 0 && next > oldest)
        {
            // Records of a time before there was a control plane, or before the book was lost: they are somebody's, too.
            book._epochs.Add(new(System.Security.Cryptography.RandomNumberGenerator.GetBytes(epoch.Length), oldest) { Acknowledged = oldest });
        }

        book._epochs.Add(new(epoch, next) { Acknowledged = next });
        book.Forget(oldest);
        book.Save();
        return book;
    }

    /// <summary>The epochs that there are records of, with this start's.</summary>
    /// <param name="oldest">The journal's oldest record.</param>
    /// <param name="next">The journal's next record.</param>
    public List<UsageSpan> Spans(long oldest, long next)
    {
        lock (_gate)
        {
            Forget(oldest);
            var spans = new List<UsageSpan>(_epochs.Count);
            for (var i = 0; i < _epochs.Count; i++)
                spans.Add(new(_epochs[i].Id, Math.Max(oldest, _epochs[i].First), End(i, next), IsClosed: i < _epochs.Count - 1));
            return spans;
        }
    }

    /// <summary>The epoch of a record, and where it ends; <see cref="long.MaxValue"/> for this start's.</summary>
    public (byte[] Epoch, long End) Of(long sequence)
    {
        lock (_gate)
        {
            var i = _epochs.Count - 1;
            while (i > 0 && _epochs[i].First > sequence)
                i--;
            return (_epochs[i].Id, End(i, long.MaxValue));
        }
    }

    /// <summary>Everything of the epoch before <paramref name="next"/> is safe with the control plane.</summary>
    public void Acknowledge(ReadOnlySpan<byte> epoch, long next)
    {
        lock (_gate)
        {
            if (Find(epoch) is not { } known || next <= known.Acknowledged)
                return;
            known.Acknowledged = next;
            _isChanged = true;
        }
    }

    /// <summary>
    /// The control plane wants everything of the epoch from <paramref name="from"/> on. True where that was acknowledged before, so that it
    /// has to be read again.
    /// </summary>
    public bool TakeBack(ReadOnlySpan<byte> epoch, long from)
    {
        lock (_gate)
        {
            if (Find(epoch) is not { } known)
                return false;
            var isBack = from < known.Acknowledged;
            known.Acknowledged = Math.Max(from, known.First);
            _isChanged = true;
            return isBack;
        }
    }

    /// <summary>Another store than before knows nothing of what the old one acknowledged. True if it is another.</summary>
    public bool UseStore(ReadOnlySpan<byte> storeId)
    {
        var id = Convert.ToHexStringLower(storeId);
        lock (_gate)
        {
            if (_storeId == id)
                return false;
            var isFirst = _storeId.Length == 0;
            _storeId = id;
            _isChanged = true;
            foreach (var epoch in _epochs)
                epoch.Acknowledged = epoch.First;
            return !isFirst;
        }
    }

    /// <summary>Puts it on disk, if it has changed. A disk that does not take it costs sending again.</summary>
    public void Save()
    {
        var text = new StringBuilder(FirstLine).Append('\n');
        lock (_gate)
        {
            if (!_isChanged)
                return;
            text.Append("store ").Append(_storeId).Append('\n');
            foreach (var epoch in _epochs)
                text.Append(CultureInfo.InvariantCulture, $"epoch {Convert.ToHexStringLower(epoch.Id)} {epoch.First} {epoch.Acknowledged}\n");
            _isChanged = false;
        }

        try
        {
            PrivateFile.Write(_path, Encoding.ASCII.GetBytes(text.ToString()));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _isChanged = true;
        }
    }

    private void Take(string[] words)
    {
        if (words is ["store", var store])
            _storeId = store;
        else if (words is ["epoch", { Length: 32 } id, var first, var acknowledged] && TryNumber(first, out var from) && TryNumber(acknowledged, out var until))
            _epochs.Add(new(Convert.FromHexString(id), from) { Acknowledged = Math.Max(from, until) });
    }

    /// <summary>An epoch whose last record is not there any more is nothing to speak of.</summary>
    private void Forget(long oldest)
    {
        while (_epochs.Count > 1 && _epochs[1].First <= oldest)
        {
            _epochs.RemoveAt(0);
            _isChanged = true;
        }

        // What is gone will never be acknowledged.
        if (_epochs[0].Acknowledged < oldest)
            _epochs[0].Acknowledged = oldest;
    }

    private long End(int i, long next) => i < _epochs.Count - 1 ? _epochs[i + 1].First : next;

    private Epoch? Find(ReadOnlySpan<byte> id)
    {
        foreach (var epoch in _epochs)
        {
            if (id.SequenceEqual(epoch.Id))
                return epoch;
        }

        return null;
    }

    private static bool TryNumber(string text, out long number) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    private sealed class Epoch(byte[] id, long first)
    {
        public byte[] Id { get; } = id;

        public long First { get; } = first;

        /// <summary>The first that is not acknowledged.</summary>
        public long Acknowledged { get; set; } = first;
    }
}

/// <summary>Records of one start of the process.</summary>
/// <param name="Epoch">The start's 16 bytes.</param>
/// <param name="First">The oldest that is there.</param>
/// <param name="End">The one after the last.</param>
/// <param name="IsClosed">No more of it will come.</param>
internal readonly record struct UsageSpan(byte[] Epoch, long First, long End, bool IsClosed);
