using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Record;

/// <summary>What is written down of one exchange: numbers, names from the configuration, and ids. No secret, no text of a prompt or an answer.</summary>
internal sealed class ExchangeRecord
{
    private IdBytes _requestId;
    private IdBytes _edgeId;
    private IdBytes _providerId;
    private ModelBytes _askedModel;
    private int _askedModelLength;
    private int _requestIdLength;
    private int _edgeIdLength;
    private int _providerIdLength;

    public long UnixMs { get; private set; }

    public string? Key { get; private set; }

    public string? Team { get; private set; }

    public KeyValuePair<string, string>[] Tags { get; private set; } = [];

    public string? Path { get; private set; }

    public string? Model { get; private set; }

    public byte[]? UpstreamModel { get; private set; }

    public string? Provider { get; private set; }

    public bool Stream { get; private set; }

    public int Status { get; private set; }

    public EndReason End { get; private set; }

    public ErrorKind Error { get; private set; }

    public int Attempts { get; private set; }

    public Usage Usage { get; private set; }

    public long BytesIn { get; private set; }

    public long BytesOut { get; private set; }

    public long Events { get; private set; }

    public long Generation { get; private set; }

    public long OverheadUs { get; private set; }

    /// <summary>Stage times in microseconds since the start; -1 where the exchange did not get there.</summary>
    public long BodyUs { get; private set; }

    public long SentUs { get; private set; }

    public long FirstByteUs { get; private set; }

    public long FirstTokenUs { get; private set; }

    public long TotalUs { get; private set; }

    /// <summary>The model as the client named it; for the journal alone.</summary>
    public ReadOnlySpan<byte> AskedModel => ((ReadOnlySpan<byte>)_askedModel)[.._askedModelLength];

    public ReadOnlySpan<byte> RequestId => ((ReadOnlySpan<byte>)_requestId)[.._requestIdLength];

    public ReadOnlySpan<byte> EdgeId => ((ReadOnlySpan<byte>)_edgeId)[.._edgeIdLength];

    public ReadOnlySpan<byte> ProviderId => ((ReadOnlySpan<byte>)_providerId)[.._providerIdLength];

    public void Take(Exchange exchange, EdgeClock clock)
    {
        // One that goes on is taken as it stands now.
        var at = exchange.EndedAt != 0 ? exchange.EndedAt : System.Diagnostics.Stopwatch.GetTimestamp();
        UnixMs = clock.UnixMs(at);
        Key = exchange.Key?.Name;
        Team = exchange.Key?.Team;
        Tags = exchange.Key?.Tags ?? [];
        Path = exchange.Endpoint?.Path;
        Model = exchange.Model?.Name;
        UpstreamModel = exchange.Target?.UpstreamModel;
        Provider = exchange.Target?.Provider.Name;
        Stream = exchange.Stream;
        Status = exchange.Status;
        End = exchange.End;
        Error = exchange.Error.Kind;
        Attempts = exchange.Attempts;
        Usage = exchange.Usage;
        BytesIn = exchange.BytesIn;
        BytesOut = exchange.BytesOut;
        Events = exchange.Events;
        Generation = exchange.Config.Generation;
        OverheadUs = exchange.OverheadUs;
        BodyUs = Since(exchange.StartedAt, exchange.BodyReadAt);
        SentUs = Since(exchange.StartedAt, exchange.SentAt);
        FirstByteUs = Since(exchange.StartedAt, exchange.FirstByteAt);
        FirstTokenUs = Since(exchange.StartedAt, exchange.FirstTokenAt);
        TotalUs = Since(exchange.StartedAt, at);
        _askedModelLength = Copy(exchange.AskedModel, _askedModel);
        _requestIdLength = Copy(exchange.RequestId, _requestId);
        _edgeIdLength = Copy(exchange.EdgeId, _edgeId);
        _providerIdLength = Copy(exchange.ProviderId, _providerId);
    }

    private static long Since(long start, long stamp) => stamp == 0 ? -1 : EdgeClock.Us(start, stamp);

    private static int Copy(ReadOnlySpan<byte> from, Span<byte> to)
    {
        from.CopyTo(to);
        return from.Length;
    }
}
