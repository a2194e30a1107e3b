using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using AiEdge.DataPlane.Hosting;
using AiEdge.DataPlane.Snapshot;

namespace AiEdge.Micro;

/// <summary>
/// Whole exchanges over loopback: key check, routing, forwarding, usage and record. The client and the provider beside the data
/// plane make blocking calls on buffers of their own and allocate nothing, so what the process allocates is the data plane's.
/// </summary>
internal static class ExchangeStages
{
    private const string Key = "sk-micro-0123456789";
    private const int Events = 32;
    private const string Limits = """
        journal: { mode: group }
        limits:
          - { name: key, per: key, requests: 1000000000/min, tokens: 10000000000/min, concurrent: 1000 }
          - { name: all, per: global, requests: 1000000000/min, tokens: 1000000000000/day, cost: $1000000000/month }
        """;

    private const string Said =
        """{"object":"chat.completion","choices":[{"index":0,"message":{"content":"a"},"finish_reason":"stop"}],"""
        + """
        "usage":{"prompt_tokens":9,"completion_tokens":12,"total_tokens":21}}
        """;

    public static Action Small() => Begin(
        """{"model":"fake-1","messages":[{"role":"user","content":"Say hello"}]}""",
        Answer("application/json", Said));

    /// <summary>The same with six amounts that limits keep and a journal.</summary>
    public static Action SmallLimited() => Begin(
        """{"model":"fake-1","messages":[{"role":"user","content":"Say hello"}]}""",
        Answer("application/json", Said),
        isLimited: true);

    public static Action Large() => Begin(
        $$"""{"model":"fake-1","messages":[{"role":"user","content":"{{new string('x', 100_000)}}"}]}""",
        Answer("application/json", Said));

    public static Action Stream() => Stream(isLimited: false);

    /// <summary>The same with six amounts that limits keep, which count each event, and a journal.</summary>
    public static Action StreamLimited() => Stream(isLimited: true);

    /// <summary>The same in Anthropic's dialect.</summary>
    public static Action Messages() => Begin(
        """{"model":"claude-1","max_tokens":100,"stream":true,"messages":[{"role":"user","content":"Say hello"}]}""",
        Answer("text/event-stream",
            Event("message_start", "\"message\":{\"id\":\"m\",\"usage\":{\"input_tokens\":9,\"output_tokens\":1}}")
            + string.Concat(Enumerable.Range(0, Events).Select(i => Event("content_block_delta", $"\"index\":0,\"delta\":{{\"type\":\"text_delta\",\"text\":\"word {i} \"}}")))
            + Event("message_delta", "\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":64}") + Event("message_stop", "\"n\":0")),
        "/v1/messages");

    /// <summary>A client of OpenAI's dialect before that stream.</summary>
    public static Action Translated() => Begin(
        """{"model":"claude-1","max_tokens":100,"stream":true,"messages":[{"role":"user","content":"Say hello"}]}""",
        Answer("text/event-stream",
            Event("message_start", "\"message\":{\"id\":\"m\",\"usage\":{\"input_tokens\":9,\"output_tokens\":1}}")
            + string.Concat(Enumerable.Range(0, Events).Select(i => Event("content_block_delta", $"\"index\":0,\"delta\":{{\"type\":\"text_delta\",\"text\":\"word {i} \"}}")))
            + Event("message_delta", "\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":64}") + Event("message_stop", "\"n\":0")));

    private static Action Stream(bool isLimited) => Begin(
        """{"model":"fake-1","stream":true,"messages":[{"role":"user","content":"Say hello"}]}""",
        Answer("text/event-stream", string.Concat(Enumerable.Range(0, Events).Select(i =>
            $$$"""data: {"object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"word {{{i}}} "},"finish_reason":{{{(i == Events - 1 ? "\"stop\"" : "null")}}}}]}""" + "\n\n"))
            + "data: [DONE]\n\n"),
        isLimited: isLimited);

    private static string Event(string type, string rest) => $"event: {type}\ndata: {{\"type\":\"{type}\",{rest}}}\n\n";

    private static byte[] Answer(string type, string body) =>
        Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: {type}\r\nContent-Length: {body.Length}\r\n\r\n{body}");

    private static Action Begin(string body, byte[] answer, string path = "/v1/chat/completions", bool isLimited = false)
    {
        var host = StartHost(StartProvider(answer), isLimited);
        var client = new BlockingPeer(Connect(host.Listen));
        var request = Encoding.ASCII.GetBytes(
            $"POST {path} HTTP/1.1\r\nHost: edge\r\nAuthorization: Bearer {Key}\r\nContent-Type: application/json\r\n"
            + $"Content-Length: {body.Length}\r\n\r\n{body}");
        return () =>
        {
            client.Send(request);
            HttpStages.Expect(client.ReceiveMessage());
        };
    }

    private static Socket Connect(IPEndPoint to)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect(to);
        return socket;
    }

    private static EdgeHost StartHost(int providerPort, bool isLimited)
    {
        var path = Path.GetTempFileName();
        File.WriteAllText(path, $$"""
            providers:
              fake: { dialect: openai, baseUrl: "http://127.0.0.1:{{providerPort}}/v1", key: sk-provider }
              claude: { dialect: anthropic, baseUrl: "http://127.0.0.1:{{providerPort}}", key: sk-provider }
            models:
              "fake-*": { targets: [ { provider: fake } ], tokenizer: o200k_base, price: { input: 1, output: 2 } }
              "claude-*": { targets: [ { provider: claude } ], price: { input: 1, output: 2 } }
            keys:
              - { name: micro, sha256: "{{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Key)))}}" }
            {{(isLimited ? Limits : "")}}
            """);
        var options = new EdgeHostOptions
        {
            ConfigPath = path,
            Overrides = new ConfigOverrides("127.0.0.1:0", "127.0.0.1:0", null),
            DataDir = isLimited ? Directory.CreateTempSubdirectory("aiedge-micro-").FullName : null,
        };
        var (host, faults) = EdgeHost.StartAsync(options).GetAwaiter().GetResult();
        return host ?? throw new InvalidOperationException(faults[0].Format(path));
    }

    private static int StartProvider(byte[] answer)
    {
        var listener = new Socket(SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        new Thread(() =>
        {
            while (true)
            {
                var peer = new BlockingPeer(listener.Accept());
                new Thread(() =>
                {
                    while (peer.ReceiveMessage())
                        peer.Send(answer);
                })
                { IsBackground = true }.Start();
            }
        })
        { IsBackground = true }.Start();
        return ((IPEndPoint)listener.LocalEndPoint!).Port;
    }

    /// <summary>One end of a connection that reads messages whole, by their length or to the last chunk.</summary>
    private sealed class BlockingPeer(Socket socket)
    {
        private readonly byte[] _bytes = new byte[256 * 1024];

        public void Send(byte[] bytes) => socket.Send(bytes);

        public bool ReceiveMessage()
        {
            for (var length = 0; ;)
            {
                var count = socket.Receive(_bytes.AsSpan(length));
                if (count == 0)
                    return false;
                length += count;
                if (IsWhole(_bytes.AsSpan(0, length)))
                    return true;
            }
        }

        private static bool IsWhole(ReadOnlySpan<byte> message)
        {
            var head = message.IndexOf("\r\n\r\n"u8);
            if (head < 0)
                return false;
            var field = message[..head].IndexOf("Content-Length: "u8);
            if (field < 0)
                return message.EndsWith("\r\n0\r\n\r\n"u8);
            var length = 0;
            foreach (var digit in message[(field + 16)..head])
            {
                if (digit == '\r')
                    break;
                length = length * 10 + digit - '0';
            }

            return message.Length == head + 4 + length;
        }
    }
}
