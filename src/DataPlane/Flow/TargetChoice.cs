using AiEdge.DataPlane.Admit;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Parse;
using AiEdge.DataPlane.Route;

namespace AiEdge.DataPlane.Flow;

/// <summary>
/// From the asked model to the first target: by way of another model that is enough for a simple request, and of what limits that are nearly used up, or
/// targets that are, make of it, where some do. From there on a request that goes to another model is one for that model; where that cannot take it, or fails,
/// or has nothing left for it, it stays with its own, or comes back.
/// </summary>
internal sealed class TargetChoice(Admission admission, AdmissionGate gate, TargetPlan plan)
{
    private readonly UserReading _user = new();
    private ModelModel _own = null!;
    private ModelName? _ownName;

    /// <summary>The exchange must have its model.</summary>
    public EdgeError Choose(Exchange exchange, ClientLink link, RequestBody body)
    {
        (_own, _ownName) = (exchange.Model!, exchange.OwnName);
        if (exchange.Endpoint is not { Kind: EndpointKind.Forward } endpoint || !ShapeTraits.Of(endpoint.Shape).HasOutput)
            return ChooseOwn(exchange, body);
        if (exchange.Model!.Simple is { } simple)
            TurnSimple(exchange, body, simple);
        var own = exchange.Model!;
        if (!exchange.Config.LimitTable.Degrades && own.Degrade.Length == 0)
            return exchange.SimpleModel is null ? ChooseOwn(exchange, body) : default;
        AdmissionGate.KnowAddress(exchange, link, body);
        var made = admission.Degrade(exchange);
        if (own.Degrade.Length > 0)
            made = made.With(own, plan.UsedPercent(exchange));
        if (made.Model is { } model && !TryTurn(exchange, body, model))
            made = made with { Model = null };
        if (made.MaxTokens > 0 && RequestCap.Of(body.Intake!.Scan.Facts, endpoint.Shape) is var asked && asked >= 0 && asked <= made.MaxTokens)
            made = made with { MaxTokens = 0 };
        if (made is { Model: null, MaxTokens: 0 })
            return ChooseOwn(exchange, body);
        exchange.Degraded = made;
        return made.Model is null ? ChooseOwn(exchange, body) : default;
    }

    /// <summary>
    /// What an exchange was to be admitted by has refused, before anybody was asked: where that was for another model than its client's, it stays with that.
    /// False where it was for its own.
    /// </summary>
    public bool TryStay(Exchange exchange, RequestBody body)
    {
        if (!exchange.IsElsewhere)
            return false;
        exchange.SimpleModel = null;
        exchange.Degraded = exchange.Degraded.MaxTokens > 0 ? exchange.Degraded with { Model = null } : default;
        var (model, name) = (exchange.Model, exchange.OwnName);
        TurnBack(exchange, _own, _ownName);
        if (!ChooseOwn(exchange, body).IsError)
        {
            exchange.ClearRefusal();
            return true;
        }

        exchange.Model = model;
        exchange.TurnTo(name);
        return false;
    }

    /// <summary>Counts what was made of an exchange, once it has been admitted so or refused.</summary>
    public static EdgeError Told(Exchange exchange, EdgeError error)
    {
        if (exchange.Degraded.By is { } limit)
            Admission.CountDegraded(limit);
        else
            exchange.Degraded.Of?.Degrades.OnDegraded();
        return error;
    }

    /// <summary>A request that another model is enough for goes to that, if it can take it.</summary>
    private void TurnSimple(Exchange exchange, RequestBody body, SimpleModel simple)
    {
        foreach (var (name, value) in simple.Tags)
        {
            if (exchange.TagValue(name) != value)
                return;
        }

        if (gate.IsSimple(exchange, body, simple) && TryTurn(exchange, body, simple.Model))
            exchange.SimpleModel = simple.Model;
    }

    private EdgeError ChooseOwn(Exchange exchange, RequestBody body)
    {
        PrefixReading.Read(exchange, body);
        _user.Read(exchange, body);
        gate.Weigh(exchange, body);
        var isRepeated = (exchange.Model!.Cascade.Length > 0 || exchange.Model.Ensemble is not null) && MayRepeat(exchange, body);
        exchange.IsCascaded = isRepeated && exchange.Model.Cascade.Length > 0;
        exchange.IsEnsembled = isRepeated && exchange.Model.Ensemble is not null;
        return ReferenceEquals(exchange.Model, _own) ? Router.Choose(exchange, plan) : Router.Choose(exchange, plan, _own, _ownName);
    }

    /// <summary>
    /// Whether its answer comes whole and can be judged, and nobody minds that it is made twice: not one that lies at the provider, or has tools called by it.
    /// </summary>
    private static bool MayRepeat(Exchange exchange, RequestBody body)
    {
        if (exchange.Stream || exchange.Endpoint is not { Kind: EndpointKind.Forward, Shape: var shape })
            return false;
        var scan = body.Intake!.Scan;
        if (scan.Facts.Background || exchange.Stored.IsReferred || scan.Prompt is { } prompt && (prompt.Doubts & PromptDoubt.StoredState) != 0)
            return false;
        var traits = ShapeTraits.Of(shape);
        return traits.MayRepeat && !AttemptLoop.HasProviderTools(traits, body);
    }

    /// <summary>
    /// Chooses a target of another model. False, and all is as before, where that is the asked one, or has none that can take the request and be asked for
    /// its own sake, nor falls back to one.
    /// </summary>
    private bool TryTurn(Exchange exchange, RequestBody body, ModelName name)
    {
        // What it goes on from lies where it lies: without it the request is another question.
        if (exchange.Stored.IsReferred)
            return false;
        var (own, ownName, simple) = (exchange.Model, exchange.OwnName, exchange.SimpleModel);
        if (exchange.Config.Models.Find(name.Utf8) is not { IsDisabled: false } model || ReferenceEquals(model, own))
            return false;
        exchange.Model = model;
        exchange.TurnTo(model.OwnName ?? name);
        if (!ChooseOwn(exchange, body).IsError && plan.IsSettled)
            return true;
        TurnBack(exchange, own, ownName);
        exchange.SimpleModel = simple;
        return false;
    }

    private static void TurnBack(Exchange exchange, ModelModel? model, ModelName? name)
    {
        exchange.Model = model;
        exchange.IsFallback = false;
        exchange.TurnTo(name);
        exchange.Needs = default;
        exchange.PrefixHash = 0;
        exchange.PromptIsCounted = exchange.PromptIsEstimate = false;
    }
}
