using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects;
using AiEdge.DataPlane.Parse;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Flow;

/// <summary>
/// What becomes of a request on its way to the exchange's target: it is put into that one's dialect, or it is edited in place. One for each pipeline.
/// </summary>
/// <param name="mayAskLogprobs">Whether the target is asked how probable its tokens are, for our own sake.</param>
internal sealed class TargetRequest(Func<Exchange, bool> mayAskLogprobs)
{
    private readonly List<Piece> _proofs = [];
    private bool _barsThought;

    /// <summary>Whether log-probabilities are asked for that the client has not asked for.</summary>
    public bool AsksLogprobs { get; private set; }

    /// <summary>Whether the target takes the client's call as it is.</summary>
    public static bool Speaks(Exchange exchange) => exchange.Target!.Provider.Speaks(exchange.Dialect, exchange.Endpoint!.Shape);

    /// <summary>Puts the request into the target's dialect, where that is not the client's.</summary>
    /// <param name="exchange">The exchange.</param>
    /// <param name="body">Its request.</param>
    /// <param name="gate">What the attempt was admitted by, which may cap its output.</param>
    public EdgeError Translate(Exchange exchange, RequestBody body, AdmissionGate gate)
    {
        exchange.ClearTranslation();
        _proofs.Clear();
        _barsThought = AsksLogprobs = false;
        if (Speaks(exchange))
            return FindProofs(exchange, body);
        if (!body.TryCountTranslation())
            return EdgeError.Edge(ErrorKind.Overloaded);
        var intake = body.Intake!;
        var cap = gate.Clamp(exchange).Tokens;
        var error = intake.Translation.Build(exchange, intake.HeadReader.Head, body.Bytes, cap, ModelAbilities.Of(exchange), mayAskLogprobs(exchange));
        AsksLogprobs = intake.Translation.AsksLogprobs;
        return error;
    }

    /// <summary>
    /// Why the request cannot be put into the dialect of the exchange's target, before that is asked as one of several; of those that are asked alone it is
    /// seen when they are.
    /// </summary>
    public EdgeError Uncarried(Exchange exchange, RequestBody body, AdmissionGate gate)
    {
        if (Speaks(exchange))
            return default;
        var error = Translate(exchange, body, gate);
        exchange.ClearTranslation();
        return error.Source == ErrorSource.Client ? error : default;
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
    public bool Patch(Exchange exchange, Intake intake, AdmissionGate gate)
    {
        if (exchange.UpstreamEndpoint is not null || exchange.Endpoint!.Kind == EndpointKind.Passthrough)
            return false;
        var target = exchange.Target!;
        var inject = target.Provider.UsageChunk == UsageChunkMode.Inject;
        var clamp = exchange.Endpoint.IsCount ? default : gate.Clamp(exchange) with { BarsThought = _barsThought };
        if (!_barsThought && clamp.BoundThought(intake.Scan.Facts, exchange.Endpoint!.Shape) is { IsEmpty: false } bound
            && !exchange.TranslationLoss.EndsWith(bound))
            exchange.AddTranslationLoss(bound);
        var mayAsk = mayAskLogprobs(exchange);
        var isInjected = RequestPatch.Build(
            intake.Scan.Facts,
            exchange.Endpoint!.Shape,
            target.UpstreamModelJson ?? exchange.PassedModelJson,
            inject,
            intake.Patch,
            mayAsk ? default : clamp,
            target.Provider.InsteadOfModel);
        AsksLogprobs = mayAsk && RequestForm.Of(exchange.Endpoint.Shape).AskLogprobs(intake.Scan.Facts, clamp, intake.Patch);
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
