using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Dialects.OpenAi.Responses;

/// <summary>
/// Reads requests for responses (OpenAI's API reference, <c>POST /responses</c>).
/// </summary>
internal sealed class ResponsesRequestReader : RequestReader
{
    private const int ScratchBytes = 64;

    private static readonly byte[][] OpenAiNames = [[.. "service_tier"u8], [.. "prompt_cache_key"u8], [.. "prompt_cache_retention"u8]];

    private readonly ResponsesInputReader _input = new();

    public override FieldNames Names { get; } = new()
    {
        Temperature = [.. "temperature"u8],
        TopP = [.. "top_p"u8],
        Logprobs = [.. "top_logprobs"u8],
        TokensMax = [.. "max_output_tokens"u8],
        CustomGrammar = [.. "tools.format"u8],
        ToolCache = [.. "tools.cache_control"u8],
        PartCache = [.. "input.content.cache_control"u8],
        User = [.. "user"u8],
        Serial = [.. "parallel_tool_calls"u8],
        ToolChoice = [.. "tool_choice"u8],
        Effort = [.. "reasoning.effort"u8],
        Format = [.. "text.format"u8],
        Schema = [.. "text.format.schema"u8],
        ToolSchema = [.. "tools.parameters"u8],
        Role = [.. "input.role"u8],
        Prefill = [.. "input.prefill"u8],
        ImageUrl = [.. "input.content.image_url"u8],
        File = [.. "input.content.input_file"u8],
        FileName = [.. "input.content.filename"u8],
        Thinking = [.. "input.reasoning"u8],
        CallProof = [.. "input.reasoning"u8],
        Arguments = [.. "input.function_call.arguments"u8],
        ResultContent = [.. "input.function_call_output.output"u8],
        Strict = [.. "tools.strict"u8],
        Detail = [.. "input.content.detail"u8],
        Verbosity = [.. "text.verbosity"u8],
    };

    public override byte[]? BetaHeader { get; } = [.. "openai-beta"u8];

    protected override EdgeError ReadBody(NeutralRequest request)
    {
        var walk = new JsonWalk(request.Source, stackalloc byte[ScratchBytes]);
        if (!walk.TryBegin())
            return ChatRequestReader.Malformed(null);
        while (walk.NextMember())
        {
            if (walk.Is("model"u8))
                continue;
            if (StoredBy(ref walk) is { } stored)
            {
                if (walk.Token != JsonToken.Null)
                    request.Elsewhere = stored;
            }
            else if (walk.Is("input"u8))
            {
                if (_input.Read(request, ref walk) is { IsError: true } error)
                    return error;
            }
            else if (walk.Is("instructions"u8) && walk.Token == JsonToken.String)
            {
                // They stand before all that is said, wherever they stand in the body.
                request.Parts.Add(new NeutralPart { Kind = PartKind.Text, Text = walk.Text });
                if (!request.TryOpen(request.Parts.Count - 1))
                    return Parse.RequestFields.Duplicate("instructions");
            }
            else if (walk.Is("stream"u8))
                request.Stream = walk.Token == JsonToken.True;
            else if (!TakeTexts(request, ref walk) && !TakeTools(request, ref walk) && !TakeWishes(request, ref walk) && !walk.IsNothing())
                request.Losses.Add(walk.Name);
        }

        if (!walk.IsWhole())
            return ChatRequestReader.Malformed(null);

        // What it puts into the source may move that: nothing is walked through behind it.
        ToolNamespaces.Join(request);
        return default;
    }

    protected override string Missing(string field) => field == ResponsesInputReader.Reference
        ? "This refers to an item that is not known here, or not any more; the model's own provider has it not. Send the items themselves: clients do so with "
            + "'store': false."
        : base.Missing(field);

    private static string? StoredBy(ref JsonWalk walk) =>
        walk.Is("previous_response_id"u8) ? "previous_response_id" : walk.Is("conversation"u8) ? "conversation" : walk.Is("prompt"u8) ? "prompt" : null;

    private static bool TakeTexts(NeutralRequest request, ref JsonWalk walk)
    {
        if (walk.Is("max_output_tokens"u8))
            request.TokensMax = walk.TryNumber(out var number) ? number : -1;
        else if (walk.Is("temperature"u8) && walk.Token == JsonToken.Number)
            request.Temperature = walk.Text;
        else if (walk.Is("top_p"u8) && walk.Token == JsonToken.Number)
            request.TopP = walk.Text;
        else if (walk.Is("user"u8) && walk.Token == JsonToken.String)
            request.User = walk.Text;
        else if (walk.Is("safety_identifier"u8) && walk.Token == JsonToken.String)
            request.SafetyId = walk.Text;
        else
            return false;
        return true;
    }

    private static bool TakeTools(NeutralRequest request, ref JsonWalk walk)
    {
        if (walk.Is("parallel_tool_calls"u8))
            request.IsSerial = walk.Token == JsonToken.False;
        else if (walk.Is("tool_choice"u8))
            ResponsesToolReader.ReadChoice(request, ref walk);
        else if (walk.Is("tools"u8) && walk.Token == JsonToken.StartArray)
            ResponsesToolReader.Read(request, ref walk);
        else
            return false;
        return true;
    }

    private static bool TakeWishes(NeutralRequest request, ref JsonWalk walk)
    {
        if (walk.Is("reasoning"u8) && walk.TryEnter(JsonToken.StartObject))
            ReadReasoning(request, ref walk);
        else if (walk.Is("text"u8) && walk.TryEnter(JsonToken.StartObject))
            ReadText(request, ref walk);
        else if (walk.Is("include"u8) && walk.TryEnter(JsonToken.StartArray))
        {
            // What proves a thought is told in any case.
            while (walk.NextElement())
            {
                if (walk.IsText("message.output_text.logprobs"u8))
                    request.WantsLogprobs = true;
                else if (!walk.IsText("reasoning.encrypted_content"u8))
                    request.Losses.Add("include"u8, walk.Token == JsonToken.String ? walk.TextBytes : default);
            }
        }
        else if (walk.Is("stream_options"u8) && walk.TryEnter(JsonToken.StartObject))
        {
            while (walk.NextMember())
            {
                if (!walk.IsNothing())
                    request.Losses.Add("stream_options"u8, walk.Name);
            }
        }
        else
        {
            // What is asked for by these is what comes anyway.
            return (walk.Is("service_tier"u8) && (walk.IsText("auto"u8) || walk.IsText("default"u8))) || (walk.Is("truncation"u8) && walk.IsText("disabled"u8))
                || TakeLogprobs(request, ref walk) || TakeOpenAiMember(request, ref walk);
        }

        return true;
    }

    private static bool TakeLogprobs(NeutralRequest request, ref JsonWalk walk)
    {
        if (!walk.Is("top_logprobs"u8) || !walk.TryNumber(out var others))
            return false;
        request.TopLogprobs = others;
        request.WantsLogprobs |= others > 0;
        return true;
    }

    /// <summary>What chats have by the same name. Metadata they have for those alone that are stored.</summary>
    private static bool TakeOpenAiMember(NeutralRequest request, ref JsonWalk walk)
    {
        foreach (var name in OpenAiNames)
        {
            if (!walk.Is(name) || walk.Token != JsonToken.String)
                continue;
            request.OpenAiMembers.Add(new OpenAiMember(name, walk.Value()));
            return true;
        }

        return false;
    }

    /// <summary>A summary of the thought comes where the provider tells its thought.</summary>
    private static void ReadReasoning(NeutralRequest request, ref JsonWalk walk)
    {
        while (walk.NextMember())
        {
            if (walk.Is("effort"u8) && walk.Token == JsonToken.String)
            {
                request.Effort = ThoughtEffort.Of(ref walk);
                request.EffortWord = request.Effort == ThinkingEffort.Unset ? default : walk.Text;
                request.LoseIf(request.Effort == ThinkingEffort.Unset, request.Names.Effort);
            }
            else if (walk.Is("summary"u8) || walk.Is("generate_summary"u8))
                request.WantsThought |= walk.Token == JsonToken.String;
            else if (!walk.IsNothing())
                request.Losses.Add("reasoning"u8, walk.Name);
        }
    }

    private static void ReadText(NeutralRequest request, ref JsonWalk walk)
    {
        while (walk.NextMember())
        {
            if (walk.Is("format"u8) && walk.TryEnter(JsonToken.StartObject))
            {
                while (walk.NextMember())
                {
                    if (!ChatRequestReader.TakeFormat(request, ref walk) && !ChatRequestReader.TakeSchema(request, ref walk) && !walk.IsNothing())
                        request.Losses.Add("text.format"u8, walk.Name);
                }
            }
            else if (walk.Is("verbosity"u8) && walk.Token == JsonToken.String)
                request.Verbosity = walk.IsText("medium"u8) ? default : walk.Text;
            else if (!walk.IsNothing())
                request.Losses.Add("text"u8, walk.Name);
        }
    }
}
