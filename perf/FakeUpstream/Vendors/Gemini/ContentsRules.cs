using System.Text.Json;
using static AiEdge.FakeUpstream.RequestWishes;

namespace AiEdge.FakeUpstream;

/// <summary>What Gemini refuses in a request for content, as far as it matters to who writes one.</summary>
internal static class ContentsRules
{
    private static readonly string[] Fields = ["contents", "systemInstruction", "tools", "toolConfig", "generationConfig", "safetySettings", "cachedContent"];

    private static readonly string[] ConfigFields =
    [
        "maxOutputTokens", "temperature", "topP", "topK", "seed", "stopSequences", "presencePenalty", "frequencyPenalty", "candidateCount", "responseMimeType",
        "responseJsonSchema", "responseSchema", "thinkingConfig", "responseLogprobs", "logprobs", "responseModalities", "speechConfig", "mediaResolution",
    ];

    private const int NameLengthMax = 64;

    private static readonly string[] PartFields =
        ["text", "inlineData", "fileData", "functionCall", "functionResponse", "executableCode", "codeExecutionResult"];

    /// <summary>What is wrong with the request; null for nothing.</summary>
    /// <param name="body">The request.</param>
    /// <param name="model">The model, which the path names.</param>
    /// <param name="refusesUnknown">Whether fields that Google does not know are looked at, too.</param>
    public static string? FaultOf(ReadOnlyMemory<byte> body, string? model = null, bool refusesUnknown = true)
    {
        using var document = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = 256 });
        var root = document.RootElement;
        if (refusesUnknown && Unknown(root, Fields) is { } field)
            return $"Invalid JSON payload received. Unknown name \"{field}\"";
        if (root.TryGetProperty("generationConfig", out var config) && refusesUnknown && Unknown(config, ConfigFields) is { } unknown)
            return $"Invalid JSON payload received. Unknown name \"{unknown}\" at 'generation_config'";
        if (config.ValueKind == JsonValueKind.Object && (FaultOfThought(config, model ?? "") ?? FaultOfPenalties(config, model ?? "")) is { } refused)
            return refused;
        if (config.ValueKind == JsonValueKind.Object && config.TryGetProperty("maxOutputTokens", out var cap) && cap.GetInt64() > OutputMaxima.Of(model))
            return $"Unable to submit request because it has a maxOutputTokens value of {cap} but the supported range is from 1 (inclusive) to {OutputMaxima.Of(model) + 1} (exclusive).";
        if (config.ValueKind == JsonValueKind.Object && FaultOfJson(root, config, model ?? "") is { } both)
            return both;
        if (root.TryGetProperty("systemInstruction", out var system) && !IsTurn(system, "user"))
            return "system_instruction: contents.parts must not be empty.";
        if (FaultOfTools(root) is { } misnamed)
            return misnamed;
        if (!root.TryGetProperty("contents", out var contents) || contents.ValueKind != JsonValueKind.Array || contents.GetArrayLength() == 0)
            return "contents is not specified";
        var calls = 0;
        foreach (var (at, turn) in contents.EnumerateArray().Index())
        {
            var role = Text(turn, "role") ?? "user";
            if (role is not ("user" or "model") || !IsTurn(turn, role))
                return "contents.parts must not be empty, and each must have one of its kinds.";
            if (!TurnRules.IsSince3(model ?? "") && turn.GetProperty("parts").EnumerateArray().Any(part => part.TryGetProperty("functionResponse", out var told) && told.TryGetProperty("parts", out _)))
                return $"Invalid JSON payload received. Unknown name \"parts\" at 'contents[{at}].parts[0].function_response': Cannot find field.";
            if (FaultOfNames(turn, $"contents[{at}]") is { } unnamed)
                return unnamed;
            var results = Count(turn, "functionResponse");
            if (results != calls)
                return "Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.";
            calls = Count(turn, "functionCall");
        }

        return calls > 0 ? "Please ensure that function call turn comes immediately before a function response turn." : TurnRules.FaultOf(contents, model ?? "");
    }

    private static string? FaultOfTools(JsonElement root)
    {
        var names = new List<string>();
        foreach (var (t, tool) in (root.TryGetProperty("tools", out var tools) ? tools.EnumerateArray() : default).Index())
        {
            foreach (var (f, function) in (tool.TryGetProperty("functionDeclarations", out var functions) ? functions.EnumerateArray() : default).Index())
            {
                names.Add(Text(function, "name") ?? "");
                if (FaultOfName(names[^1], $"tools[{t}].function_declarations[{f}].name") is { } fault)
                    return fault;
            }
        }

        return root.TryGetProperty("toolConfig", out var config) && config.TryGetProperty("functionCallingConfig", out var calling)
            && calling.TryGetProperty("allowedFunctionNames", out var allowed) && allowed.EnumerateArray().Any(name => !names.Contains(name.GetString()!))
            ? "allowed_function_names contains a function that is not declared."
            : null;
    }

    private static string? FaultOfNames(JsonElement turn, string where)
    {
        foreach (var (at, part) in turn.GetProperty("parts").EnumerateArray().Index())
        {
            foreach (var (kind, word) in ((string, string)[])[("functionCall", "function_call"), ("functionResponse", "function_response")])
            {
                if (part.TryGetProperty(kind, out var named) && FaultOfName(Text(named, "name") ?? "", $"{where}.parts[{at}].{word}.name") is { } fault)
                    return fault;
            }
        }

        return null;
    }

    private static string? FaultOfName(string name, string where)
    {
        var isWell = name.Length is > 0 and <= NameLengthMax && (char.IsAsciiLetter(name[0]) || name[0] == '_')
            && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '_' or '.' or ':' or '-');
        return isWell
            ? null
            : $"* GenerateContentRequest.{where}: Invalid function name. Must start with a letter or an underscore. Must be alphameric (a-z, A-Z, 0-9), "
                + $"underscores (_), dots (.), colons (:), or dashes (-), with a maximum length of {NameLengthMax}.\n";
    }

    /// <summary>Google's page "Gemini thinking": Pro cannot be silenced, and what came before 2.5, or makes images before 3, does not think.</summary>
    private static string? FaultOfThought(JsonElement config, string model)
    {
        if (!config.TryGetProperty("thinkingConfig", out var thinking) || !model.StartsWith("gemini-", StringComparison.Ordinal))
            return null;
        if (model.StartsWith("gemini-1", StringComparison.Ordinal) || model.StartsWith("gemini-2.0", StringComparison.Ordinal))
            return "Thinking is not supported for this model.";
        if (model.StartsWith("gemini-2.5-flash-image", StringComparison.Ordinal))
            return "Thinking is not enabled for this model.";
        return thinking.TryGetProperty("thinkingBudget", out var budget) && budget.GetInt64() == 0 && !model.Contains("flash", StringComparison.Ordinal)
            ? "Budget 0 is invalid. This model only works in thinking mode."
            : null;
    }

    /// <summary>Before 3 functions and JSON exclude each other.</summary>
    private static string? FaultOfJson(JsonElement root, JsonElement config, string model) =>
        (model.StartsWith("gemini-1", StringComparison.Ordinal) || model.StartsWith("gemini-2", StringComparison.Ordinal))
            && root.TryGetProperty("tools", out _) && Text(config, "responseMimeType") == "application/json"
            ? "Function calling with a response mime type: 'application/json' is unsupported"
            : null;

    /// <summary>Since 2.5 they are not enabled; 0 is looked at by nobody.</summary>
    private static string? FaultOfPenalties(JsonElement config, string model)
    {
        var has = model.StartsWith("gemini-", StringComparison.Ordinal) && !model.StartsWith("gemini-2.0", StringComparison.Ordinal)
            && (IsSet(config, "presencePenalty") || IsSet(config, "frequencyPenalty"));
        return has ? $"Penalty is not enabled for models/{model}" : null;
    }

    private static bool IsSet(JsonElement config, string name) =>
        config.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.GetDouble() != 0;

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
            return role == "model" && call.TryGetProperty("args", out var args) && args.ValueKind == JsonValueKind.Object;
        if (part.TryGetProperty("functionResponse", out var result))
            return role == "user" && result.TryGetProperty("response", out var told) && told.ValueKind == JsonValueKind.Object
                && (!result.TryGetProperty("parts", out var media) || media.EnumerateArray().All(one => one.TryGetProperty("inlineData", out _) && IsPart(one, role)));
        return part.TryGetProperty("fileData", out _) || Text(part, "text") is { Length: > 0 } || part.TryGetProperty("thoughtSignature", out _);
    }
}
