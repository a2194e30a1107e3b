using AiEdge.Http;

namespace AiEdge.Fuzz;

/// <summary>Response heads: any cut gives the same head, and what is accepted is in the grammar.</summary>
internal sealed class ResponseHeadTarget : FuzzTarget
{
    private const int HeadBytesMax = 1024;
    private const int HeadersMax = 12;

    private static readonly Rejection[] OfMeaning =
    [
        Rejection.InvalidStatusLine, Rejection.UnsupportedVersion, Rejection.UnaskedUpgrade, Rejection.InvalidContentLength,
        Rejection.ConflictingContentLength, Rejection.LengthAndTransferEncoding, Rejection.InvalidTransferEncoding,
        Rejection.UnsupportedTransferCoding, Rejection.TransferEncodingInOldVersion, Rejection.TooManyConnectionOptions,
        Rejection.TooManyHeaders,
    ];

    private readonly ResponseHeadReader _whole = new(HeadBytesMax, HeadersMax);
    private readonly ResponseHeadReader _cut = new(HeadBytesMax, HeadersMax);

    public override string Name => "response-head";

    public override IReadOnlyList<string> Dictionary =>
    [
        "\r\n", "\r\n\r\n", "\n", "\r", "HTTP/1.1 200 OK\r\n", "HTTP/1.0 ", "HTTP/1.1 103\r\n\r\n", " 204 ", " 304\r\n", " 101 ",
        "Content-Length: 5\r\n", "Content-Length: 0, 0\r\n", "Transfer-Encoding: chunked\r\n", "Transfer-Encoding: x\r\n",
        "Connection: close, X-A\r\n", "Connection: keep-alive\r\n", "X-A: b\r\n", " : ", ": ", "\t",
    ];

    public override string? Check(byte[] input, Random random)
    {
        var requestWasHead = random.Next(0, 4) == 0;
        var whole = HeadPrint.Response(_whole, input, requestWasHead, [], []);
        var status = _whole.Rejection;
        foreach (var arrivals in new[] { Feeding.EveryByte(input.Length), Feeding.RandomCuts(input.Length, random) })
        {
            var cuts = Feeding.RandomCuts(input.Length, random);
            var cut = HeadPrint.Response(_cut, input, requestWasHead, arrivals, cuts);
            if (cut != whole)
                return $"Arrivals {string.Join(',', arrivals.Take(40))}, cuts {string.Join(',', cuts)} give\n{cut}\ninstead of\n{whole}";
        }
        var match = HeadGrammar.Response().Match(HeadPrint.Latin(input));
        if (status == Rejection.None && whole != "NeedMore")
        {
            if (_whole.Head.HeaderCount > HeadersMax || _whole.Head.Length > HeadBytesMax) return "A bound is broken.";
            return match.Length == _whole.Head.Length ? null : $"Accepted though the grammar ends at {match.Length}:\n{whole}";
        }
        if (!match.Success || match.Length > HeadBytesMax || Array.IndexOf(OfMeaning, status) >= 0) return null;
        return $"The grammar takes {match.Length} bytes, the reader says {whole}";
    }
}
