using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Dialects.OpenAi;

/// <summary>Writes requests for chat completions (OpenAI's API reference, <c>POST /chat/completions</c>).</summary>
internal sealed class ChatRequestWriter : RequestWriter
{
    protected override ToolNameForm ToolNames => ChatWords.ToolNames;

    public override Endpoint EndpointOf(NeutralRequest request) => OpenAiPaths.Chat;

    protected override bool TakesSchema(NeutralRequest request, in ModelAbilities model) => TakesFormat(request, model);

    protected override bool TakesCustomTools(in ModelAbilities model) => model.IsOpenAi;

    protected override void WriteBody(NeutralRequest request, in RequestTarget target, JsonOut json)
    {
        Silence(request, target.Abilities);
        FormatSentence.AddWord(request);
        json.StartObject().Value("model"u8, target.ModelJson);
        var marks = target.Abilities.Takes(RequestFeatures.CacheControl);
        ChatMessageWriter.Write(request, json, target.Abilities);
        WriteCap(request, target, json);
        WriteSampling(request, target, json);
        if (request.Tools.Count > 0)
            ChatToolWriter.Write(request, json, target.Abilities);
        var effort = ThoughtEffort.AtOpenAi(request, target.Abilities, lacks: Efforts.Max);
        if (!effort.IsEmpty)
            json.Text("reasoning_effort"u8, effort);
        else if (request is { Effort: ThinkingEffort.Unset, IsAdaptive: false })
            request.LoseShownThought();
        WriteFormat(request, target.Abilities, json);
        WriteUser(request, target.Abilities.IsOpenAi, json);
        WriteMembers(request, target.Abilities, json);
        if (marks)
            PromptCache.Write(request, json, request.CacheMark);
        if (request.Stream)
        {
            json.Flag("stream"u8, true);
            if (target.MayAskUsage)
                json.StartObject("stream_options"u8).Flag("include_usage"u8, true).EndObject();
        }

        json.EndObject();
        request.LoseIf(request.TopK.IsPresent, request.Names.TopK);
        request.LoseIf(request.Choices > ChatWords.ChoicesMax, request.Names.Choices);
        if (!marks)
            PromptCache.Lose(request, target.Abilities.KeepsPrompts);
    }

    /// <summary>
    /// Where functions and thought exclude each other, it is without the functions that nothing could be done. A model that always thinks is left to refuse.
    /// </summary>
    private static void Silence(NeutralRequest request, in ModelAbilities model)
    {
        if (!ThoughtEffort.IsRefusedInChats(request, model) || (model.Words & Efforts.Off) == 0)
            return;
        request.LoseIf(request.Effort != ThinkingEffort.Unset || request.IsAdaptive, request.Names.Effort);
        request.Effort = ThinkingEffort.Off;
    }

    /// <summary>Whether the answer's schema can be told, here and in Responses: one in OpenAPI's manner has to be written over for that.</summary>
    internal static bool TakesFormat(NeutralRequest request, in ModelAbilities model) =>
        (model.TakesAnySchema || request.FormatIsOfObject) && (!request.FormatIsOpenApi || request.MayLookInto(request.FormatSchema));

    private static void WriteUser(NeutralRequest request, bool isOpenAi, JsonOut json)
    {
        var user = isOpenAi ? request.User : request.OneUser();
        var lost = request.User.IsPresent ? request.Names.User : "safety_identifier"u8;
        UserName.Write(request, json, "user"u8, user, lost, isOpenAi ? UserName.BytesMax : UserName.OthersBytesMax);
        if (isOpenAi)
            UserName.Write(request, json, "safety_identifier"u8, request.SafetyId, "safety_identifier"u8);
    }

    /// <summary>The newer name is the only one that models with thought take, and the older the only one that many servers know.</summary>
    private static void WriteCap(NeutralRequest request, in RequestTarget target, JsonOut json)
    {
        if (request.CapAt(target) is var max and >= 0)
            json.Number(target.Abilities.TakesCompletionTokens ? "max_completion_tokens"u8 : "max_tokens"u8, max);
    }

    /// <summary>What OpenAI's own models know: servers that speak the dialect refuse what they do not.</summary>
    private static void WriteMembers(NeutralRequest request, in ModelAbilities model, JsonOut json)
    {
        foreach (var member in request.OpenAiMembers)
        {
            if (model.IsOpenAi)
                json.Value(member.Name, member.Value.Of(request.Source));
            else
                request.Losses.Add(member.Name);
        }

        if (!request.Verbosity.IsPresent)
            return;
        if (model.ThinksAtOpenAi)
            json.Text("verbosity"u8, request.Verbosity.Of(request.Source));
        else
            request.Losses.Add(request.Names.Verbosity);
    }

    private static void WriteSampling(NeutralRequest request, in RequestTarget target, JsonOut json)
    {
        var model = target.Abilities;
        var samples = ThoughtEffort.Samples(request, model);
        if (request.Choices > 1)
            json.Number("n"u8, Math.Min(request.Choices, ChatWords.ChoicesMax));
        Number(request, json, model.SeedIsRandom ? "random_seed"u8 : "seed"u8, request.Seed);
        if (!samples)
            LoseSampling(request);
        if (samples)
        {
            Number(request, json, "temperature"u8, request.Temperature);
            Number(request, json, "top_p"u8, request.TopP);
            Number(request, json, "presence_penalty"u8, request.PresencePenalty);
            Number(request, json, "frequency_penalty"u8, request.FrequencyPenalty);
            WriteLogprobs(request, target, json);
        }

        if (request.Stops.Count > 0)
            WriteStops(request, samples, json);
    }

    private static void WriteLogprobs(NeutralRequest request, in RequestTarget target, JsonOut json)
    {
        if (!request.TakeLogprobs(target))
            return;
        json.Flag("logprobs"u8, true);
        if (request is { WantsLogprobs: true, TopLogprobs: > 0 })
            json.Number("top_logprobs"u8, request.TopLogprobs);
    }

    /// <summary>Models that think refuse it; what it is by itself is as good as nothing.</summary>
    internal static void LoseSampling(NeutralRequest request)
    {
        request.LoseIf(request.Number(request.Temperature) is { } warm && warm != 1, request.Names.Temperature);
        request.LoseIf(request.Number(request.TopP) is { } share && share != 1, request.Names.TopP);
        request.LosePenalties();
        request.LoseIf(request.WantsLogprobs, request.Names.Logprobs);
    }

    private static void WriteStops(NeutralRequest request, bool samples, JsonOut json)
    {
        if (!samples)
        {
            request.Losses.Add(request.Names.Stops);
            return;
        }

        // OpenAI takes four and no more.
        const int stopsMax = 4;
        request.LoseIf(request.Stops.Count > stopsMax, request.Names.Stops);
        json.StartArray("stop"u8);
        for (var i = 0; i < Math.Min(stopsMax, request.Stops.Count); i++)
            json.Text(request.Stops[i].Of(request.Source));
        json.EndArray();
    }

    private static void Number(NeutralRequest request, JsonOut json, ReadOnlySpan<byte> name, Piece value)
    {
        if (value.IsPresent)
            json.Value(name, value.Of(request.Source));
    }

    private static void WriteFormat(NeutralRequest request, in ModelAbilities model, JsonOut json)
    {
        if (request.Format == AnswerFormat.Text)
            return;
        if (request.Format == AnswerFormat.Json || !request.FormatSchema.IsPresent)
        {
            json.StartObject("response_format"u8).Text("type"u8, "json_object"u8).EndObject();
            return;
        }

        json.StartObject("response_format"u8).Text("type"u8, "json_schema"u8).StartObject("json_schema"u8)
            .Text("name"u8, request.FormatName.IsPresent ? request.FormatName.Of(request.Source) : "answer"u8);
        var keeps = request.KeepsToFormat(model.KeepsToAnySchema, out var isClosed);
        SchemaText.Write(json, "schema"u8, request.Source, request.FormatSchema, request.FormatIsOpenApi, closes: isClosed);
        if (keeps)
            json.Flag("strict"u8, true);
        json.EndObject().EndObject();
    }
}
