using System.Text;

namespace AiEdge.FakeUpstream;

/// <summary>Response heads that break RFC 9112, by the name that the badhead knob uses.</summary>
internal static class HeadFaults
{
    private static readonly Dictionary<string, string> Heads = new()
    {
        ["garbage"] = "SSH-2.0-OpenSSH_9.6\r\n\r\n",
        ["status"] = "HTTP/1.1 2x0 OK\r\nContent-Length: 2\r\n\r\n{}",
        ["nostatus"] = "HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}",
        ["version"] = "HTTP/7.3 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        ["fold"] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n  ; folded\r\nContent-Length: 2\r\n\r\n{}",
        ["nocolon"] = "HTTP/1.1 200 OK\r\nContent-Type application/json\r\nContent-Length: 2\r\n\r\n{}",
        ["space"] = "HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\n{}",
        ["nul"] = "HTTP/1.1 200 OK\r\nx-bad: a\0b\r\nContent-Length: 2\r\n\r\n{}",
        ["lf"] = "HTTP/1.1 200 OK\nContent-Length: 2\n\n{}",
        ["clte"] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        ["lengths"] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        ["negative"] = "HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\n{}",
        ["coding"] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        ["huge"] = $"HTTP/1.1 200 OK\r\nx-huge: {new string('a', 128 * 1024)}\r\nContent-Length: 2\r\n\r\n{{}}",
        ["cut"] = "HTTP/1.1 200 OK\r\nContent-Type: applica",
        ["switch"] = "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: fake\r\n\r\n",
    };

    public static string[] Names { get; } = [.. Heads.Keys];

    /// <summary>The bytes to send instead of an answer; the connection ends behind them.</summary>
    public static byte[] Bytes(string name) => Encoding.Latin1.GetBytes(Heads[name]);
}
