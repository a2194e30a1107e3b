using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Translate;

/// <summary>
/// Takes out of a request what its model, its provider or the provider's dialect does not take, and reports it by the client's names: what is sent all the
/// same is refused there. Marks of the cache, thought of earlier turns and the order of speakers are a chat's writer's to look at.
/// </summary>
internal static class FeatureFilter
{
    public static void Apply(NeutralRequest request, in ModelAbilities model, RequestFeatures dialectLacks)
    {
        var lacks = model.Lacks | dialectLacks;
        if (lacks == RequestFeatures.None)
            return;
        LoseFields(request, lacks);
        LoseOfTools(request, lacks);
        if ((lacks & (RequestFeatures.Urls | RequestFeatures.Files | RequestFeatures.Pictures)) != 0)
            LoseParts(request, lacks);
        if (request.Format != AnswerFormat.Text)
            FitFormat(request, lacks);
    }

    private static void LoseFields(NeutralRequest request, RequestFeatures lacks)
    {
        if ((lacks & RequestFeatures.User) != 0)
        {
            request.LoseIf(request.User.IsPresent, request.Names.User);
            request.LoseIf(request.SafetyId.IsPresent, "safety_identifier"u8);
            request.User = request.SafetyId = default;
        }

        if ((lacks & RequestFeatures.Seed) != 0)
        {
            request.LoseIf(request.Seed.IsPresent, request.Names.Seed);
            request.Seed = default;
        }

        if ((lacks & RequestFeatures.Stop) != 0)
        {
            request.LoseIf(request.Stops.Count > 0, request.Names.Stops);
            request.Stops.Clear();
        }

        if ((lacks & RequestFeatures.Penalties) != 0)
        {
            request.LosePenalties();
            request.PresencePenalty = request.FrequencyPenalty = default;
        }

        if ((lacks & RequestFeatures.Logprobs) != 0)
        {
            request.LoseIf(request.WantsLogprobs, request.Names.Logprobs);
            request.WantsLogprobs = false;
        }

        if ((lacks & RequestFeatures.Choices) != 0)
        {
            request.LoseIf(request.Choices > 1, request.Names.Choices);
            request.Choices = 1;
        }
    }

    private static void LoseOfTools(NeutralRequest request, RequestFeatures lacks)
    {
        if ((lacks & RequestFeatures.ParallelTools) != 0)
        {
            request.LoseIf(request.IsSerial, request.Names.Serial);
            request.IsSerial = false;
            request.CallsAreMany = true;
        }

        if ((lacks & RequestFeatures.ForcedTools) != 0 && request.ToolChoice is ToolChoice.Required or ToolChoice.Named)
        {
            request.Losses.Add(request.Names.ToolChoice);
            request.ToolChoice = ToolChoice.Auto;
            request.ToolIsCustom = false;
        }

        if ((lacks & RequestFeatures.Strict) == 0)
            return;
        for (var i = 0; i < request.Tools.Count; i++)
        {
            request.LoseIf(request.Tools[i].IsStrict, request.Names.Strict);
            request.Tools[i] = request.Tools[i] with { IsStrict = false };
        }
    }

    private static void LoseParts(NeutralRequest request, RequestFeatures lacks)
    {
        var (urls, files, isAny) = ((lacks & RequestFeatures.Urls) != 0, (lacks & RequestFeatures.Files) != 0, false);
        var pictures = (lacks & RequestFeatures.Pictures) != 0;
        for (var p = 0; p < request.Parts.Count; p++)
        {
            var part = request.Parts[p];
            part.IsLost = part.Kind switch
            {
                PartKind.Image => pictures,
                PartKind.ImageUrl => urls || pictures,
                PartKind.FileUrl => urls || files,
                PartKind.File => files,
                _ => false,
            };
            if (!part.IsLost)
                continue;
            isAny = true;
            request.Losses.Add(!ResultParts.IsPicture(part) ? request.Names.File : part.IsOfResult ? request.Names.ResultContent : request.Names.ImageUrl);
            request.Parts[p] = part;
        }

        if (isAny)
            request.RemoveLost();
    }

    /// <summary>A schema gives way to any JSON, which is an object where it can be asked for, and both to a sentence.</summary>
    private static void FitFormat(NeutralRequest request, RequestFeatures lacks)
    {
        var hasSchema = request.Format == AnswerFormat.Schema && request.FormatSchema.IsPresent;
        var isBarred = request.Tools.Count > 0 && (lacks & RequestFeatures.JsonWithTools) != 0;
        var lacksJson = (lacks & RequestFeatures.Json) != 0;
        if (isBarred || (hasSchema ? (lacks & RequestFeatures.Schema) != 0 : lacksJson))
        {
            request.Losses.Add(request.Names.Format);
            FormatSentence.Add(request, hasSchema ? request.FormatSchema : default);
            request.Format = isBarred || lacksJson || !request.FormatIsOfObject ? AnswerFormat.Text : AnswerFormat.Json;
        }
        else if (hasSchema && request.FormatIsStrict && (lacks & RequestFeatures.Strict) != 0)
        {
            request.Losses.Add(request.Names.Format, "strict"u8);
            request.FormatIsStrict = false;
        }
    }
}
