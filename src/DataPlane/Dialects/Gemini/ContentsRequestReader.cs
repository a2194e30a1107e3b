using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Dialects.Gemini;

/// <summary>
/// Reads requests for Gemini's <c>generateContent</c> (API reference, <c>models.generateContent</c>). Both spellings of protobuf's JSON are read.
/// </summary>
internal sealed class ContentsRequestReader : RequestReader
{
    private const int ScratchBytes = 64;

    private readonly ContentsReader _contents = new();

    public override FieldNames Names { get; } = new()
    {
        Temperature = [.. "generationConfig.temperature"u8],
        TopP = [.. "generationConfig.topP"u8],
        TopK = [.. "generationConfig.topK"u8],
        Seed = [.. "generationConfig.seed"u8],
        PresencePenalty = [.. "generationConfig.presencePenalty"u8],
        FrequencyPenalty = [.. "generationConfig.frequencyPenalty"u8],
        Choices = [.. "generationConfig.candidateCount"u8],
        TokensMax = [.. "generationConfig.maxOutputTokens"u8],
        Logprobs = [.. "generationConfig.responseLogprobs"u8],
        Stops = [.. "generationConfig.stopSequences"u8],
        ToolChoice = [.. "toolConfig"u8],
        Effort = [.. "generationConfig.thinkingConfig"u8],
        ThoughtShown = [.. "generationConfig.thinkingConfig.includeThoughts"u8],
        Format = [.. "generationConfig.responseMimeType"u8],
        Schema = [.. "generationConfig.responseSchema"u8],
        ToolSchema = [.. "tools.functionDeclarations.parameters"u8],
        Role = [.. "contents.role"u8],
        Prefill = [.. "contents.prefill"u8],
        ImageUrl = [.. "contents.parts.fileData"u8],
        File = [.. "contents.parts.inlineData"u8],
        FileName = [.. "contents.parts.inlineData.displayName"u8],
        Audio = [.. "contents.parts.inlineData.audio"u8],
        Thinking = [.. "contents.parts.thought"u8],
        Arguments = [.. "contents.parts.functionCall.args"u8],
        ResultContent = [.. "contents.parts.functionResponse"u8],
    };

    protected override EdgeError ReadBody(NeutralRequest request)
    {
        _contents.Begin(request);
        var error = ReadMembers(request);
        _contents.End();
        return error;
    }

    private EdgeError ReadMembers(NeutralRequest request)
    {
        var walk = new JsonWalk(request.Source, stackalloc byte[ScratchBytes]);
        if (!walk.TryBegin())
            return Malformed(null);
        request.GoesOn = true;
        while (walk.NextMember())
        {
            if (walk.Is("contents"u8))
            {
                if (!_contents.TryRead(request, ref walk))
                    return Malformed("contents");
            }
            else if (Is(ref walk, "systemInstruction"u8, "system_instruction"u8))
            {
                if (!_contents.TryReadSystem(request, ref walk))
                    return Parse.RequestFields.Duplicate("systemInstruction");
            }
            else if (Is(ref walk, "generationConfig"u8, "generation_config"u8))
                ReadConfig(request, ref walk);
            else if (walk.Is("tools"u8))
                ReadTools(request, ref walk);
            else if (Is(ref walk, "cachedContent"u8, "cached_content"u8) && walk.Token != JsonToken.Null)
                request.Elsewhere = "cachedContent";
            else if (Is(ref walk, "toolConfig"u8, "tool_config"u8))
                ReadChoice(request, ref walk);
            else if (!walk.Is("model"u8) && !walk.IsNothing())
                request.Losses.Add(walk.Name);
        }

        return walk.IsWhole() ? default : Malformed(null);
    }

    internal static bool Is(ref JsonWalk walk, ReadOnlySpan<byte> camel, ReadOnlySpan<byte> snake) => walk.Is(camel) || walk.Is(snake);

    private static EdgeError Malformed(string? param) => EdgeError.Invalid("The request has not the form that it must have.", param);

    private static void ReadConfig(NeutralRequest request, ref JsonWalk walk)
    {
        if (!walk.TryEnter(JsonToken.StartObject))
            return;
        while (walk.NextMember())
        {
            if (!TakeNumber(request, ref walk) && !TakeForm(request, ref walk) && !walk.IsNothing())
                request.Losses.Add("generationConfig"u8, walk.Name);
        }
    }

    private static bool TakeNumber(NeutralRequest request, ref JsonWalk walk)
    {
        if (walk.Token != JsonToken.Number)
            return false;
        if (walk.Is("temperature"u8))
            request.Temperature = walk.Text;
        else if (Is(ref walk, "topP"u8, "top_p"u8))
            request.TopP = walk.Text;
        else if (Is(ref walk, "topK"u8, "top_k"u8))
            request.TopK = walk.Text;
        else if (walk.Is("seed"u8))
            request.Seed = walk.Text;
        else if (Is(ref walk, "presencePenalty"u8, "presence_penalty"u8))
            request.PresencePenalty = walk.Text;
        else if (Is(ref walk, "frequencyPenalty"u8, "frequency_penalty"u8))
            request.FrequencyPenalty = walk.Text;
        else if (Is(ref walk, "maxOutputTokens"u8, "max_output_tokens"u8))
            request.TokensMax = walk.TryNumber(out var max) ? max : -1;
        else if (Is(ref walk, "candidateCount"u8, "candidate_count"u8))
            request.Choices = walk.TryNumber(out var count) ? count : 1;
        else if (walk.Is("logprobs"u8))
            request.TopLogprobs = walk.TryNumber(out var others) ? others : 0;
        else
            return false;
        return true;
    }

    private static bool TakeForm(NeutralRequest request, ref JsonWalk walk)
    {
        if (Is(ref walk, "stopSequences"u8, "stop_sequences"u8) && walk.TryEnter(JsonToken.StartArray))
        {
            while (walk.NextElement())
            {
                if (walk.Token == JsonToken.String)
                    request.Stops.Add(walk.Text);
            }

            return true;
        }

        if (Is(ref walk, "responseLogprobs"u8, "response_logprobs"u8))
        {
            request.WantsLogprobs = walk.Token == JsonToken.True;
            return true;
        }

        if (Is(ref walk, "responseMimeType"u8, "response_mime_type"u8))
        {
            if (walk.IsText("application/json"u8) && request.Format == AnswerFormat.Text)
                request.Format = AnswerFormat.Json;
            return walk.IsText("application/json"u8) || walk.IsText("text/plain"u8);
        }

        if (Is(ref walk, "responseModalities"u8, "response_modalities"u8) && walk.TryEnter(JsonToken.StartArray))
        {
            while (walk.NextElement())
                request.LoseIf(!walk.IsText("TEXT"u8) && !walk.IsText("text"u8), "generationConfig.responseModalities"u8);
            return true;
        }

        var isJsonSchema = Is(ref walk, "responseJsonSchema"u8, "response_json_schema"u8);
        if ((isJsonSchema || Is(ref walk, "responseSchema"u8, "response_schema"u8)) && walk.Token == JsonToken.StartObject)
        {
            (request.Format, request.FormatSchema, request.FormatIsOpenApi) = (AnswerFormat.Schema, walk.Value(), !isJsonSchema);
            request.FormatIsStrict = request.StrictMayBeOpen = true;
            return true;
        }

        if (!Is(ref walk, "thinkingConfig"u8, "thinking_config"u8) || !walk.TryEnter(JsonToken.StartObject))
            return false;
        while (walk.NextMember())
            ReadThinking(request, ref walk);
        return true;
    }

    /// <summary>A budget of 0 is none, one of -1 the model's own choice.</summary>
    private static void ReadThinking(NeutralRequest request, ref JsonWalk walk)
    {
        if (Is(ref walk, "thinkingBudget"u8, "thinking_budget"u8) && walk.TryNumber(out var tokens))
        {
            request.Effort = tokens == 0 ? ThinkingEffort.Off : tokens < 0 ? ThinkingEffort.Unset : ThinkingEffort.Budget;
            (request.ThinkingTokens, request.IsAdaptive) = (tokens, tokens < 0);
        }
        else if (Is(ref walk, "thinkingLevel"u8, "thinking_level"u8))
            request.Effort = walk.IsText("LOW"u8) || walk.IsText("low"u8) ? ThinkingEffort.Low : walk.IsText("MINIMAL"u8) || walk.IsText("minimal"u8)
                ? ThinkingEffort.Minimal : walk.IsText("MEDIUM"u8) || walk.IsText("medium"u8) ? ThinkingEffort.Medium : ThinkingEffort.High;
        else if (Is(ref walk, "includeThoughts"u8, "include_thoughts"u8))
            request.WantsThought = walk.Token == JsonToken.True;
        else if (!walk.IsNothing())
            request.Losses.Add("generationConfig.thinkingConfig"u8, walk.Name);
    }

    private static void ReadTools(NeutralRequest request, ref JsonWalk walk)
    {
        if (!walk.TryEnter(JsonToken.StartArray))
            return;
        while (walk.NextElement())
        {
            if (!walk.TryEnter(JsonToken.StartObject))
                continue;
            while (walk.NextMember())
            {
                // A tool of the provider's own is asked for by an empty object.
                if (!Is(ref walk, "functionDeclarations"u8, "function_declarations"u8) || !walk.TryEnter(JsonToken.StartArray))
                {
                    request.Losses.Add("tools"u8, walk.Name);
                    continue;
                }

                while (walk.NextElement())
                {
                    if (walk.TryEnter(JsonToken.StartObject))
                        ReadFunction(request, ref walk);
                }
            }
        }
    }

    private static void ReadFunction(NeutralRequest request, ref JsonWalk walk)
    {
        NeutralTool tool = default;
        while (walk.NextMember())
        {
            if (walk.Is("name"u8) && walk.Token == JsonToken.String)
                tool = tool with { Name = walk.Text };
            else if (walk.Is("description"u8) && walk.Token == JsonToken.String)
                tool = tool with { Description = walk.Text };
            else if (walk.Is("parameters"u8) && walk.Token == JsonToken.StartObject)
                tool = tool with { Schema = walk.Value(), IsOpenApi = true };
            else if (Is(ref walk, "parametersJsonSchema"u8, "parameters_json_schema"u8) && walk.Token == JsonToken.StartObject)
                tool = tool with { Schema = walk.Value(), IsOpenApi = false };
            else if (!walk.IsNothing())
                request.Losses.Add("tools.functionDeclarations"u8, walk.Name);
        }

        if (tool.Name.IsPresent)
            request.Tools.Add(tool);
    }

    private static void ReadChoice(NeutralRequest request, ref JsonWalk walk)
    {
        if (!walk.TryEnter(JsonToken.StartObject))
            return;
        while (walk.NextMember())
        {
            if (!Is(ref walk, "functionCallingConfig"u8, "function_calling_config"u8) || !walk.TryEnter(JsonToken.StartObject))
            {
                if (!walk.IsNothing())
                    request.Losses.Add("toolConfig"u8, walk.Name);
                continue;
            }

            while (walk.NextMember())
            {
                if (walk.Is("mode"u8))
                {
                    // Others do not promise to call functions as they are declared.
                    request.LoseIf(walk.IsText("VALIDATED"u8), "toolConfig.functionCallingConfig.mode"u8);
                    request.ToolChoice = walk.IsText("ANY"u8) ? ToolChoice.Required : walk.IsText("NONE"u8) ? ToolChoice.None : ToolChoice.Auto;
                }
                else if (Is(ref walk, "allowedFunctionNames"u8, "allowed_function_names"u8) && walk.TryEnter(JsonToken.StartArray))
                    ReadAllowed(request, ref walk);
                else if (!walk.IsNothing())
                    request.Losses.Add("toolConfig.functionCallingConfig"u8, walk.Name);
            }
        }

        // One name that has to be called is said in every dialect.
        if (request is { ToolChoice: ToolChoice.Required, AllowedTools.Count: 1 })
        {
            (request.ToolChoice, request.ToolName) = (ToolChoice.Named, request.AllowedTools[0].Name);
            request.AllowedTools.Clear();
        }
    }

    private static void ReadAllowed(NeutralRequest request, ref JsonWalk walk)
    {
        while (walk.NextElement())
        {
            if (walk.Token == JsonToken.String)
                request.AllowedTools.Add(new AllowedTool(walk.Text, IsCustom: false));
        }
    }
}
