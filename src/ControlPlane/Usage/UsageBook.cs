using AiEdge.ControlPlane.Store;

namespace AiEdge.ControlPlane.Usage;

/// <summary>The ledger and the sums over it, and the loop that puts the sums on disk now and then.</summary>
internal sealed class UsageBook : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _upkeep;
    private readonly Action<Exception> _onFault;
    private readonly RollupOptions _options;

    private UsageBook(IEdgeStore store, Rollups rollups, RollupOptions options, Action<Exception> onFault)
    {
        Ledger = store.Ledger;
        Rollups = rollups;
        _options = options;
        _onFault = onFault;
        _upkeep = UpkeepAsync();
    }

    public IUsageLedger Ledger { get; }

    public Rollups Rollups { get; }

    /// <summary>Reads the sums' checkpoint and brings them to where the ledger is; before the ledger takes anything.</summary>
    /// <param name="store">An open store.</param>
    /// <param name="folder">Where the checkpoint lies; the store's own.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="onFault">Told why sums could not be put on disk; they are tried again.</param>
    /// <exception cref="StoreFault">The checkpoint is damaged, or older than what the ledger keeps.</exception>
    public static UsageBook Open(IEdgeStore store, string folder, RollupOptions? options = null, Action<Exception>? onFault = null)
    {
        options ??= new();
        Directory.CreateDirectory(folder);
        var rollups = Rollups.Open(folder, options);
        try
        {
            store.Ledger.Follow(rollups);
        }
        catch
        {
            rollups.Dispose();
            throw;
        }

        return new(store, rollups, options, onFault ?? (static _ => { }));
    }

    /// <summary>Puts the sums on disk and lets the ledger drop what is old and contained in them.</summary>
    public async ValueTask CheckpointAsync()
    {
        if (await Rollups.CheckpointAsync())
            await Ledger.ReleaseAsync(Rollups.Through, CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _upkeep;
        await TryCheckpointAsync();
        Rollups.Dispose();
        _stop.Dispose();
    }

    private async Task UpkeepAsync()
    {
        try
        {
            while (true)
            {
                await Task.Delay(_options.CheckpointInterval, _options.Time, _stop.Token);
                await TryCheckpointAsync();
            }
        }
        catch (OperationCanceledException)
        {
            // The end.
        }
    }

    private async ValueTask TryCheckpointAsync()
    {
        try
        {
            await CheckpointAsync();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _onFault(e);
        }
    }
}
