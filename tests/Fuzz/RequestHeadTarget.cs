using AiEdge.Http;

namespace AiEdge.Fuzz;

/// <summary>Request heads: any cut gives the same head, and what is accepted is in the grammar.</summary>
internal sealed class RequestHeadTarget : FuzzTarget
{
    private const int HeadBytesMax = 1024;
    private const int HeadersMax = 12;

    // The same message may be refused for its meaning though its grammar is right.
    private static readonly Rejection[] OfMeaning =
    [
        Rejection.UnsupportedMethod, Rejection.InvalidTarget, Rejection.UnsupportedVersion, Rejection.MissingHost, Rejection.RepeatedHost,
        Rejection.InvalidHost, Rejection.InvalidContentLength, Rejection.ConflictingContentLength, Rejection.LengthAndTransferEncoding,
        Rejection.InvalidTransferEncoding, Rejection.UnsupportedTransferCoding, Rejection.TransferEncodingInOldVersion,
        Rejection.UnknownExpectation, Rejection.TooManyConnectionOptions, Rejection.TooManyHeaders,
    ];

    private readonly RequestHeadReader _whole = new(HeadBytesMax, HeadersMax);
    private readonly RequestHeadReader _cut = new(HeadBytesMax, HeadersMax);

    public override string Name => "request-head";

    public override IReadOnlyList<string> Dictionary =>
    [
        "\r\n", "\r\n\r\n", "\n", "\r", "GET ", "OPTIONS * ", "CONNECT ", "http://a", " HTTP/1.1\r\n", " HTTP/1.0\r\n", "HTTP/2.0",
        "Host: a\r\n", "Host:\r\n", "Content-Length: 5\r\n", "Content-Length: 5, 5\r\n", "Transfer-Encoding: chunked\r\n",
        "transfer-encoding: gzip, chunked\r\n", "Connection: close, X-A\r\n", "Connection: keep-alive\r\n", "Expect: 100-continue\r\n",
        "X-A: b\r\n",
        " : ", ": ", "\t", "[::1]:80", "%00", "a@b",
    ];

    public override string? Check(byte[] input, Random random)
    {
        var whole = HeadPrint.Request(_whole, input, [], []);
        var status = _whole.Rejection;
        foreach (var arrivals in new[] { Feeding.EveryByte(input.Length), Feeding.RandomCuts(input.Length, random) })
        {
            var cuts = Feeding.RandomCuts(input.Length, random);
            var cut = HeadPrint.Request(_cut, input, arrivals, cuts);
            if (cut != whole)
                return $"Arrivals {string.Join(',', arrivals.Take(40))}, cuts {string.Join(',', cuts)} give\n{cut}\ninstead of\n{whole}";
        }
        var match = HeadGrammar.Request().Match(HeadPrint.Latin(input));
        if (status == Rejection.None && whole != "NeedMore")
        {
            if (_whole.Head.HeaderCount > HeadersMax || _whole.Head.Length > HeadBytesMax) return "A bound is broken.";
            return match.Length == _whole.Head.Length ? null : $"Accepted though the grammar ends at {match.Length}:\n{whole}";
        }
        if (!match.Success || match.Length > HeadBytesMax || Array.IndexOf(OfMeaning, status) >= 0) return null;
        return $"The grammar takes {match.Length} bytes, the reader says {whole}";
    }
}
