using System.Text;
using System.Text.RegularExpressions;

namespace AiEdge.Conformance.Tests;

/// <summary>Asks for a response case through a gateway and says whether the client was served rightly.</summary>
public static partial class ResponseJudge
{
    /// <summary>Where an answer or a close is owed, silence is only a busy machine's.</summary>
    public static Manner Manner(ResponseCase c) => new(IdleMs: c.Expect is "trunc" or "bounded" ? (c.Group == "bomb" ? 6000 : 2500) : 10_000, MaxMs: 20_000);

    /// <summary>A chat completion that names the case, or one that names none.</summary>
    public static IReadOnlyList<Segment> Request(int port, string name, bool isStream)
    {
        var body = $$"""
            {"model":"gpt-4o-mini",{{(isStream ? "\"stream\":true," : "")}}"messages":[{"role":"user","content":"case-{{name}}"}]}
            """;
        return [new(Encoding.ASCII.GetBytes(
            $"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {GatewayUnderTest.Key}\r\n"
            + $"Content-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}"))];
    }

    /// <summary>What was wrong, or null.</summary>
    public static string? Judge(ResponseCase c, Heard heard)
    {
        var finals = heard.Answers.Final;
        if (finals.Count > 1)
            return $"two answers to one request: {string.Join(',', finals.Select(a => a.Status))}";
        var answer = finals is [var only] ? only : null;
        var isComplete = answer is { IsComplete: true };
        var isFailure = answer is null ? heard.IsClosed : answer.Status >= 500 && isComplete;
        var isPass = isComplete && answer!.Status == c.Status && IsMarked(c, answer) && !heard.Answers.IsMalformed;
        var ok = c.Expect switch
        {
            "pass" => isPass,
            "errpass" => isComplete && answer!.Status >= 400,
            "bad" => isFailure,

            // What broke must show: as a failure, a framing without its end, or an error event.
            "trunc" => isFailure || (answer is not null
                && (!isComplete || answer.IsCloseDelimited || heard.Answers.IsMalformed || ErrorEvent().IsMatch(answer.BodyText))),
            "either" => isPass || isFailure,
            "bounded" => answer is not null || heard.IsClosed || finals.Count == 0,
            _ => throw new InvalidDataException($"{c.Id}: no expectation '{c.Expect}'"),
        };
        if (!ok)
            return $"expected {c.Expect}, got {answer?.Status} {(isComplete ? "complete" : "incomplete")} after '{heard.Why}'";
        if (c is { Group: "malformed", Expect: "bad" } && heard.Contains("POISON"))
            return $"a malformed answer was relayed as {answer?.Status}";
        var kept = answer?.Headers.FirstOrDefault(h => c.Strip.Any(s => h.StartsWith(s, StringComparison.OrdinalIgnoreCase)));
        return kept is null ? null : "not stripped: " + kept;
    }

    /// <summary>What was wrong with the next exchange, or null: a case must not poison a pooled connection.</summary>
    public static string? JudgeProbe(Heard heard) =>
        heard.Answers.Final is [{ Status: 200, IsComplete: true }] && heard.Contains(OracleUpstream.Mark) && !heard.Contains("POISON")
            ? null
            : $"the next exchange got [{string.Join(',', heard.Answers.Final.Select(a => a.Status))}] after '{heard.Why}'";

    private static bool IsMarked(ResponseCase c, Answer answer)
    {
        var text = c.IsStream ? string.Concat(Content().Matches(answer.BodyText).Select(m => m.Groups[1].Value)) : answer.BodyText;
        return text.Contains("MARK-" + c.Id, StringComparison.Ordinal)
            || answer.Values("content-encoding").Any(v => v.Contains("gzip", StringComparison.OrdinalIgnoreCase));
    }

    [GeneratedRegex(@"""content"":""([^""]*)""")]
    private static partial Regex Content();

    [GeneratedRegex(@"event: error|""error""")]
    private static partial Regex ErrorEvent();
}
