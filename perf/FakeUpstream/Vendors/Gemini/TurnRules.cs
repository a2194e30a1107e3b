using System.Text.Json;

namespace AiEdge.FakeUpstream;

/// <summary>What newer models of Gemini's refuse in the order, the ids and the proofs of turns, in Google's words as far as they matter.</summary>
internal static class TurnRules
{
    /// <summary>What is wrong with turns that are well formed; null for nothing.</summary>
    public static string? FaultOf(JsonElement contents, string model)
    {
        var turns = contents.EnumerateArray().ToList();
        if (RefusesModelTurn(model) && RequestWishes.Text(turns[^1], "role") == "model")
            return "Requests ending with a model turn are not supported unless the last part is a function response.";
        if ((IsSince3(model) ? WantsIds(model) ? FaultOfIds(turns) : null : FaultOfAnyId(turns)) is { } misnamed)
            return misnamed;
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

    private static string? FaultOfAnyId(List<JsonElement> turns)
    {
        foreach (var (t, turn) in turns.Index())
        {
            foreach (var (p, part) in Parts(turn).Index())
            {
                foreach (var (kind, word) in ((string, string)[])[("functionCall", "function_call"), ("functionResponse", "function_response")])
                {
                    if (part.TryGetProperty(kind, out var one) && one.TryGetProperty("id", out _))
                        return $"Invalid JSON payload received. Unknown name \"id\" at 'contents[{t}].parts[{p}].{word}': Cannot find field.";
                }
            }
        }

        return null;
    }

    /// <summary>A result has the id of one of the calls of the turn before it.</summary>
    private static string? FaultOfIds(List<JsonElement> turns)
    {
        List<string?> calls = [];
        foreach (var turn in turns)
        {
            foreach (var part in Parts(turn))
            {
                if (part.TryGetProperty("functionResponse", out var result) && (RequestWishes.Text(result, "id") is not { Length: > 0 } id || !calls.Remove(id)))
                    return "Function response parts must have the id of the function call that they answer.";
            }

            calls = [.. Parts(turn).Where(part => part.TryGetProperty("functionCall", out _)).Select(part => RequestWishes.Text(part.GetProperty("functionCall"), "id"))];
        }

        return null;
    }

    private static JsonElement.ArrayEnumerator Parts(JsonElement turn) => turn.GetProperty("parts").EnumerateArray();

    private static bool IsLatest(string model) => model.StartsWith("gemini-", StringComparison.Ordinal) && model.EndsWith("-latest", StringComparison.Ordinal);

    private static bool WantsProof(string model) => model.StartsWith("gemini-3", StringComparison.Ordinal) || IsLatest(model);

    /// <summary>Names without a number are those of the latest.</summary>
    internal static bool IsSince3(string model) =>
        !model.StartsWith("gemini-1", StringComparison.Ordinal) && !model.StartsWith("gemini-2", StringComparison.Ordinal);

    private static bool WantsIds(string model) =>
        IsLatest(model) || (model.StartsWith("gemini-3.", StringComparison.Ordinal) && model.Length > 9 && model[9] is >= '5' and <= '9');

    private static bool RefusesModelTurn(string model) =>
        model.StartsWith("gemini-3.5-flash-lite", StringComparison.Ordinal) || model == "gemini-flash-latest"
        || (model.StartsWith("gemini-3.", StringComparison.Ordinal) && model.Length > 9 && model[9] is >= '6' and <= '9');
}
