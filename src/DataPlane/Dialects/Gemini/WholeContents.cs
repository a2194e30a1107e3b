using System.Text.Json;
using static AiEdge.DataPlane.Dialects.JsonMembers;

namespace AiEdge.DataPlane.Dialects.Gemini;

/// <summary>What a whole answer of Gemini's says, and whether it was to be JSON.</summary>
internal static class WholeContents
{
    /// <summary>The choices of a whole answer.</summary>
    public static List<AnswerChoice> ChoicesOf(JsonElement answer)
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

            var (sum, tokens) = Logprobs(candidate);
            var isRefused = reason is "SAFETY" or "PROHIBITED_CONTENT" or "BLOCKLIST" or "SPII" or "RECITATION";
            choices.Add(new AnswerChoice(isRefused, reason == "MAX_TOKENS", calls, text, sum, tokens));
        }

        return choices;
    }

    /// <summary>Its mean, which it mostly tells, counts as one token; else what it tells of each. Protobuf's JSON leaves out what is 0.</summary>
    private static (double Sum, int Tokens) Logprobs(JsonElement candidate)
    {
        if (Member(candidate, "avgLogprobs") is { ValueKind: JsonValueKind.Number } mean)
            return (mean.GetDouble(), 1);
        var (sum, tokens) = (0.0, 0);
        foreach (var token in Items(Member(Member(candidate, "logprobsResult"), "chosenCandidates")))
        {
            var logprob = Member(token, "logProbability");
            (sum, tokens) = (sum + (logprob.ValueKind == JsonValueKind.Number ? logprob.GetDouble() : 0), tokens + 1);
        }

        return (sum, tokens);
    }

    /// <summary>Whether the answer is to be JSON, and by which schema; undefined for any.</summary>
    public static bool WantsJson(JsonElement request, out JsonElement schema)
    {
        var config = Either(request, "generationConfig", "generation_config");
        schema = Either(config, "responseJsonSchema", "response_json_schema") is { ValueKind: JsonValueKind.Object } its
            ? its
            : Either(config, "responseSchema", "response_schema");
        return Text(Either(config, "responseMimeType", "response_mime_type")) == "application/json";
    }
}
