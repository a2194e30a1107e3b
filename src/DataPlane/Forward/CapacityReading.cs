using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Forward;

/// <summary>What became of a reading.</summary>
internal enum ReadingOutcome : byte
{
    /// <summary>All connections to the provider are in use: that says nothing.</summary>
    None,

    /// <summary>There was no answer in time, or none with status 200, or it is too long or breaks off.</summary>
    Failed,

    /// <summary>It holds nothing that says how busy the server is.</summary>
    Unknown,

    Read,
}

/// <summary>
/// Reads a provider's metrics: one GET over a pooled connection, in the time that it has, of an answer that is never held as a whole. One of them at a
/// time for each provider.
/// </summary>
internal sealed class CapacityReading
{
    /// <summary>Bytes of an answer; one that is longer is given up.</summary>
    public const int BodyBytesMax = 4 * 1024 * 1024;

    private readonly ExpositionReader _reader = new();
    private readonly UpstreamBody _body = new();

    /// <summary>What the last reading said, where it was one.</summary>
    public ReportedLoads Loads { get; } = new();

    public async Task<ReadingOutcome> ReadAsync(UpstreamPool pool, CapacityModel capacity)
    {
        using var deadline = new CancellationTokenSource(capacity.Timeout);
        if (pool.TryTake() is { } idle && await AskAsync(idle, capacity, deadline) is { } outcome)
            return outcome;

        // The provider has closed the connection that lay idle, or none did.
        var (connection, error) = await pool.OpenAsync(deadline.Token);
        if (connection is null)
            return error.Kind == ErrorKind.Overloaded ? ReadingOutcome.None : ReadingOutcome.Failed;
        return await AskAsync(connection, capacity, deadline) ?? ReadingOutcome.Failed;
    }

    /// <summary>Asks, and gives the connection back or closes it; null where it was closed before anything came.</summary>
    private async Task<ReadingOutcome?> AskAsync(UpstreamConnection connection, CapacityModel capacity, CancellationTokenSource deadline)
    {
        ReadingOutcome? outcome = ReadingOutcome.Failed;
        var keeps = false;
        try
        {
            using (deadline.Token.UnsafeRegister(static it => ((UpstreamConnection)it!).Abort(((UpstreamConnection)it).Lease), connection))
            {
                ProviderQuestion.Write(connection.Output, connection.Pool.Provider, capacity.Path, isLast: false);
                await connection.Output.FlushAsync();
                var status = await ProviderQuestion.ReadHeadAsync(connection);
                if (status == 0)
                    return outcome = connection.IsReused && !deadline.IsCancellationRequested ? null : ReadingOutcome.Failed;
                var isWhole = await ReadBodyAsync(connection);
                keeps = isWhole && connection.HeadReader.Head.KeepAlive;
                if (isWhole && status == 200 && !deadline.IsCancellationRequested)
                    outcome = Loads.IsAny ? ReadingOutcome.Read : ReadingOutcome.Unknown;
            }

            return outcome;
        }
        finally
        {
            // The deadline reaches it no more, so that it cannot end somebody else's exchange.
            if (keeps && !connection.IsAborted && !connection.Output.IsCut)
                connection.Pool.Return(connection);
            else
                connection.Close();
        }
    }

    /// <summary>Whether the whole body came, and was not too long.</summary>
    private async Task<bool> ReadBodyAsync(UpstreamConnection connection)
    {
        _reader.Reset();
        Loads.Clear();
        connection.Input.AdvanceTo(connection.AfterHead);
        _body.Begin(connection.Input, connection.HeadReader.Head.Framing);
        while (_body.State == BodyState.Open && _body.Bytes <= BodyBytesMax)
        {
            await _body.FillAsync();
            while (_body.TryNext(out var piece))
                _reader.Read(piece, Loads);
            _body.Release();
        }

        _reader.End(Loads);
        return _body.State == BodyState.Ended && _body.Bytes <= BodyBytesMax;
    }
}
