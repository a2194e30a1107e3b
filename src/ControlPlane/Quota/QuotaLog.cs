using AiEdge.ControlPlane.Store;

namespace AiEdge.ControlPlane.Quota;

/// <summary>
/// Writes what an allocator has to remember. Whoever waits for it waits for one commit of all that was raised until then, at most for two.
/// </summary>
internal sealed class QuotaLog(QuotaAllocator allocator, ICommandLog log)
{
    /// <summary>After so many commands a state takes their place.</summary>
    private const int CommandsMax = 4096;

    /// <summary>Records in a command: with names of 4 KiB they stay within <see cref="ICommandLog.CommandBytesMax"/>.</summary>
    private const int RecordsMax = 1024;

    private readonly Lock _gate = new();
    private TaskCompletionSource? _next;
    private bool _isRunning;
    private int _commands;

    /// <summary>Reads what is there.</summary>
    public static async Task<QuotaMemory> ReadAsync(ICommandLog log, CancellationToken cancel)
    {
        var history = await log.ReadAsync(cancel);
        return QuotaMemory.Of(history.State, history.Commands.Select(static command => command.Bytes));
    }

    /// <summary>All that the allocator had to say until now is in the log. Throws <see cref="IOException"/> where that cannot be.</summary>
    public Task WriteAsync()
    {
        lock (_gate)
        {
            _next ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var written = _next.Task;
            if (!_isRunning)
            {
                _isRunning = true;
                _ = RunAsync();
            }

            return written;
        }
    }

    /// <summary>The same, as long as the patience lasts: false where it ends first. What was to be written is written all the same.</summary>
    public async Task<bool> TryWriteAsync(Task patience)
    {
        var written = WriteAsync();
        if (await Task.WhenAny(written, patience) == written)
        {
            await written;
            return true;
        }

        Forget(written);
        return false;
    }

    /// <summary>The same for nobody who waits: what cannot be written is tried again with the next.</summary>
    public void WriteBeside() => Forget(WriteAsync());

    private static void Forget(Task written) => _ = written.ContinueWith(
        static task => _ = task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);

    private async Task RunAsync()
    {
        while (true)
        {
            TaskCompletionSource waiting;
            lock (_gate)
            {
                if (_next is null)
                {
                    _isRunning = false;
                    return;
                }

                (waiting, _next) = (_next, null);
            }

            try
            {
                await AppendAsync();
                waiting.SetResult();
            }
            catch (Exception e)
            {
                // Nothing is granted beyond what is in the log; whoever asked says that it cannot be.
                waiting.SetException(e as IOException ?? new IOException("the quota log cannot be written", e));
            }
        }
    }

    private async Task AppendAsync()
    {
        var records = allocator.TakeRecords();
        try
        {
            for (var from = 0; from < records.Count; from += RecordsMax)
            {
                var some = records.GetRange(from, Math.Min(RecordsMax, records.Count - from));
                var sequence = await log.AppendAsync(QuotaRecord.Write(some), CancellationToken.None);
                allocator.Written(some);
                if (++_commands >= CommandsMax)
                {
                    _commands = 0;
                    await log.SaveStateAsync(sequence, allocator.State(), CancellationToken.None);
                }
            }
        }
        catch
        {
            allocator.Return(records);
            throw;
        }
    }
}
