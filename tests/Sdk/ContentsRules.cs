using System.Text.Json;

namespace AiEdge.Sdk.Tests;

/// <summary>What Gemini refuses in a request for content, as far as it matters to who writes one.</summary>
internal static class ContentsRules
{
    private static readonly string[] Fields = ["contents", "systemInstruction", "tools", "toolConfig", "generationConfig", "safetySettings", "cachedContent"];

    private static readonly string[] ConfigFields =
    [
        "maxOutputTokens", "temperature", "topP", "topK", "seed", "stopSequences", "presencePenalty", "frequencyPenalty", "candidateCount", "responseMimeType",
        "responseJsonSchema", "responseSchema", "thinkingConfig",
    ];

    private static readonly string[] PartFields = ["text", "inlineData", "fileData", "functionCall", "functionResponse"];

    /// <summary>What is wrong with the request; null for nothing.</summary>
    public static string? FaultOf(ReadOnlyMemory<byte> body)
    {
        using var document = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = 256 });
        var root = document.RootElement;
        if (Unknown(root, Fields) is { } field)
            return $"Invalid JSON payload received. Unknown name \"{field}\"";
        if (root.TryGetProperty("generationConfig", out var config) && Unknown(config, ConfigFields) is { } unknown)
            return $"Invalid JSON payload received. Unknown name \"{unknown}\" at 'generation_config'";
        if (root.TryGetProperty("systemInstruction", out var system) && !IsTurn(system, "user"))
            return "system_instruction: contents.parts must not be empty.";
        if (!root.TryGetProperty("contents", out var contents) || contents.ValueKind != JsonValueKind.Array || contents.GetArrayLength() == 0)
            return "contents is not specified";
        var calls = 0;
        foreach (var turn in contents.EnumerateArray())
        {
            var role = Text(turn, "role");
            if (role is not ("user" or "model") || !IsTurn(turn, role))
                return "contents.parts must not be empty, and each must have one of its kinds.";
            var results = Count(turn, "functionResponse");
            if (results != calls)
                return "Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.";
            calls = Count(turn, "functionCall");
        }

        return calls > 0 ? "Please ensure that function call turn comes immediately before a function response turn." : null;
    }

    private static string? Unknown(JsonElement element, string[] known)
    {
        foreach (var member in element.EnumerateObject())
        {
            if (!known.Contains(member.Name))
                return member.Name;
        }

        return null;
    }

    private static int Count(JsonElement turn, string name) => turn.GetProperty("parts").EnumerateArray().Count(part => part.TryGetProperty(name, out _));

    private static bool IsTurn(JsonElement turn, string role) =>
        turn.TryGetProperty("parts", out var parts) && parts.ValueKind == JsonValueKind.Array && parts.GetArrayLength() > 0
        && parts.EnumerateArray().All(part => IsPart(part, role));

    private static bool IsPart(JsonElement part, string role)
    {
        if (part.ValueKind != JsonValueKind.Object || part.EnumerateObject().Count(member => PartFields.Contains(member.Name)) != 1)
            return false;
        if (part.TryGetProperty("inlineData", out var data))
            return Text(data, "mimeType") is { Length: > 0 } && Convert.TryFromBase64String(Text(data, "data") ?? "-", new byte[1 << 20], out _);
        if (part.TryGetProperty("functionCall", out var call))
            return role == "model" && Text(call, "name") is { Length: > 0 } && call.TryGetProperty("args", out var args) && args.ValueKind == JsonValueKind.Object;
        if (part.TryGetProperty("functionResponse", out var result))
            return role == "user" && Text(result, "name") is { Length: > 0 } && result.TryGetProperty("response", out var told) && told.ValueKind == JsonValueKind.Object;
        return part.TryGetProperty("fileData", out _) || Text(part, "text") is not null;
    }

    private static string? Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
