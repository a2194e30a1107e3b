using System.Text.Json;
using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Dialects;

/// <summary>Reads what may be there in a document. What is not there, or is no such thing, is nothing.</summary>
internal static class JsonMembers
{
    public static JsonDocumentOptions Options => new() { MaxDepth = JsonScanner.DepthMax };

    /// <summary>A member of an object; undefined where it is none, or has none of that name.</summary>
    public static JsonElement Member(JsonElement of, string name) =>
        of.ValueKind == JsonValueKind.Object && of.TryGetProperty(name, out var member) ? member : default;

    /// <summary>The items of a list; none where it is none.</summary>
    public static IEnumerable<JsonElement> Items(JsonElement of) => of.ValueKind == JsonValueKind.Array ? of.EnumerateArray() : [];

    /// <summary>A text; empty where it is none.</summary>
    public static string Text(JsonElement of) => of.ValueKind == JsonValueKind.String ? of.GetString()! : "";

    /// <summary>Whether a form of answers, as it is mostly written, is JSON.</summary>
    public static bool IsJson(JsonElement format) => Text(Member(format, "type")) is "json_object" or "json_schema";

    /// <summary>The member of either name.</summary>
    public static JsonElement Either(JsonElement of, string name, string other) =>
        Member(of, name) is { ValueKind: not JsonValueKind.Undefined } member ? member : Member(of, other);

    /// <summary>A call of a tool as text, with what it is called with in one form; empty where it is none.</summary>
    public static string Call(JsonElement call, string with, string orWith = "")
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

    /// <summary>Log-probabilities of tokens, summed up, and of how many.</summary>
    public static (double Sum, int Tokens) Logprobs(JsonElement of)
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
