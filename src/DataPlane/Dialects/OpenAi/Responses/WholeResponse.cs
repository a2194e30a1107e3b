using System.Text.Json;
using static AiEdge.DataPlane.Dialects.JsonMembers;

namespace AiEdge.DataPlane.Dialects.OpenAi.Responses;

/// <summary>What a whole response says, and whether it was to be JSON.</summary>
internal static class WholeResponse
{
    /// <summary>The choices of a whole answer.</summary>
    public static List<AnswerChoice> ChoicesOf(JsonElement answer)
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

    /// <summary>Whether the answer is to be JSON, and by which schema; undefined for any.</summary>
    public static bool WantsJson(JsonElement request, out JsonElement schema)
    {
        var format = Member(Member(request, "text"), "format");
        schema = Member(format, "schema");
        return IsJson(format);
    }
}
