using System.Text.Json;
using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Flow;

/// <summary>What a choice of a whole answer is like.</summary>
/// <param name="IsRefused">The model, or a filter of its provider's, refused it.</param>
/// <param name="IsCut">It ended at a bound of its length.</param>
/// <param name="Calls">The tools that it asks for, with what they are to be called with; empty for none.</param>
/// <param name="Text">What it says, thought left out.</param>
/// <param name="Logprobs">Log-probabilities of its tokens, summed up.</param>
/// <param name="Tokens">Of how many tokens; 0 where the answer does not tell.</param>
internal sealed record AnswerChoice(bool IsRefused, bool IsCut, string Calls, string Text, double Logprobs, int Tokens)
{
    /// <summary>Whether it asks for tools to be called.</summary>
    public bool HasCalls => Calls.Length > 0;
}

/// <summary>Reads the choices of a whole answer, by the shape of its request. What is not there, or is no such thing, is nothing.</summary>
internal static class AnswerChoices
{
    public static List<AnswerChoice> Of(JsonElement answer, RequestShape shape) => shape switch
    {
        RequestShape.Messages => OfMessage(answer),
        RequestShape.Contents => OfContents(answer),
        RequestShape.Responses => OfResponse(answer),
        _ => [.. Items(Member(answer, "choices")).Select(OfChat)],
    };

    /// <summary>A member of an object; undefined where it is none, or has none of that name.</summary>
    public static JsonElement Member(JsonElement of, string name) =>
        of.ValueKind == JsonValueKind.Object && of.TryGetProperty(name, out var member) ? member : default;

    /// <summary>The items of a list; none where it is none.</summary>
    public static IEnumerable<JsonElement> Items(JsonElement of) => of.ValueKind == JsonValueKind.Array ? of.EnumerateArray() : [];

    /// <summary>A text; empty where it is none.</summary>
    public static string Text(JsonElement of) => of.ValueKind == JsonValueKind.String ? of.GetString()! : "";

    private static AnswerChoice OfChat(JsonElement choice)
    {
        var (message, reason) = (Member(choice, "message"), Text(Member(choice, "finish_reason")));
        var calls = string.Concat(Items(Member(message, "tool_calls")).Select(static call => Call(Either(call, "function", "custom"), "arguments", "input")))
            + Call(Member(message, "function_call"), "arguments");
        var isRefused = reason == "content_filter" || Text(Member(message, "refusal")).Length > 0;
        var (sum, tokens) = Logprobs(Member(Member(choice, "logprobs"), "content"));
        return new AnswerChoice(isRefused, reason == "length", calls, Text(Member(message, "content")), sum, tokens);
    }

    private static List<AnswerChoice> OfMessage(JsonElement answer)
    {
        var reason = Text(Member(answer, "stop_reason"));
        if (reason.Length == 0)
            return [];
        var (text, calls) = ("", "");
        foreach (var block in Items(Member(answer, "content")))
        {
            var type = Text(Member(block, "type"));
            if (type == "tool_use")
                calls += Call(block, "input");
            else if (type == "text")
                text += Text(Member(block, "text"));
        }

        return [new AnswerChoice(reason == "refusal", reason is "max_tokens" or "model_context_window_exceeded", calls, text, 0, 0)];
    }

    private static List<AnswerChoice> OfContents(JsonElement answer)
    {
        var choices = new List<AnswerChoice>();
        if (Text(Member(Member(answer, "promptFeedback"), "blockReason")).Length > 0)
            choices.Add(new AnswerChoice(IsRefused: true, false, "", "", 0, 0));
        foreach (var candidate in Items(Member(answer, "candidates")))
        {
            var reason = Text(Member(candidate, "finishReason"));
            var (text, calls) = ("", "");
            foreach (var part in Items(Member(Member(candidate, "content"), "parts")))
            {
                calls += Call(Member(part, "functionCall"), "args");
                if (Member(part, "thought").ValueKind != JsonValueKind.True)
                    text += Text(Member(part, "text"));
            }

            var mean = Member(candidate, "avgLogprobs");
            var isTold = mean.ValueKind == JsonValueKind.Number;
            var isRefused = reason is "SAFETY" or "PROHIBITED_CONTENT" or "BLOCKLIST" or "SPII" or "RECITATION";
            choices.Add(new AnswerChoice(isRefused, reason == "MAX_TOKENS", calls, text, isTold ? mean.GetDouble() : 0, isTold ? 1 : 0));
        }

        return choices;
    }

    private static List<AnswerChoice> OfResponse(JsonElement answer)
    {
        var reason = Text(Member(Member(answer, "incomplete_details"), "reason"));
        var (isRefused, calls, text, sum, tokens) = (reason == "content_filter", "", "", 0.0, 0);
        if (Text(Member(answer, "status")) is not ("completed" or "incomplete"))
            return [];
        foreach (var item in Items(Member(answer, "output")))
        {
            if (Text(Member(item, "type")) is "function_call" or "custom_tool_call")
                calls += Call(item, "arguments", "input");
            foreach (var part in Items(Text(Member(item, "type")) == "message" ? Member(item, "content") : default))
            {
                isRefused |= Text(Member(part, "type")) == "refusal";
                text += Text(Member(part, "text"));
                var (ofPart, count) = Logprobs(Member(part, "logprobs"));
                (sum, tokens) = (sum + ofPart, tokens + count);
            }
        }

        return [new AnswerChoice(isRefused, reason == "max_output_tokens", calls, text, sum, tokens)];
    }

    private static JsonElement Either(JsonElement of, string name, string other) =>
        Member(of, name) is { ValueKind: not JsonValueKind.Undefined } member ? member : Member(of, other);

    /// <summary>A call of a tool as text, with what it is called with in one form; empty where it is none.</summary>
    private static string Call(JsonElement call, string with, string orWith = "")
    {
        if (call.ValueKind != JsonValueKind.Object)
            return "";
        var given = Either(call, with, orWith);
        var text = given.ValueKind switch
        {
            JsonValueKind.String => AnswerText.Normal(given.GetString()!),
            JsonValueKind.Undefined => "",
            _ => AnswerText.Normal(given.GetRawText()),
        };
        return Text(Member(call, "name")) + "(" + text + ")";
    }

    private static (double Sum, int Tokens) Logprobs(JsonElement of)
    {
        var (sum, tokens) = (0.0, 0);
        foreach (var token in Items(of))
        {
            if (Member(token, "logprob") is { ValueKind: JsonValueKind.Number } logprob)
                (sum, tokens) = (sum + logprob.GetDouble(), tokens + 1);
        }

        return (sum, tokens);
    }
}
