using System.Globalization;
using System.Net;
using System.Text;

namespace AiEdge.Load;

/// <summary>Chat completions over kept-alive HTTP/1.1 connections, every answer checked.</summary>
internal sealed class ChatScenario : IScenario
{
    private const string Filler =
        "The quarterly report lists revenue, cost and margin by region; see \\\"Table 4\\\" and the notes below.\\n"
        + "Sum it up in three points and cite the row of each figure, such as EMEA 12.4 % against 11.9 % a year ago. ";

    private readonly LoadTarget _target;
    private readonly Expectation _expected;
    private readonly byte[] _request;
    private readonly bool _stream;

    public ChatScenario(LoadTarget target, Expectation expected)
    {
        (_target, _expected, _stream) = (target, expected, target.Stream);
        _request = MakeRequest(target);
    }

    public IScenarioWorker Open(Measures measures) =>
        new ChatWorker(_target, _request, _expected, _stream ? new ChatStreamChecker(_expected, measures) : new WholeAnswerChecker(_expected));

    /// <summary>Head and body, padded with text to the size asked for.</summary>
    internal static byte[] MakeRequest(LoadTarget target)
    {
        var start = $$"""{"model":"{{target.Model}}","messages":[{"role":"system","content":"You are brief."},{"role":"user","content":" """.TrimEnd();
        var end = """
            "}],"max_tokens":4096,"temperature":0.7
            """.Trim() + (target.Stream ? target.AskUsage ? ",\"stream\":true,\"stream_options\":{\"include_usage\":true}}" : ",\"stream\":true}" : "}");
        var body = new StringBuilder(start);
        while (body.Length + Filler.Length + end.Length <= target.BodyBytes)
            body.Append(Filler);
        body.Append('x', Math.Max(0, target.BodyBytes - body.Length - end.Length)).Append(end);
        var head = string.Create(CultureInfo.InvariantCulture,
            $"POST {target.Url.PathAndQuery} HTTP/1.1\r\nHost: {target.Url.Authority}\r\nAuthorization: Bearer {target.Key}\r\n")
            + "Content-Type: application/json\r\nAccept: */*\r\nUser-Agent: aiedge-load\r\n"
            + string.Create(CultureInfo.InvariantCulture, $"{target.Fields}Content-Length: {body.Length}\r\n\r\n");
        return Encoding.ASCII.GetBytes(head + body);
    }
}

/// <summary>Where calls go and what they ask for.</summary>
/// <param name="Url">http or https.</param>
/// <param name="Address">The one address that the host stands for.</param>
/// <param name="Key">The bearer credential.</param>
/// <param name="Model">May carry the fake upstream's knobs.</param>
/// <param name="Stream">Whether events are asked for.</param>
internal sealed record LoadTarget(Uri Url, IPEndPoint Address, string Key, string Model, bool Stream)
{
    public bool AskUsage { get; init; } = true;

    /// <summary>The body is filled up to that size.</summary>
    public int BodyBytes { get; init; } = 1024;

    /// <summary>Further field lines, each with its CRLF.</summary>
    public string Fields { get; init; } = "";

    /// <summary>The one certificate to trust over https, in PEM; without it the system's roots are.</summary>
    public string? TrustedPem { get; init; }
}
