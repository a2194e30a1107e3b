using System.Text.Json;
using static AiEdge.DataPlane.Dialects.JsonMembers;

namespace AiEdge.DataPlane.Dialects.Anthropic;

/// <summary>What a whole message says, and whether it was to be JSON.</summary>
internal static class WholeMessage
{
    /// <summary>The choices of a whole answer.</summary>
    public static List<AnswerChoice> ChoicesOf(JsonElement answer)
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

    /// <summary>Whether the answer is to be JSON, and by which schema; undefined for any.</summary>
    public static bool WantsJson(JsonElement request, out JsonElement schema)
    {
        var format = Member(Member(request, "output_config"), "format") is { ValueKind: JsonValueKind.Object } its ? its : Member(request, "output_format");
        schema = Member(format, "schema");
        return IsJson(format);
    }
}
