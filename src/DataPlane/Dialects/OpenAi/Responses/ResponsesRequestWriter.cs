using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Dialects.OpenAi.Responses;

/// <summary>
/// Writes requests for OpenAI's Responses (API reference, <c>POST /responses</c>). Nothing is stored there: the client has ids of our making, by
/// which nobody could find it again.
/// </summary>
internal sealed class ResponsesRequestWriter : RequestWriter
{
    /// <summary>The lowest cap that OpenAI takes.</summary>
    public const long TokensMin = 16;

    protected override ToolNameForm ToolNames => ChatWords.ToolNames;

    public override Endpoint EndpointOf(NeutralRequest request) => OpenAiPaths.Responses;

    protected override bool TakesSchema(NeutralRequest request, in ModelAbilities model) => ChatRequestWriter.TakesFormat(request, model);

    protected override bool TakesCustomTools(in ModelAbilities model) => true;

    protected override void WriteBody(NeutralRequest request, in RequestTarget target, JsonOut json)
    {
        FormatSentence.AddWord(request);
        json.StartObject().Value("model"u8, target.ModelJson);
        ResponsesInputWriter.Write(request, json, takesThought: target.Abilities.ThinksAtOpenAi);
        WriteCap(request, target, json);
        WriteSampling(request, target.Abilities, json);
        if (request.Tools.Count > 0)
            WriteTools(request, target.Abilities, json);
        WriteReasoning(request, target, json);
        WriteText(request, target.Abilities, json);
        WriteUser(request, json);
        foreach (var member in request.OpenAiMembers)
            json.Value(member.Name, member.Value.Of(request.Source));
        json.Flag("store"u8, false);
        if (request.Stream)
            json.Flag("stream"u8, true);
        json.EndObject();
        LoseRest(request);
        PromptCache.Lose(request, isUnasked: target.Abilities.KeepsPrompts);
    }

    /// <summary>A cap that is lower than any that can be asked for is raised to that; one of the client's is reported.</summary>
    private static void WriteCap(NeutralRequest request, in RequestTarget target, JsonOut json)
    {
        if (request.TokensMax is >= 0 and < TokensMin)
            request.LoseCap();
        if (request.CapAt(target) is var max and >= 0)
            json.Number("max_output_tokens"u8, Math.Max(max, TokensMin));
    }

    private static void WriteSampling(NeutralRequest request, in ModelAbilities model, JsonOut json)
    {
        if (!ThoughtEffort.Samples(request, model))
        {
            ChatRequestWriter.LoseSampling(request);
            return;
        }

        if (request.Temperature.IsPresent)
            json.Value("temperature"u8, request.Temperature.Of(request.Source));
        if (request.TopP.IsPresent)
            json.Value("top_p"u8, request.TopP.Of(request.Source));
        if (request is { WantsLogprobs: true, TopLogprobs: > 0 })
            json.Number("top_logprobs"u8, request.TopLogprobs);
    }

    /// <summary>Functions are strict here unless they say that they are not.</summary>
    private static void WriteTools(NeutralRequest request, in ModelAbilities model, JsonOut json)
    {
        var source = request.Source;
        json.StartArray("tools"u8);
        foreach (var tool in request.Tools)
        {
            json.StartObject().Text("type"u8, tool.IsCustom ? "custom"u8 : "function"u8).Text("name"u8, tool.Name.Of(source));
            if (tool.Description.IsPresent)
                json.Text("description"u8, tool.Description.Of(source));
            if (tool.IsCustom)
            {
                if (tool.Grammar.IsPresent)
                    json.StartObject("format"u8).Text("type"u8, "grammar"u8).Text("syntax"u8, tool.Syntax.Of(source))
                        .Text("definition"u8, tool.Grammar.Of(source)).EndObject();
                json.EndObject();
                continue;
            }

            var keeps = request.KeepsTo(tool, model.KeepsToAnySchema);
            if (tool.Schema.IsPresent)
                SchemaText.WriteParameters(json, request, tool, keeps);
            else
                json.Value("parameters"u8, """{"type":"object","properties":{}}"""u8);
            json.Flag("strict"u8, keeps).EndObject();
        }

        json.EndArray();
        WriteChoice(request, json);
        if (request.CallsOne)
            json.Flag("parallel_tool_calls"u8, false);
    }

    private static void WriteChoice(NeutralRequest request, JsonOut json)
    {
        if (request.ToolChoice == ToolChoice.Named)
            json.StartObject("tool_choice"u8).Text("type"u8, request.ToolIsCustom ? "custom"u8 : "function"u8)
                .Text("name"u8, request.ToolName.Of(request.Source)).EndObject();
        else if (request.AllowedTools.Count > 0)
        {
            json.StartObject("tool_choice"u8).Text("type"u8, "allowed_tools"u8).Text("mode"u8, ChatWords.Choice(request.ToolChoice)).StartArray("tools"u8);
            foreach (var tool in request.AllowedTools)
                json.StartObject().Text("type"u8, tool.IsCustom ? "custom"u8 : "function"u8).Text("name"u8, tool.Name.Of(request.Source)).EndObject();
            json.EndArray().EndObject();
        }
        else if (request.ToolChoice != ToolChoice.Unset)
            json.Text("tool_choice"u8, ChatWords.Choice(request.ToolChoice));
    }

    /// <summary>
    /// Models without thought refuse its fields: an effort in OpenAI's own word is the client's to answer for where nobody knows better, all else goes to
    /// those alone that are known to think. What the client wants to see of it is a summary, and what proves it is asked for where the client can bring it
    /// back.
    /// </summary>
    private static void WriteReasoning(NeutralRequest request, in RequestTarget target, JsonOut json)
    {
        var model = target.Abilities;
        var thinks = model.ThinksAtOpenAi;
        var effort = request.EffortWord.IsPresent && !thinks ? request.EffortWord.Of(request.Source) : ThoughtEffort.AtOpenAi(request, model);
        var shows = thinks && request.WantsThought;
        if (!shows && request is { Effort: ThinkingEffort.Unset, IsAdaptive: false })
            request.LoseShownThought();
        if (!effort.IsEmpty || shows)
        {
            json.StartObject("reasoning"u8);
            if (!effort.IsEmpty)
                json.Text("effort"u8, effort);
            if (shows)
                json.Text("summary"u8, "auto"u8);
            json.EndObject();
        }

        var (proofs, logprobs) = (thinks && request.KeepsProofs, ThoughtEffort.Samples(request, model) && request.TakeLogprobs(target));
        if (!proofs && !logprobs)
            return;
        json.StartArray("include"u8);
        if (proofs)
            json.Text("reasoning.encrypted_content"u8);
        if (logprobs)
            json.Text("message.output_text.logprobs"u8);
        json.EndArray();
    }

    private static void WriteText(NeutralRequest request, in ModelAbilities model, JsonOut json)
    {
        if (request.Format == AnswerFormat.Text && !request.Verbosity.IsPresent)
            return;
        json.StartObject("text"u8);
        if (request.Format == AnswerFormat.Schema && request.FormatSchema.IsPresent)
        {
            json.StartObject("format"u8).Text("type"u8, "json_schema"u8)
                .Text("name"u8, request.FormatName.IsPresent ? request.FormatName.Of(request.Source) : "answer"u8);
            var keeps = request.KeepsToFormat(model.KeepsToAnySchema, out var isClosed);
            SchemaText.Write(json, "schema"u8, request.Source, request.FormatSchema, request.FormatIsOpenApi, closes: isClosed);
            if (keeps)
                json.Flag("strict"u8, true);
            json.EndObject();
        }
        else if (request.Format != AnswerFormat.Text)
            json.StartObject("format"u8).Text("type"u8, "json_object"u8).EndObject();
        if (request.Verbosity.IsPresent)
            json.Text("verbosity"u8, request.Verbosity.Of(request.Source));
        json.EndObject();
    }

    private static void WriteUser(NeutralRequest request, JsonOut json)
    {
        UserName.Write(request, json, "user"u8, request.User, request.Names.User);
        UserName.Write(request, json, "safety_identifier"u8, request.SafetyId, "safety_identifier"u8);
    }

    private static void LoseRest(NeutralRequest request)
    {
        request.LoseIf(request.GoesOn && request.Begun(IsThoughtAlone) is not null, request.Names.Prefill);
        request.LoseIf(request.Choices > 1, request.Names.Choices);
        request.LoseIf(request.Stops.Count > 0, request.Names.Stops);
        request.LoseIf(request.TopK.IsPresent, request.Names.TopK);
        request.LoseIf(request.Seed.IsPresent, request.Names.Seed);
        request.LosePenalties();
    }

    /// <summary>Whether nothing but thought is in a message, which does not stand by itself.</summary>
    private static bool IsThoughtAlone(NeutralRequest request, NeutralMessage message)
    {
        for (var p = message.From; p < message.From + message.Count; p++)
        {
            if (request.Parts[p].Kind is not (PartKind.Thinking or PartKind.HiddenThinking))
                return false;
        }

        return true;
    }
}
