using System.Text.Json;

namespace AiEdge.FakeUpstream;

/// <summary>What newer models of Gemini's refuse in the order and the proofs of turns, in Google's words as far as they matter.</summary>
internal static class TurnRules
{
    /// <summary>What is wrong with turns that are well formed; null for nothing.</summary>
    public static string? FaultOf(JsonElement contents, string model)
    {
        var turns = contents.EnumerateArray().ToList();
        if (RefusesModelTurn(model) && RequestWishes.Text(turns[^1], "role") == "model")
            return "Requests ending with a model turn are not supported unless the last part is a function response.";
        if (!WantsProof(model))
            return null;

        // The calls of the turn that goes on: all since the user has last said something.
        var from = turns.FindLastIndex(turn => RequestWishes.Text(turn, "role") != "model" && Parts(turn).Any(part => part.TryGetProperty("text", out _)));
        foreach (var turn in turns.Skip(from + 1))
        {
            var call = Parts(turn).FirstOrDefault(part => part.TryGetProperty("functionCall", out _));
            if (call.ValueKind == JsonValueKind.Object && RequestWishes.Text(call, "thoughtSignature") is not { Length: > 0 })
                return "Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly.";
        }

        return null;
    }

    private static JsonElement.ArrayEnumerator Parts(JsonElement turn) => turn.GetProperty("parts").EnumerateArray();

    private static bool IsLatest(string model) => model.StartsWith("gemini-", StringComparison.Ordinal) && model.EndsWith("-latest", StringComparison.Ordinal);

    private static bool WantsProof(string model) => model.StartsWith("gemini-3", StringComparison.Ordinal) || IsLatest(model);

    private static bool RefusesModelTurn(string model) =>
        model.StartsWith("gemini-3.5-flash-lite", StringComparison.Ordinal) || model == "gemini-flash-latest"
        || (model.StartsWith("gemini-3.", StringComparison.Ordinal) && model.Length > 9 && model[9] is >= '6' and <= '9');
}
