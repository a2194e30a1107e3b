using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Translate.Anthropic;

/// <summary>
/// Writes requests for Anthropic's Messages (API reference, <c>POST /v1/messages</c>). It asks for a cap on every answer, for turns that
/// alternate, and for thought, sampling and forced tools not to be mixed; what collides is left out and reported.
/// </summary>
internal sealed class MessagesRequestWriter : RequestWriter
{
    /// <summary>The cap on an answer where neither the client nor the model's rule names one: every model takes it.</summary>
    public const long TokensMaxDefault = 4096;

    /// <summary>The least that Anthropic lets think.</summary>
    public const long ThinkingTokensMin = 1024;

    private static readonly Endpoint Messages = new("/v1/messages", RequestShape.Messages, EndpointKind.Forward, Dialect.Anthropic)
    {
        HeaderName = "anthropic-version",
        HeaderLine = [.. "anthropic-version: 2023-06-01\r\n"u8],
    };

    public override Endpoint EndpointOf(bool isStream) => Messages;

    public override void Write(NeutralRequest request, in RequestTarget target, JsonOut json)
    {
        var max = request.TokensMax >= 0 ? request.TokensMax : target.OutputMax > 0 ? target.OutputMax : TokensMaxDefault;
        if (target.OutputCap > 0)
            max = Math.Min(max, target.OutputCap);
        var thinking = ThinkingTokens(request, max);
        json.StartObject();
        if (target.InsteadOfModel.IsEmpty)
            json.Value("model"u8, target.ModelJson);
        else
            json.Value(target.InsteadOfModel);
        json.Number("max_tokens"u8, max);
        WriteSystem(request, json);
        MessagesWriter.Write(request, json);
        WriteSampling(request, json, thinking > 0);
        if (request.Stops.Count > 0)
            WriteStops(request, json);
        if (request.Tools.Count > 0)
            WriteTools(request, json);
        if (thinking > 0)
            json.StartObject("thinking"u8).Text("type"u8, "enabled"u8).Number("budget_tokens"u8, thinking).EndObject();
        WriteFormat(request, json);
        if (request.User.IsPresent)
            json.StartObject("metadata"u8).Text("user_id"u8, request.User.Of(request.Source)).EndObject();
        if (request.Stream)
            json.Flag("stream"u8, true);
        json.EndObject();
        LoseRest(request);
    }

    /// <summary>How much may be thought; 0 for not at all.</summary>
    private static long ThinkingTokens(NeutralRequest request, long max)
    {
        var asked = request.Effort switch
        {
            ThinkingEffort.Minimal => ThinkingTokensMin,
            ThinkingEffort.Low => 2048,
            ThinkingEffort.Medium => 8192,
            ThinkingEffort.High => 24576,
            ThinkingEffort.Budget => request.ThinkingTokens,
            _ => 0,
        };
        if (asked == 0)
            return 0;

        // Thought has to leave room for the answer, a quarter at least. A call that is forced, or one whose thought is not known any more, bars it.
        var tokens = Math.Min(asked, max - Math.Max(1, max / 4));
        var isBarred = request.ToolChoice is ToolChoice.Required or ToolChoice.Named || CallsWithoutThought(request);
        if (tokens >= ThinkingTokensMin && !isBarred)
            return tokens;
        request.Losses.Add(request.Names.Effort);
        return 0;
    }

    /// <summary>Whether the last turn of the assistant calls tools, and what it thought before is not at hand.</summary>
    private static bool CallsWithoutThought(NeutralRequest request)
    {
        for (var i = request.Messages.Count - 1; i >= 0; i--)
        {
            var message = request.Messages[i];
            if (message.Role != NeutralRole.Assistant)
                continue;
            var (calls, thinks) = (false, false);
            for (var p = message.From; p < message.From + message.Count; p++)
            {
                calls |= request.Parts[p].Kind == PartKind.ToolCall;
                thinks |= request.Parts[p].Kind == PartKind.HiddenThinking
                    || request.Parts[p] is { Kind: PartKind.Thinking, Signature.IsPresent: true, IsSealed: false };
            }

            return calls && !thinks;
        }

        return false;
    }

    private static void WriteSystem(NeutralRequest request, JsonOut json)
    {
        var (isOpen, isTurned) = (false, false);
        foreach (var message in request.Messages)
        {
            if (message.Role != NeutralRole.System)
            {
                isTurned = true;
                continue;
            }

            // It goes to the top, wherever it stood.
            request.LoseIf(isTurned, request.Names.Role);
            for (var p = message.From; p < message.From + message.Count; p++)
            {
                var part = request.Parts[p];
                if (part.Kind != PartKind.Text || part.Text.Length == 0)
                    continue;
                if (!isOpen)
                    json.StartArray("system"u8);
                isOpen = true;
                json.StartObject().Text("type"u8, "text"u8).Text("text"u8, part.Text.Of(request.Source)).EndObject();
            }
        }

        if (isOpen)
            json.EndArray();
    }

    private static void WriteSampling(NeutralRequest request, JsonOut json, bool thinks)
    {
        var source = request.Source;
        var (temperature, topP) = (request.Number(request.Temperature), request.Number(request.TopP));
        if (temperature is { } warm)
        {
            // With thought it has to be 1, and 1 is what it is when nothing is said; OpenAI and Gemini go up to 2.
            request.LoseIf(thinks ? warm != 1 : warm > 1, request.Names.Temperature);
            if (!thinks && (warm != 1 || topP is null))
                json.Value("temperature"u8, warm > 1 ? "1"u8 : request.Temperature.Of(source));
        }

        if (topP is { } share && share != 1)
        {
            var fits = !thinks || share >= 0.95;
            request.LoseIf(!fits, request.Names.TopP);
            if (fits)
                json.Value("top_p"u8, request.TopP.Of(source));
        }

        request.LoseIf(thinks && request.TopK.IsPresent, request.Names.TopK);
        if (request.TopK.IsPresent && !thinks)
            json.Value("top_k"u8, request.TopK.Of(source));
    }

    private static void WriteStops(NeutralRequest request, JsonOut json)
    {
        json.StartArray("stop_sequences"u8);
        foreach (var stop in request.Stops)
            json.Text(stop.Of(request.Source));
        json.EndArray();
    }

    private static void WriteTools(NeutralRequest request, JsonOut json)
    {
        var source = request.Source;
        json.StartArray("tools"u8);
        foreach (var tool in request.Tools)
        {
            json.StartObject().Text("name"u8, tool.Name.Of(source));
            if (tool.Description.IsPresent)
                json.Text("description"u8, tool.Description.Of(source));
            if (tool.Schema.IsPresent)
                SchemaText.Write(json, "input_schema"u8, source, tool.Schema, tool.IsOpenApi);
            else
                json.Value("input_schema"u8, """{"type":"object","properties":{}}"""u8);
            if (tool.IsStrict)
                json.Flag("strict"u8, true);
            json.EndObject();
        }

        json.EndArray();
        if (request.ToolChoice == ToolChoice.Unset && !request.IsSerial)
            return;
        json.StartObject("tool_choice"u8).Text("type"u8, request.ToolChoice switch
        {
            ToolChoice.None => "none"u8,
            ToolChoice.Required => "any"u8,
            ToolChoice.Named => "tool"u8,
            _ => "auto"u8,
        });
        if (request.ToolChoice == ToolChoice.Named)
            json.Text("name"u8, request.ToolName.Of(source));
        if (request.IsSerial && request.ToolChoice != ToolChoice.None)
            json.Flag("disable_parallel_tool_use"u8, true);
        json.EndObject();
    }

    /// <summary>A schema is kept to; that an answer be any JSON cannot be asked for.</summary>
    private static void WriteFormat(NeutralRequest request, JsonOut json)
    {
        if (request.Format == AnswerFormat.Schema && request.FormatSchema.IsPresent)
        {
            json.StartObject("output_config"u8).StartObject("format"u8).Text("type"u8, "json_schema"u8);
            SchemaText.Write(json, "schema"u8, request.Source, request.FormatSchema, request.FormatIsOpenApi);
            json.EndObject().EndObject();
            return;
        }

        request.LoseIf(request.Format != AnswerFormat.Text, request.Names.Format);
    }

    private static void LoseRest(NeutralRequest request)
    {
        request.LoseIf(request.Choices > 1, request.Names.Choices);
        request.LoseIf(request.Seed.IsPresent, request.Names.Seed);
        request.LoseIf(request.Number(request.PresencePenalty) is { } presence && presence != 0, request.Names.PresencePenalty);
        request.LoseIf(request.Number(request.FrequencyPenalty) is { } frequency && frequency != 0, request.Names.FrequencyPenalty);
        request.LoseOpenAiMembers();
    }
}
