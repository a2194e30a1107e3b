using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Translate;
using AiEdge.Tokenization.Models;

namespace AiEdge.DataPlane.Dialects.Gemini;

/// <summary>Writes requests for Gemini's <c>generateContent</c>; the model and the method stand in the path.</summary>
internal sealed class ContentsRequestWriter : RequestWriter
{
    private const long ThinkingTokensLow = 1024, ThinkingTokensMedium = 8192, ThinkingTokensHigh = 24576;

    private static readonly Endpoint Stream = new("/v1beta/models/", RequestShape.Contents, EndpointKind.Forward, Dialect.Gemini)
    {
        BehindModel = [.. ":streamGenerateContent?alt=sse"u8],
        IsStream = true,
    };

    protected override ToolNameForm ToolNames => GeminiWords.ToolNames;

    public override Endpoint EndpointOf(NeutralRequest request) => request.Stream ? Stream : GeminiForm.Generate;

    /// <summary>Where one has to be called.</summary>
    protected override bool TakesAllowedTools(NeutralRequest request, in ModelAbilities model) =>
        request.ToolChoice == ToolChoice.Required && model.Takes(RequestFeatures.ForcedTools);

    protected override void WriteBody(NeutralRequest request, in RequestTarget target, JsonOut json)
    {
        json.StartObject();
        if (target.Abilities.Prefill != PrefillForm.Continued && request.Begun(ContentsWriter.IsLeftOut) is not null)
            request.AskToGoOn();
        ContentsWriter.Write(request, json, target.Abilities);
        if (request.Tools.Count > 0)
            WriteTools(request, json);
        WriteConfig(request, target, json);
        json.EndObject();
        request.LoseIf(request.Choices > GeminiWords.CandidatesMax, request.Names.Choices);
        request.LoseIf(request.User.IsPresent, request.Names.User);
        request.LoseIf(request.SafetyId.IsPresent, "safety_identifier"u8);
        PromptCache.Lose(request, target.Abilities.KeepsPrompts);
        request.LoseOpenAiMembers();
    }

    private static void WriteTools(NeutralRequest request, JsonOut json)
    {
        var source = request.Source;
        json.StartArray("tools"u8).StartObject().StartArray("functionDeclarations"u8);
        foreach (var tool in request.Tools)
        {
            request.LoseIf(tool.IsStrict, request.Names.Strict);
            json.StartObject().Text("name"u8, tool.Name.Of(source));
            if (tool.Description.IsPresent)
                json.Text("description"u8, tool.Description.Of(source));
            if (tool.Schema.IsPresent)
                json.Value("parametersJsonSchema"u8, tool.Schema.Of(source));
            json.EndObject();
        }

        json.EndArray().EndObject().EndArray();
        request.LoseIf(request.IsSerial, request.Names.Serial);
        if (request.ToolChoice == ToolChoice.Unset)
            return;
        json.StartObject("toolConfig"u8).StartObject("functionCallingConfig"u8).Text("mode"u8, request.ToolChoice switch
        {
            ToolChoice.None => "NONE"u8,
            ToolChoice.Auto => "AUTO"u8,
            _ => "ANY"u8,
        });
        if (request.ToolChoice == ToolChoice.Named)
            json.StartArray("allowedFunctionNames"u8).Text(request.ToolName.Of(source)).EndArray();
        else if (request.AllowedTools.Count > 0)
        {
            json.StartArray("allowedFunctionNames"u8);
            foreach (var tool in request.AllowedTools)
                json.Text(tool.Name.Of(source));
            json.EndArray();
        }

        json.EndObject().EndObject();
    }

    private static void WriteConfig(NeutralRequest request, in RequestTarget target, JsonOut json)
    {
        json.StartObject("generationConfig"u8);
        if (request.CapAt(target) is var max and >= 0)
            json.Number("maxOutputTokens"u8, max);
        if (request.Choices > 1)
            json.Number("candidateCount"u8, Math.Min(request.Choices, GeminiWords.CandidatesMax));
        Number(request, json, "temperature"u8, request.Temperature);
        Number(request, json, "topP"u8, request.TopP);
        Number(request, json, "topK"u8, request.TopK);
        Number(request, json, "seed"u8, request.Seed);
        Number(request, json, "presencePenalty"u8, request.PresencePenalty);
        Number(request, json, "frequencyPenalty"u8, request.FrequencyPenalty);
        if (request.TakeLogprobs(target))
            json.Flag("responseLogprobs"u8, true);
        if (request is { WantsLogprobs: true, TopLogprobs: > 0 })
            json.Number("logprobs"u8, request.TopLogprobs);
        if (request.Stops.Count > 0)
            WriteStops(request, json);
        WriteThinking(request, target.Abilities, json);
        if (request.Format != AnswerFormat.Text)
            json.Text("responseMimeType"u8, "application/json"u8);
        if (request.Format == AnswerFormat.Schema && request.FormatSchema.IsPresent)
            json.Value("responseJsonSchema"u8, request.FormatSchema.Of(request.Source));
        json.EndObject();
    }

    private static void Number(NeutralRequest request, JsonOut json, ReadOnlySpan<byte> name, Piece value)
    {
        if (value.IsPresent)
            json.Value(name, value.Of(request.Source));
    }

    /// <summary>Gemini takes five and no more.</summary>
    private static void WriteStops(NeutralRequest request, JsonOut json)
    {
        const int stopsMax = 5;
        request.LoseIf(request.Stops.Count > stopsMax, request.Names.Stops);
        json.StartArray("stopSequences"u8);
        for (var i = 0; i < Math.Min(stopsMax, request.Stops.Count); i++)
            json.Text(request.Stops[i].Of(request.Source));
        json.EndArray();
    }

    /// <summary>
    /// A number of tokens or a word, as the model takes it. One that cannot be silenced thinks as little as it can, and what it was asked for is reported;
    /// one without thought refuses all of it.
    /// </summary>
    private static void WriteThinking(NeutralRequest request, in ModelAbilities abilities, JsonOut json)
    {
        var model = abilities.Family == ModelFamily.Gemini ? abilities : default;
        var asks = request.Effort is not (ThinkingEffort.Unset or ThinkingEffort.Off);
        if (model.Thought == ThoughtForm.None)
        {
            request.LoseIf(asks || request.IsAdaptive, request.Names.Effort);
            return;
        }

        if (request.Effort == ThinkingEffort.Unset)
        {
            // Who thinks unasked can be asked to tell it.
            if (request.WantsThought && (request.IsAdaptive || model.ThinksUnasked))
                json.StartObject("thinkingConfig"u8).Flag("includeThoughts"u8, true).EndObject();
            else
                request.LoseShownThought();
            return;
        }

        json.StartObject("thinkingConfig"u8);
        if (model.Thought == ThoughtForm.Word)
        {
            var word = ThoughtEffort.Nearest(request, model.Words, out var isExact);
            request.LoseIf(!isExact, request.Names.Effort);
            json.Name("thinkingLevel"u8).Upper(ThoughtEffort.Word(word));
        }
        else
            json.Number("thinkingBudget"u8, Budget(request, model));
        if (asks)
            json.Flag("includeThoughts"u8, true);
        json.EndObject();
    }

    /// <summary>Within the model's bounds; one of the client's that is not is reported.</summary>
    private static long Budget(NeutralRequest request, in ModelAbilities model)
    {
        var asked = request.Effort switch
        {
            ThinkingEffort.Off => 0,
            ThinkingEffort.Medium => ThinkingTokensMedium,
            ThinkingEffort.High or ThinkingEffort.XHigh or ThinkingEffort.Max => ThinkingTokensHigh,
            ThinkingEffort.Budget => request.ThinkingTokens,
            _ => ThinkingTokensLow,
        };
        if (model.Thought != ThoughtForm.Budget || (asked == 0 && (model.Words & Efforts.Off) != 0))
            return asked;
        var given = Math.Clamp(asked, model.BudgetMin, model.BudgetMax);
        request.LoseIf(given != asked, request.Names.Effort);
        return given;
    }
}
