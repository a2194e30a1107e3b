using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Translate;
using AiEdge.Tokenization.Models;

namespace AiEdge.DataPlane.Dialects.Anthropic;

/// <summary>
/// Writes requests for Anthropic's Messages (API reference, <c>POST /v1/messages</c>). It asks for a cap on every answer, for turns that
/// alternate, and for thought, sampling and forced tools not to be mixed; what collides is left out and reported.
/// </summary>
internal sealed class MessagesRequestWriter : RequestWriter
{
    /// <summary>The cap on an answer where the client names none and nobody knows the model's longest: every model takes it.</summary>
    public const long TokensMaxDefault = 4096;

    public override Endpoint EndpointOf(NeutralRequest request) =>
        request.TellsBinding ? AnthropicForm.MessagesOfBoundThought : AnthropicForm.Messages;

    /// <summary>That an answer be any JSON cannot be asked for.</summary>
    protected override RequestFeatures Lacks => RequestFeatures.Json;

    /// <summary>Its objects have to be closed.</summary>
    protected override bool TakesSchema(NeutralRequest request, in ModelAbilities model) =>
        request.Closes(request.FormatSchema, request.FormatIsOpenApi, isTool: false);

    protected override bool TakesThoughtBetweenTools(in ModelAbilities model) => model.RestsBetweenTools;

    protected override ToolNameForm ToolNames => MessageWords.ToolNames;

    protected override void WriteBody(NeutralRequest request, in RequestTarget target, JsonOut json)
    {
        var longest = target.OutputMax > 0 ? target.OutputMax : target.Abilities.OutputTokensMax;
        var max = request.CapAt(target, longest > 0 ? longest : TokensMaxDefault);
        if (request.TokensMax < 0 && longest <= 0)
            request.TokensMaxTold = max;
        var thought = MessagesThought.Of(request, target.Abilities, max);
        BoundThought.Fit(request, target.Abilities, thought);
        json.StartObject();
        if (target.InsteadOfModel.IsEmpty)
            json.Value("model"u8, target.ModelJson);
        else
            json.Value(target.InsteadOfModel);
        json.Number("max_tokens"u8, max);
        if (!MessagesWriter.HasTurns(request))
            request.TurnSystem();
        MessagesWriter.FitBegun(request, isContinued: target.Abilities.Prefill == PrefillForm.Continued && !thought.Thinks);
        // Below Google's paths nobody says that it is taken.
        var staysSystem = target.Abilities.BindsThought && target.InsteadOfModel.IsEmpty;
        MessagesSystem.Write(request, json, staysSystem);
        MessagesWriter.Write(request, json, staysSystem);
        WriteSampling(request, json, target.Abilities, thought.Thinks);
        WriteStops(request, json);
        if (request.Tools.Count > 0)
            WriteTools(request, json);
        WriteThought(request, thought, json);
        WriteOutput(request, thought.Word, json);
        WriteUser(request, json);
        PromptCache.Write(request, json, request.CacheMark);
        if (request.Stream)
            json.Flag("stream"u8, true);
        json.EndObject();
        LoseRest(request);
    }

    private static void WriteThought(NeutralRequest request, in MessagesThought thought, JsonOut json)
    {
        if (thought.Tokens > 0)
            json.StartObject("thinking"u8).Text("type"u8, "enabled"u8).Number("budget_tokens"u8, thought.Tokens).EndObject();
        else if (thought.Rests)
            json.StartObject("thinking"u8).Text("type"u8, thought.IsOff ? "disabled"u8 : "between_tools"u8).EndObject();
        else if (thought.IsAdaptive || request.TellsBinding)
        {
            json.StartObject("thinking"u8).Text("type"u8, "adaptive"u8);
            if (thought.IsShown)
                json.Text("display"u8, "summarized"u8);
            if (request.TellsBinding)
                json.StartObject("block_binding"u8).Text("prefix_mismatch_behavior"u8, "drop_block"u8).EndObject();
            json.EndObject();
        }
    }

    /// <summary>One that tells who it is, or is too long, is refused.</summary>
    private static void WriteUser(NeutralRequest request, JsonOut json)
    {
        if (request.OneUser() is not { IsPresent: true } user)
            return;
        if (UserId.IsTaken(user.Of(request.Source)))
            json.StartObject("metadata"u8).Text("user_id"u8, user.Of(request.Source)).EndObject();
        else
            request.Losses.Add(request.User.IsPresent ? request.Names.User : "safety_identifier"u8);
    }

    /// <summary>With thought temperature has to be 1, and 1 is what it is when nothing is said; OpenAI and Gemini go up to 2.</summary>
    private static void WriteSampling(NeutralRequest request, JsonOut json, in ModelAbilities model, bool thinks)
    {
        var source = request.Source;
        var (temperature, topP) = (request.Number(request.Temperature), request.Number(request.TopP));
        var isBarred = thinks || model.RefusesSampling;
        var isWarm = false;
        if (temperature is { } warm)
        {
            request.LoseIf(isBarred ? warm != 1 : warm > 1, request.Names.Temperature);
            isWarm = !isBarred && (warm != 1 || topP is null);
            if (isWarm)
                json.Value("temperature"u8, warm > 1 ? "1"u8 : request.Temperature.Of(source));
        }

        if (topP is { } share && share != 1)
        {
            // Models since 4.1 take one of both alone, and so may those that nobody knows.
            var isSecond = isWarm && (model.TakesOneSampler || model.Family != ModelFamily.Claude);
            var fits = !model.RefusesSampling && !isSecond && (!thinks || share >= 0.95);
            request.LoseIf(!fits, request.Names.TopP);
            if (fits)
                json.Value("top_p"u8, request.TopP.Of(source));
        }

        request.LoseIf(isBarred && request.TopK.IsPresent, request.Names.TopK);
        if (request.TopK.IsPresent && !isBarred)
            json.Value("top_k"u8, request.TopK.Of(source));
    }

    /// <summary>One of white space alone is refused.</summary>
    private static void WriteStops(NeutralRequest request, JsonOut json)
    {
        var isOpen = false;
        foreach (var stop in request.Stops)
        {
            var isBlank = JsonUnescape.IsBlank(stop.Of(request.Source));
            request.LoseIf(isBlank, request.Names.Stops);
            if (isBlank)
                continue;
            if (!isOpen)
                json.StartArray("stop_sequences"u8);
            isOpen = true;
            json.Text(stop.Of(request.Source));
        }

        if (isOpen)
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
            bool keeps;
            if (tool.Schema.IsPresent)
                keeps = SchemaText.WriteInput(json, "input_schema"u8, request, tool);
            else
            {
                keeps = tool.IsStrict && request.Closes(default, isOpenApi: false, isTool: true);
                json.Value("input_schema"u8, keeps
                    ? """{"type":"object","properties":{},"additionalProperties":false}"""u8
                    : """{"type":"object","properties":{}}"""u8);
            }

            request.LoseIf(tool.IsStrict && !keeps, request.Names.Strict);
            if (keeps)
                json.Flag("strict"u8, true);
            PromptCache.Write(request, json, tool.CacheMark);
            json.EndObject();
        }

        json.EndArray();
        if (request.ToolChoice == ToolChoice.Unset && !request.CallsOne)
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
        if (request.CallsOne && request.ToolChoice != ToolChoice.None)
            json.Flag("disable_parallel_tool_use"u8, true);
        json.EndObject();
    }

    /// <summary>A schema is kept to, whose objects have to be closed.</summary>
    private static void WriteOutput(NeutralRequest request, Efforts effort, JsonOut json)
    {
        var hasSchema = request.Format == AnswerFormat.Schema && request.FormatSchema.IsPresent;
        if (!hasSchema && effort == Efforts.None)
            return;
        json.StartObject("output_config"u8);
        if (effort != Efforts.None)
            json.Text("effort"u8, ThoughtEffort.Word(effort));
        if (hasSchema)
        {
            json.StartObject("format"u8).Text("type"u8, "json_schema"u8);
            SchemaText.WriteClosed(json, "schema"u8, request, request.FormatSchema, request.FormatIsOpenApi, request.Names.Schema);
            json.EndObject();
        }

        json.EndObject();
    }

    private static void LoseRest(NeutralRequest request)
    {
        request.LoseIf(request.Choices > 1, request.Names.Choices);
        request.LoseIf(request.Seed.IsPresent, request.Names.Seed);
        request.LosePenalties();
        request.LoseIf(request.WantsLogprobs, request.Names.Logprobs);
        request.LoseOpenAiMembers();
    }
}
