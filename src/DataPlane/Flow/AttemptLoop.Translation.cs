using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects;
using AiEdge.DataPlane.Parse;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Flow;

/// <summary>What becomes of the request on its way to the target: it is put into that one's dialect, or it is edited in place.</summary>
internal sealed partial class AttemptLoop
{
    private static bool Speaks(Exchange exchange) => exchange.Target!.Provider.Speaks(exchange.Dialect, exchange.Endpoint!.Shape);

    /// <summary>Puts the request into the target's dialect, where that is not the client's.</summary>
    private EdgeError Translate(Exchange exchange, RequestBody body)
    {
        exchange.ClearTranslation();
        _proofs.Clear();
        _barsThought = _asksLogprobs = false;
        if (Speaks(exchange))
            return FindProofs(exchange, body);
        if (!body.TryCountTranslation())
            return EdgeError.Edge(ErrorKind.Overloaded);
        var intake = body.Intake!;
        var cap = _asking.Clamp(exchange).Tokens;
        var error = intake.Translation.Build(exchange, intake.HeadReader.Head, body.Bytes, cap, ModelAbilities.Of(exchange), MayAskLogprobs(exchange));
        _asksLogprobs = intake.Translation.AsksLogprobs;
        return error;
    }

    /// <summary>Finds what another provider's translation has put into the request, which is nothing that the target could read.</summary>
    private EdgeError FindProofs(Exchange exchange, RequestBody body)
    {
        var translation = Translations.Find(exchange.Endpoint!.Shape);
        if (HostCuts(exchange) is { } cut)
            return FindModels(exchange, body, cut);
        if (translation?.FindModels is { } find)
            return FindModels(exchange, body, find);
        if (translation?.Proofs is not { } places || !OwnProofs.MayBeIn(body.Bytes))
            return default;
        if (!body.TryCountTranslation())
            return EdgeError.Edge(ErrorKind.Overloaded);
        var calls = body.Intake!.Translation.FindProofs(body.Bytes, places, ModelAbilities.Of(exchange), _proofs);
        if (_proofs.Count > BodyPatch.EditsMax / 2)
            return EdgeError.Client(ErrorKind.NotSupportedYet, "So many thoughts of other providers are not supported yet.", places.List);
        if (_proofs.Count > 0)
            exchange.SetTranslationLoss(places.Name);
        _barsThought = calls && _proofs.Count > 0 && body.Intake.Scan.Facts.ThinkingBudget.Value > 0;
        if (_barsThought)
            exchange.AddTranslationLoss("thinking"u8);
        return default;
    }

    /// <summary>Finds what is cut out of the request for who hosts the dialect; null where that takes it as it is.</summary>
    private static FindModels? HostCuts(Exchange exchange) =>
        exchange.Target!.Provider.Hosted is null ? null : Translations.Find(exchange.Endpoint!.Shape)?.FindHostCuts;

    /// <summary>Finds where a body names its model, which has to be the path's.</summary>
    private EdgeError FindModels(Exchange exchange, RequestBody body, FindModels find)
    {
        if (!body.TryCountTranslation())
            return EdgeError.Edge(ErrorKind.Overloaded);
        var asked = exchange.Endpoint!.ModelIn(exchange.ServedPath(body.Intake!.HeadReader.Head.Path));
        if (body.Intake.Translation.FindModels(body.Bytes, find, asked, _proofs) is { IsError: true } error)
            return error;
        return _proofs.Count <= BodyPatch.EditsMax
            ? default
            : EdgeError.Client(ErrorKind.NotSupportedYet, "So many requests in one are not supported yet.", "requests");
    }

    /// <summary>Changes what must change on the way to the target; true if the stream's usage was asked for by us.</summary>
    private bool Patch(Exchange exchange, Intake intake)
    {
        if (exchange.UpstreamEndpoint is not null || exchange.Endpoint!.Kind == EndpointKind.Passthrough)
            return false;
        var target = exchange.Target!;
        var inject = target.Provider.UsageChunk == UsageChunkMode.Inject;
        var clamp = exchange.Endpoint.IsCount ? default : _asking.Clamp(exchange) with { BarsThought = _barsThought };
        if (!_barsThought && clamp.BoundThought(intake.Scan.Facts, exchange.Endpoint!.Shape) is { IsEmpty: false } bound
            && !exchange.TranslationLoss.EndsWith(bound))
            exchange.AddTranslationLoss(bound);
        var mayAskLogprobs = MayAskLogprobs(exchange);
        var isInjected = RequestPatch.Build(
            intake.Scan.Facts,
            exchange.Endpoint!.Shape,
            target.UpstreamModelJson ?? exchange.PassedModelJson,
            inject,
            intake.Patch,
            mayAskLogprobs ? default : clamp,
            target.Provider.InsteadOfModel);
        _asksLogprobs = mayAskLogprobs && RequestForm.Of(exchange.Endpoint.Shape).AskLogprobs(intake.Scan.Facts, clamp, intake.Patch);
        if (exchange.Stored.BeforeJson is { IsEmpty: false } before)
            intake.Patch.Replace(intake.Scan.Facts.StoredIdToken, before);
        ReadOnlyMemory<byte> name = target.UpstreamModelJson ?? exchange.PassedModelJson;
        var isOfModel = HostCuts(exchange) is null && Translations.Find(exchange.Endpoint.Shape)?.FindModels is not null;
        if (isOfModel && name.IsEmpty)
            return isInjected;
        foreach (var piece in _proofs)
            intake.Patch.Replace(new ByteRange(piece.Start, piece.Length), isOfModel ? name[1..^1] : default);
        return isInjected;
    }
}
