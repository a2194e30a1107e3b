using System.Security.Cryptography;

namespace AiEdge.DataPlane.Record;

/// <summary>
/// What a journal's mark says besides how far it was: the journal's own name and whether a checkpoint of the limits lies beside it.
/// </summary>
internal sealed class JournalNote
{
    private const byte Version = 1;
    private const int IdBytes = 16;

    private JournalNote(byte[] bytes) => Bytes = bytes;

    /// <summary>Version, flags, name.</summary>
    public byte[] Bytes { get; }

    /// <summary>
    /// 128 random bits, made with the journal. With the count of its openings they name a run of the process for good, also where a
    /// journal was moved away and another begun in its place.
    /// </summary>
    public ReadOnlySpan<byte> Id => Bytes.AsSpan(2);

    /// <summary>A checkpoint was written: one that is not there has been lost.</summary>
    public bool HasCheckpoint
    {
        get => (Bytes[1] & 1) != 0;
        set => Bytes[1] = value ? (byte)1 : (byte)0;
    }

    /// <summary>Reads a mark's note; of a mark that has none, a new one.</summary>
    public static JournalNote Read(byte[] note)
    {
        if (note.Length == 2 + IdBytes && note[0] == Version)
            return new(note);
        var made = new byte[2 + IdBytes];
        made[0] = Version;
        RandomNumberGenerator.Fill(made.AsSpan(2));
        return new(made);
    }
}
