using System.Security.Cryptography;

namespace AiEdge.ControlPlane.Store;

/// <summary>The store of one machine: a folder with logs on FASTER. docs/store.md says what it promises.</summary>
internal sealed class FasterStore : IEdgeStore
{
    public const string IdFile = "store.id";
    public const int IdBytes = 16;

    private readonly FileStream _lock;
    private readonly byte[] _id;
    private readonly CommandLog _commands;
    private readonly CommandLog _quota;
    private readonly UsageLedger _ledger;

    private FasterStore(FileStream lockFile, string folder, LedgerOptions ledger)
    {
        _lock = lockFile;
        var id = ReadId(folder);
        _commands = CommandLog.Open(folder, LogShape.Commands);
        try
        {
            _quota = CommandLog.Open(folder, LogShape.Quota);
            _ledger = UsageLedger.Open(folder, ledger);
            _id = id ?? CreateId(folder);
        }
        catch
        {
            _commands.Dispose();
            _quota?.Dispose();
            _ledger?.Dispose();
            throw;
        }
    }

    public ReadOnlyMemory<byte> Id => _id;

    public ICommandLog Commands => _commands;

    public ICommandLog Quota => _quota;

    public IUsageLedger Ledger => _ledger;

    /// <summary>The store's logs.</summary>
    internal static LogShape[] Shapes { get; } = [LogShape.Commands, LogShape.Quota, LogShape.Ledger];

    /// <summary>Where the store lies in the control plane's folder.</summary>
    public static string FolderOf(string dataDir) => Path.Combine(dataDir, "store");

    /// <summary>Opens the folder's store, or makes one where there is none.</summary>
    /// <param name="folder">The store's own; made if it is not there.</param>
    /// <param name="ledger">Of the usage ledger; null for the defaults.</param>
    /// <param name="cancel">Not looked at once the store is being read.</param>
    /// <exception cref="StoreFault">Another process has it, or something that was stored is gone or damaged; the message says what.</exception>
    public static ValueTask<FasterStore> OpenAsync(string folder, LedgerOptions? ledger = null, CancellationToken cancel = default)
    {
        cancel.ThrowIfCancellationRequested();
        Directory.CreateDirectory(folder);
        var lockFile = StoreFolder.Lock(folder);
        try
        {
            return new(new FasterStore(lockFile, folder, ledger ?? new()));
        }
        catch
        {
            lockFile.Dispose();
            throw;
        }
    }

    public ValueTask DisposeAsync()
    {
        _commands.Dispose();
        _quota.Dispose();
        _ledger.Dispose();
        _lock.Dispose();
        return default;
    }

    /// <summary>The store's id; null where no store is there yet.</summary>
    /// <exception cref="StoreFault">There is one, and its id is lost.</exception>
    internal static byte[]? ReadId(string folder)
    {
        if (StateFile.Read(Path.Combine(folder, IdFile)) is { } file)
        {
            if (file.Body.Length != IdBytes)
                throw new StoreFault($"{IdFile} holds {file.Body.Length} bytes, not {IdBytes}");
            foreach (var shape in Shapes)
            {
                if (!File.Exists(Path.Combine(folder, shape.MarkFile)))
                    throw new StoreFault($"{shape.MarkFile} is missing although the store was made");
            }

            return file.Body;
        }

        // The id is made last: without it nothing has been stored, or it was lost.
        foreach (var shape in Shapes)
        {
            if (LogFiles.Judge(folder, shape) is { NextNumber: > 1 } extent)
                throw new StoreFault($"{IdFile} is missing although {shape.Name} holds {extent.NextNumber - 1} items");
        }

        return null;
    }

    internal static byte[] CreateId(string folder)
    {
        var id = RandomNumberGenerator.GetBytes(IdBytes);
        StateFile.Write(Path.Combine(folder, IdFile), 0, id);
        return id;
    }
}
