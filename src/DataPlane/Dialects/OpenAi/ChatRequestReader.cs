using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Dialects.OpenAi;

/// <summary>Reads requests for chat completions (OpenAI's API reference, <c>POST /chat/completions</c>).</summary>
internal sealed class ChatRequestReader : RequestReader
{
    private const int ScratchBytes = 64;

    private static readonly byte[][] OpenAiNames =
        [[.. "metadata"u8], [.. "service_tier"u8], [.. "prompt_cache_key"u8], [.. "prompt_cache_retention"u8]];

    private readonly ChatMessageReader _messages = new();

    public override FieldNames Names { get; } = new()
    {
        Temperature = [.. "temperature"u8],
        TopP = [.. "top_p"u8],
        TopK = [.. "top_k"u8],
        Seed = [.. "seed"u8],
        PresencePenalty = [.. "presence_penalty"u8],
        FrequencyPenalty = [.. "frequency_penalty"u8],
        Choices = [.. "n"u8],
        Logprobs = [.. "logprobs"u8],
        TokensMax = [.. "max_completion_tokens"u8],
        Detail = [.. "messages.content.image_url.detail"u8],
        Stops = [.. "stop"u8],
        CustomGrammar = [.. "tools.custom.format"u8],
        ToolCache = [.. "tools.cache_control"u8],
        PartCache = [.. "messages.content.cache_control"u8],
        User = [.. "user"u8],
        Serial = [.. "parallel_tool_calls"u8],
        ToolChoice = [.. "tool_choice"u8],
        Effort = [.. "reasoning_effort"u8],
        Format = [.. "response_format"u8],
        Schema = [.. "response_format.json_schema.schema"u8],
        ToolSchema = [.. "tools.function.parameters"u8],
        Role = [.. "messages.role"u8],
        Prefill = [.. "messages.prefill"u8],
        ImageUrl = [.. "messages.content.image_url"u8],
        File = [.. "messages.content.file"u8],
        FileName = [.. "messages.content.file.filename"u8],
        Audio = [.. "messages.content.input_audio"u8],
        Thinking = [.. "messages.reasoning_content"u8],
        CallProof = [.. "messages.tool_calls.extra_content"u8],
        Arguments = [.. "messages.tool_calls.function.arguments"u8],
        ResultContent = [.. "messages.content"u8],
        ResultIsError = [.. "messages.is_error"u8],
        Strict = [.. "tools.function.strict"u8],
        Verbosity = [.. "verbosity"u8],
    };

    public override byte[]? BetaHeader { get; } = [.. "openai-beta"u8];

    protected override EdgeError ReadBody(NeutralRequest request)
    {
        var walk = new JsonWalk(request.Source, stackalloc byte[ScratchBytes]);
        if (!walk.TryBegin())
            return Malformed(null);
        long tokens = -1, completionTokens = -1;
        request.KeepsProofs = true;
        while (walk.NextMember())
        {
            if (walk.Is("model"u8) || walk.Is("stream_options"u8))
                continue;
            if (walk.Is("messages"u8))
            {
                if (_messages.Read(request, ref walk) is { IsError: true } error)
                    return error;
            }
            else if (walk.Is("stream"u8))
                request.Stream = walk.Token == JsonToken.True;
            else if (walk.Is("max_tokens"u8))
                tokens = walk.TryNumber(out var number) ? number : -1;
            else if (walk.Is("max_completion_tokens"u8))
                completionTokens = walk.TryNumber(out var number) ? number : -1;
            else if (!TakeSampling(request, ref walk) && !TakeTools(request, ref walk) && !TakeWishes(request, ref walk)
                && (IsSearch(ref walk) || !walk.IsNothing()))
                request.Losses.Add(walk.Name);
        }

        request.TokensMaxIsOld = tokens >= 0 && (completionTokens < 0 || tokens < completionTokens);
        request.TokensMax = tokens >= 0 && completionTokens >= 0 ? Math.Min(tokens, completionTokens) : Math.Max(tokens, completionTokens);
        return walk.IsWhole() ? default : Malformed(null);
    }

    /// <summary>A search of the web is asked for by an object that may be empty.</summary>
    private static bool IsSearch(ref JsonWalk walk) => walk.Is("web_search_options"u8) && walk.Token == JsonToken.StartObject;

    internal static EdgeError Malformed(string? param) => EdgeError.Invalid("The request has not the form that it must have.", param);

    private static bool TakeSampling(NeutralRequest request, ref JsonWalk walk)
    {
        if (walk.Is("stop"u8))
        {
            TakeStops(request, ref walk);
            return true;
        }

        if (walk.Is("n"u8))
        {
            request.Choices = walk.TryNumber(out var number) ? number : 1;
            return true;
        }

        if (walk.Is("logprobs"u8))
        {
            request.WantsLogprobs = walk.Token == JsonToken.True;
            return true;
        }

        if (walk.Token != JsonToken.Number)
            return false;
        if (walk.Is("top_logprobs"u8))
            request.TopLogprobs = walk.TryNumber(out var others) ? others : 0;
        else if (walk.Is("temperature"u8))
            request.Temperature = walk.Text;
        else if (walk.Is("top_p"u8))
            request.TopP = walk.Text;
        else if (walk.Is("top_k"u8))
            request.TopK = walk.Text;
        else if (walk.Is("seed"u8) || walk.Is("random_seed"u8))
            request.Seed = walk.Text;
        else if (walk.Is("presence_penalty"u8))
            request.PresencePenalty = walk.Text;
        else if (walk.Is("frequency_penalty"u8))
            request.FrequencyPenalty = walk.Text;
        else
            return false;
        return true;
    }

    private static void TakeStops(NeutralRequest request, ref JsonWalk walk)
    {
        if (walk.Token == JsonToken.String)
            request.Stops.Add(walk.Text);
        if (!walk.TryEnter(JsonToken.StartArray))
            return;
        while (walk.NextElement())
        {
            if (walk.Token == JsonToken.String)
                request.Stops.Add(walk.Text);
        }
    }

    private static bool TakeTools(NeutralRequest request, ref JsonWalk walk)
    {
        if (walk.Is("parallel_tool_calls"u8))
            request.IsSerial = walk.Token == JsonToken.False;
        else if (walk.Is("tools"u8))
            ChatToolReader.ReadTools(request, ref walk);
        else if (walk.Is("tool_choice"u8))
            ChatToolReader.ReadChoice(request, ref walk);
        else if (walk.Is("functions"u8))
            ChatToolReader.ReadFunctions(request, ref walk);
        else if (walk.Is("function_call"u8))
            ChatToolReader.ReadFunctionChoice(request, ref walk);
        else
            return false;
        return true;
    }

    private static bool TakeWishes(NeutralRequest request, ref JsonWalk walk)
    {
        if (walk.Is("reasoning_effort"u8))
        {
            request.Effort = ThoughtEffort.Of(ref walk);
            request.EffortWord = request.Effort != ThinkingEffort.Unset ? walk.Text : default;
            return request.EffortWord.IsPresent;
        }

        if (walk.Is("response_format"u8))
        {
            ReadFormat(request, ref walk);
            return true;
        }

        if (walk.Is("user"u8) && walk.Token == JsonToken.String)
        {
            request.User = walk.Text;
            return true;
        }

        if (walk.Is("safety_identifier"u8) && walk.Token == JsonToken.String)
        {
            request.SafetyId = walk.Text;
            return true;
        }

        if (TakeCacheMark(request, ref walk))
            return true;

        // What is asked for by these is what comes anyway.
        if ((walk.Is("service_tier"u8) && (walk.IsText("auto"u8) || walk.IsText("default"u8))) || (walk.Is("modalities"u8) && IsTextAlone(ref walk)))
            return true;
        return TakeOpenAiMember(request, ref walk);
    }

    /// <summary>That all of the prompt is to be kept.</summary>
    internal static bool TakeCacheMark(NeutralRequest request, ref JsonWalk walk)
    {
        var mark = request.CacheMark;
        if (!PromptCache.TryRead(ref walk, ref mark))
            return false;
        request.CacheMark = mark;
        return true;
    }

    /// <summary>What Responses have by the same name; all else can carry none of it.</summary>
    private static bool TakeOpenAiMember(NeutralRequest request, ref JsonWalk walk)
    {
        if (walk.Is("verbosity"u8) && walk.Token == JsonToken.String)
        {
            request.Verbosity = walk.Text;
            return true;
        }

        foreach (var name in OpenAiNames)
        {
            if (!walk.Is(name) || walk.Token is not (JsonToken.String or JsonToken.StartObject))
                continue;
            if (walk.Value() is { Length: > 2 } value)
                request.OpenAiMembers.Add(new OpenAiMember(name, value));
            return true;
        }

        return false;
    }

    private static bool IsTextAlone(ref JsonWalk walk)
    {
        if (!walk.TryEnter(JsonToken.StartArray))
            return false;
        var isText = true;
        while (walk.NextElement())
            isText &= walk.IsText("text"u8);
        return isText;
    }

    private static void ReadFormat(NeutralRequest request, ref JsonWalk walk)
    {
        if (!walk.TryEnter(JsonToken.StartObject))
            return;
        while (walk.NextMember())
        {
            if (TakeFormat(request, ref walk))
                continue;
            if (!walk.Is("json_schema"u8) || !walk.TryEnter(JsonToken.StartObject))
            {
                if (!walk.IsNothing())
                    request.Losses.Add("response_format"u8, walk.Name);
                continue;
            }

            while (walk.NextMember())
            {
                if (!TakeSchema(request, ref walk) && !walk.IsNothing())
                    request.Losses.Add("response_format.json_schema"u8, walk.Name);
            }
        }
    }

    /// <summary>The type of the answer's format; false where the member is none.</summary>
    internal static bool TakeFormat(NeutralRequest request, ref JsonWalk walk)
    {
        if (!walk.Is("type"u8))
            return false;
        request.Format = walk.IsText("json_object"u8) ? AnswerFormat.Json : walk.IsText("json_schema"u8) ? AnswerFormat.Schema : AnswerFormat.Text;
        request.LoseIf(request.Format == AnswerFormat.Text && !walk.IsText("text"u8), request.Names.Format);
        return true;
    }

    /// <summary>A member of an answer's schema; false where it is none.</summary>
    internal static bool TakeSchema(NeutralRequest request, ref JsonWalk walk)
    {
        if (walk.Is("name"u8) && walk.Token == JsonToken.String)
            request.FormatName = walk.Text;
        else if (walk.Is("schema"u8) && walk.Token == JsonToken.StartObject)
            request.FormatSchema = walk.Value();
        else if (walk.Is("strict"u8))
            request.FormatIsStrict = walk.Token == JsonToken.True;
        else
            return false;
        return true;
    }
}
