using System.Text.Json;
using static AiEdge.DataPlane.Dialects.JsonMembers;

namespace AiEdge.DataPlane.Dialects.OpenAi;

/// <summary>What a whole chat completion says, and whether it was to be JSON.</summary>
internal static class WholeChat
{
    /// <summary>The choices of a whole answer.</summary>
    public static List<AnswerChoice> ChoicesOf(JsonElement answer) => [.. Items(Member(answer, "choices")).Select(OfChoice)];

    /// <summary>Whether the answer is to be JSON, and by which schema; undefined for any.</summary>
    public static bool WantsJson(JsonElement request, out JsonElement schema)
    {
        var format = Member(request, "response_format");
        schema = Member(Member(format, "json_schema"), "schema");
        return IsJson(format);
    }

    private static AnswerChoice OfChoice(JsonElement choice)
    {
        var (message, reason) = (Member(choice, "message"), Text(Member(choice, "finish_reason")));
        var calls = string.Concat(Items(Member(message, "tool_calls")).Select(static call => Call(Either(call, "function", "custom"), "arguments", "input")))
            + Call(Member(message, "function_call"), "arguments");
        var isRefused = reason == "content_filter" || Text(Member(message, "refusal")).Length > 0;
        var (sum, tokens) = Logprobs(Member(Member(choice, "logprobs"), "content"));
        return new AnswerChoice(isRefused, reason == "length", calls, Text(Member(message, "content")), sum, tokens);
    }
}
