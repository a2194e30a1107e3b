using System.Text;

namespace AiEdge.Functional.Tests.Rig;

/// <summary>Requests as text.</summary>
internal static class Ask
{
    private const string Messages = $$""","messages":[{"role":"user","content":"{{EdgeSetup.Prompt}}"}]""";

    /// <summary>A POST with a JSON body; <paramref name="fields"/> are whole lines.</summary>
    public static string Post(string path, string body, string fields = "", string? key = EdgeSetup.Key, string type = "application/json") =>
        $"POST {path} HTTP/1.1\r\nHost: edge.test\r\n{Bearer(key)}Content-Type: {type}\r\n{fields}"
        + $"Content-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}";

    public static string Get(string path, string fields = "", string? key = EdgeSetup.Key, string method = "GET") =>
        $"{method} {path} HTTP/1.1\r\nHost: edge.test\r\n{Bearer(key)}{fields}\r\n";

    /// <summary>A chat completion; <paramref name="script"/> is what the provider is told to do.</summary>
    public static string Chat(string script = "", string model = "gpt-4o", string more = "", string fields = "", string? key = EdgeSetup.Key) =>
        Post("/v1/chat/completions", ChatBody(model, more), Script(script) + fields, key);

    /// <summary>The same, streamed.</summary>
    public static string Stream(string script = "", string model = "gpt-4o", string more = "", string fields = "", string? key = EdgeSetup.Key) =>
        Chat(script, model, ""","stream":true""" + more, fields, key);

    public static string Responses(string script = "", bool stream = true, string more = "") =>
        Post("/v1/responses", $$"""{"model":"gpt-4o","input":"{{EdgeSetup.Prompt}}","stream":{{(stream ? "true" : "false")}}{{more}}}""", Script(script));

    public static string ChatBody(string model = "gpt-4o", string more = "") => $$"""{"model":"{{model}}"{{Messages}}{{more}}}""";

    public static string Script(string script) => script.Length > 0 ? $"x-fake: {script}\r\n" : "";

    /// <summary>A whole answer of a provider, to be queued as it is.</summary>
    public static byte[] Answer(string body, string fields = "", string type = "application/json") => Encoding.UTF8.GetBytes(
        $"HTTP/1.1 200 OK\r\nContent-Type: {type}\r\n{fields}Content-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}");

    /// <summary>An error of a provider, likewise.</summary>
    public static byte[] Refusal(int status, string body, string fields = "") => Encoding.UTF8.GetBytes(
        $"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\n{fields}Content-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}");

    /// <summary>A streamed answer of a provider, whole, in one chunk.</summary>
    public static byte[] StreamAnswer(string events) => Encoding.UTF8.GetBytes(
        $"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n{Encoding.UTF8.GetByteCount(events):x}\r\n{events}\r\n0\r\n\r\n");

    private static string Bearer(string? key) => key is null ? "" : $"Authorization: Bearer {key}\r\n";
}
