using Microsoft.Win32.SafeHandles;

namespace AiEdge.DataPlane.Record;

/// <summary>What the journal needs of the machine besides files. A test plays one that ends, or whose disk stalls or fails.</summary>
internal class JournalMachine
{
    public static JournalMachine Real { get; } = new();

    /// <summary>Which run of the machine this is; 0 where it says none, and then nothing counts as committed that is not on disk.</summary>
    public virtual ulong Boot => MachineBoot.Id;

    /// <summary>Waits until what was written to the file before is on disk.</summary>
    /// <param name="file">Open for writing.</param>
    /// <param name="path">Where it lies.</param>
    /// <exception cref="IOException">It is not, and nobody knows what is.</exception>
    public virtual void Sync(SafeFileHandle file, string path) => JournalFolder.SyncData(file);

    /// <summary>Waits until the names that a folder's files have are on disk: whoever was made, moved or removed before is so for good.</summary>
    /// <param name="folder">The folder.</param>
    /// <exception cref="IOException">They are not, and nobody knows which are.</exception>
    public virtual void SyncFolder(string folder) => JournalFolder.Sync(folder);
}
