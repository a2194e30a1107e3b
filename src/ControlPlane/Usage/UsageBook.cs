using System.Buffers;
using System.Text.Json;
using AiEdge.ControlPlane.Store;

namespace AiEdge.ControlPlane.Usage;

/// <summary>The ledger and the sums over it, and the loop that puts the sums on disk now and then.</summary>
internal sealed class UsageBook : IAsyncDisposable
{
    private const int WarmRounds = 6;
    private const int WarmDays = 8;
    private const int WarmRows = 200;
    private static readonly TimeSpan WarmPause = TimeSpan.FromMilliseconds(60);

    private readonly CancellationTokenSource _stop = new();
    private readonly Task _upkeep;
    private readonly Thread _warming;
    private readonly Action<Exception> _onFault;
    private readonly RollupOptions _options;

    private UsageBook(IEdgeStore store, Rollups rollups, RollupOptions options, Action<Exception> onFault)
    {
        Ledger = store.Ledger;
        Rollups = rollups;
        _options = options;
        _onFault = onFault;
        _upkeep = UpkeepAsync();
        _warming = new(Warm) { IsBackground = true, Name = "usage warm-up", Priority = ThreadPriority.Lowest };
        _warming.Start();
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
        _warming.Join();
        // Who appended is told a moment before the sums are: a batch may still be on its way to them.
        Ledger.Unfollow();
        await TryCheckpointAsync();
        Rollups.Dispose();
        _stop.Dispose();
    }

    /// <summary>
    /// Asks what people will ask, a day at a time, until the code of it has been compiled to the end: whoever asks first after a start does not
    /// wait for that.
    /// </summary>
    private void Warm()
    {
        var now = _options.Time.GetUtcNow().ToUnixTimeMilliseconds();
        var day = UsageSlots.LengthMs(UsageStep.Day);
        var buffer = new ArrayBufferWriter<byte>();
        for (var round = 0; round < WarmRounds && !_stop.Token.WaitHandle.WaitOne(WarmPause); round++)
        {
            for (var back = 1; back <= WarmDays && !_stop.IsCancellationRequested; back++)
            {
                var query = new UsageQuery
                {
                    FromUnixMs = now - (back * day),
                    ToUnixMs = now - ((back - 1) * day),
                    Step = UsageStep.Day,
                    GroupBy = [new("key"), new("model")],
                };
                if (UsageAnswer.Of(Rollups, query) is not { } rows)
                    continue;
                buffer.ResetWrittenCount();
                using var to = new Utf8JsonWriter(buffer);
                UsageText.Write(to, query, rows.Count > WarmRows ? rows[..WarmRows] : rows);
            }
        }
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
