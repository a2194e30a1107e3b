using System.Text;

namespace AiEdge.FakeUpstream;

/// <summary>How the answer to a request ended, seen from the upstream.</summary>
public enum RequestEnd
{
    /// <summary>Every byte that the script called for was handed to the socket.</summary>
    Answered,

    /// <summary>The client closed or reset the connection first.</summary>
    ClientLeft,

    /// <summary>The request broke HTTP; it was refused and the connection closed.</summary>
    Malformed,
}

/// <summary>One request as it arrived: bytes first, with what the strict reader made of them.</summary>
public sealed class ReceivedRequest
{
    private readonly TaskCompletionSource<RequestEnd> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _resumed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Counts the server's connections from 1.</summary>
    public long ConnectionId { get; internal init; }

    /// <summary>Counts the requests of that connection from 1; above 1 means that the connection was reused.</summary>
    public int NumberOnConnection { get; internal init; }

    public string Method { get; internal init; } = "";

    /// <summary>The request target as sent, query included.</summary>
    public string Target { get; internal init; } = "";

    public string Path => Target.IndexOf('?', StringComparison.Ordinal) is var cut and >= 0 ? Target[..cut] : Target;

    public string Query => Target.IndexOf('?', StringComparison.Ordinal) is var cut and >= 0 ? Target[(cut + 1)..] : "";

    public string Version { get; internal init; } = "";

    /// <summary>Header fields in the order and case in which they came.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; internal init; } = [];

    public IReadOnlyList<KeyValuePair<string, string>> Trailers { get; internal set; } = [];

    /// <summary>The head's bytes, from the method to the blank line.</summary>
    public ReadOnlyMemory<byte> RawHead { get; internal init; }

    /// <summary>The body without its chunk framing, up to <see cref="FakeUpstreamOptions.BodyLogBytesMax"/>.</summary>
    public ReadOnlyMemory<byte> Body { get; internal set; }

    /// <summary>Bytes of the body received, kept or not.</summary>
    public long BodyLength { get; internal set; }

    /// <summary>False if the client left before the body's end.</summary>
    public bool BodyComplete { get; internal set; }

    public bool Chunked { get; internal init; }

    /// <summary>Chunk extensions and other things that are legal but that a careful sender leaves out.</summary>
    public IReadOnlyList<string> Oddities { get; internal set; } = [];

    /// <summary>What broke HTTP, or null.</summary>
    public string? Malformed { get; internal set; }

    /// <summary>Bytes had arrived behind this request before it was answered.</summary>
    public bool Pipelined { get; internal set; }

    public string? Model { get; internal set; }

    public bool Stream { get; internal set; }

    public string? ClientCertificateSubject { get; internal init; }

    /// <summary>The name asked for in the TLS handshake, or null in clear.</summary>
    public string? ServerName { get; internal init; }

    /// <summary>Stream events handed to the socket so far.</summary>
    public int EventsSent { get; internal set; }

    /// <summary>Ends when the answer has been sent, or will never be.</summary>
    public Task<RequestEnd> End => _end.Task;

    public bool ClientCancelled => _end.Task.IsCompletedSuccessfully && _end.Task.Result == RequestEnd.ClientLeft;

    /// <summary>Ends when <see cref="Resume"/> is called.</summary>
    internal Task Resumed => _resumed.Task;

    public string BodyText => Encoding.UTF8.GetString(Body.Span);

    /// <summary>The only value of the field, null if it is absent; several are joined by a line feed, which no value can hold.</summary>
    public string? Header(string name)
    {
        string? found = null;
        foreach (var (key, value) in Headers)
        {
            if (key.Equals(name, StringComparison.OrdinalIgnoreCase))
                found = found is null ? value : found + "\n" + value;
        }

        return found;
    }

    public override string ToString() => $"{Method} {Target} (connection {ConnectionId}, request {NumberOnConnection})";

    /// <summary>Ends the stall of this request's stream, now or when it comes: what is left of the script follows.</summary>
    public void Resume() => _resumed.TrySetResult();

    internal void SetEnd(RequestEnd end) => _end.TrySetResult(end);
}
