using System.Text;
using System.Text.RegularExpressions;

namespace AiEdge.Conformance.Tests;

/// <summary>Builds a request case's bytes for one gateway and says whether what followed was right.</summary>
public sealed partial class RequestJudge(int port)
{
    private const string Path = "/v1/chat/completions";
    private const string GetPath = "/v1/models";

    /// <summary>Refusals of the message itself, as against those of what it asks for.</summary>
    private static readonly int[] FramingStatuses = [400, 408, 411, 413, 414, 417, 431, 505];

    private readonly (string Token, string Value)[] _tokens =
        [("@HOST@", $"127.0.0.1:{port}"), ("@PATH@", Path), ("@GET@", GetPath), ("@AUTH@", "Bearer " + GatewayUnderTest.Key)];

    /// <summary>The case's segments with the gateway's address and the key filled in.</summary>
    public IReadOnlyList<Segment> Build(RequestCase c)
    {
        // A case in single bytes is filled in as a whole and cut again.
        if (c.Segments.Count > 50)
            return [.. Encoding.Latin1.GetBytes(Fill(string.Concat(c.Segments.Select(Text)))).Select(b => new Segment([b]))];
        Func<string, string> fill = c.Segments.Count == 1 && c.Group != "baseline" ? FillWhole : Fill;
        return [.. c.Segments.Select(s => s with { Bytes = Encoding.Latin1.GetBytes(fill(Text(s))) })];
    }

    public static Manner Manner(RequestCase c) => new()
    {
        Wanted = c.Answers,
        IsHead = c.IsHead,
        ThenFin = c.ThenFin,
        ThenReset = c.ThenReset,

        // Where an answer or a close is owed, silence is only a busy machine's.
        IdleMs = c.Expect is "noanswer" ? 1500 : 10_000,
        MaxMs = 20_000,

        // Where a close is owed, a busy machine gets the time to make it.
        QuietMs = c.Expect is "reject" or "mixed" ? 3000 : c.Answers > 1 ? 150 : 250,
    };

    /// <summary>What was wrong, or null.</summary>
    public string? Judge(RequestCase c, Heard heard, IReadOnlyList<Arrival> arrivals)
    {
        if (Outcome(c, heard, arrivals) is { } fault)
            return fault;
        if (Smuggled(c, heard, arrivals) is { } smuggled)
            return smuggled;
        if (arrivals.FirstOrDefault(a => a.Bad is not null) is { } malformed)
            return "the provider was sent something malformed: " + malformed.Bad;
        return c.Forbid is null ? null : Forbidden(c.Forbid, heard, arrivals);
    }

    private static string? Outcome(RequestCase c, Heard heard, IReadOnlyList<Arrival> arrivals)
    {
        var finals = heard.Answers.Final;
        int[] statuses = [.. finals.Select(a => a.Status)];
        var forwarded = arrivals.Count(a => a.IsRequest);
        var saw = $"got [{string.Join(',', statuses)}]{(heard.IsClosed ? " closed" : "")} after '{heard.Why}', {forwarded} forwarded";
        var allComplete = finals.All(a => a.IsComplete);
        var refusedOrClosed = statuses is [] ? heard.IsClosed : statuses is [>= 400];
        var good = statuses.Length == c.Answers && allComplete && !heard.Answers.IsMalformed && !statuses.Any(FramingStatuses.Contains);
        var ok = c.Expect switch
        {
            // Where the framing itself is in doubt, what follows on the connection is too: it has to be closed.
            "reject" => refusedOrClosed && forwarded == 0
                && (heard.IsClosed || c.Group is not ("smuggling" or "chunk" or "content-length")),
            "accept" => good,
            "either" => good || EitherEnd(c, heard, statuses, allComplete),
            "mixed" => statuses.Length >= 1 && statuses.Length <= c.Answers + 1 && forwarded <= c.Answers
                && !statuses.Take(c.Answers).Any(FramingStatuses.Contains)
                && (heard.IsClosed || (statuses.Length == c.Answers + 1 && statuses[^1] >= 400)),
            "noanswer" => statuses.All(s => s >= 400) && forwarded == 0,
            "respond" => finals is [{ IsComplete: true }, ..] || heard.IsClosed,
            _ => throw new InvalidDataException($"{c.Id}: no expectation '{c.Expect}'"),
        };
        return ok ? null : $"expected {c.Expect} of {c.Answers}, {saw}";
    }

    private static bool EitherEnd(RequestCase c, Heard heard, int[] statuses, bool allComplete)
    {
        if (statuses.Length == 0)
            return heard.IsClosed;
        if (statuses.Length > c.Answers)
            return false;
        return (heard.IsClosed && (statuses[^1] >= 400 || allComplete)) || (allComplete && c.Answers == 1 && statuses.All(s => s < 600));
    }

    private static string? Smuggled(RequestCase c, Heard heard, IReadOnlyList<Arrival> arrivals)
    {
        var seen = heard.Contains("/smuggled") || arrivals.Any(a => SmuggledLine().IsMatch(a.Head));

        // These cases pipeline that request openly.
        if (!seen || c.Name.Contains("pipelined", StringComparison.Ordinal) || c.Name.Contains("pgrade", StringComparison.Ordinal))
            return null;
        return "the smuggled request was answered or forwarded";
    }

    private static string? Forbidden(string forbid, Heard heard, IReadOnlyList<Arrival> arrivals)
    {
        if (forbid.StartsWith("up:", StringComparison.Ordinal))
        {
            var line = forbid[3..];
            return arrivals.Any(a => a.Head.Split("\r\n").Any(l => l.StartsWith(line, StringComparison.OrdinalIgnoreCase)))
                ? "the provider was sent " + line
                : null;
        }

        var pattern = new Regex($"^(?:{forbid})$");
        return heard.Answers.All.Any(a => pattern.IsMatch($"{a.Status}")) ? "forbidden status " + forbid : null;
    }

    /// <summary>Fills a whole request in; where a token stands inside its framed body, the declared length follows.</summary>
    private string FillWhole(string text)
    {
        var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        var declared = end < 0 ? Match.Empty : DeclaredLength().Match(text[..end]);
        if (declared.Success && int.Parse(declared.Groups[1].ValueSpan) is > 30 and var length
            && text[(end + 4)..].Contains("@HOST@", StringComparison.Ordinal))
        {
            var body = text.Substring(end + 4, Math.Min(length, text.Length - end - 4));
            var grown = length + Fill(body).Length - body.Length;
            text = text[..declared.Index] + "Content-Length: " + grown + text[(declared.Index + declared.Length)..];
        }

        return Fill(text);
    }

    private string Fill(string text)
    {
        foreach (var (token, value) in _tokens)
            text = text.Replace(token, value, StringComparison.Ordinal);
        return text;
    }

    private static string Text(Segment segment) => Encoding.Latin1.GetString(segment.Bytes);

    [GeneratedRegex(@"^\S+ /smuggled")]
    private static partial Regex SmuggledLine();

    [GeneratedRegex(@"Content-Length: (\d{1,9})(?=\r|$)")]
    private static partial Regex DeclaredLength();
}
