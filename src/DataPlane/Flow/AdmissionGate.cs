using AiEdge.DataPlane.Admit;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Meter;
using AiEdge.DataPlane.Parse;

namespace AiEdge.DataPlane.Flow;

/// <summary>
/// Asks for an exchange's admission: makes a demand of what was read of its request, counts the prompt where a limit is so near that
/// the count matters, and says what the answer's cap is. One for each pipeline.
/// </summary>
internal sealed class AdmissionGate(Admission admission, ExchangeMeter meter, JournalHold journal)
{
    private Demand _demand;

    /// <summary>Whether the texts of the prompt have to be noted, so that they can be counted.</summary>
    public bool WantsPrompt(Exchange exchange) => journal.IsOn || exchange.Config.LimitTable.MayCountTokens(exchange.Key!);

    /// <summary>Before a target is asked: what does not depend on who answers. The exchange must have its model and its first target.</summary>
    public EdgeError Admit(Exchange exchange, ClientLink link, RequestBody body)
    {
        var scan = body.Intake!.Scan;
        if (exchange.Config.LimitTable.IsPerAddress)
            exchange.ClientAddress = link.Address;
        var bound = ExchangeMeter.PromptBound(exchange, scan.Prompt);
        exchange.PromptTokens = bound;
        _demand = RequestDemand.Of(scan.Facts, exchange.Endpoint!.Shape, bound, isCounted: scan.Prompt is null);
        var verdict = admission.Admit(exchange, _demand);
        if (verdict == AdmitVerdict.NeedsCount)
        {
            Count(exchange, body);
            verdict = admission.Admit(exchange, _demand);
        }

        return verdict == AdmitVerdict.Admitted ? default : LimitError.Of(admission.Refusal);
    }

    /// <summary>Before an attempt at the exchange's target: what depends on who answers.</summary>
    public EdgeError AdmitTarget(Exchange exchange, RequestBody body)
    {
        var verdict = admission.AdmitTarget(exchange, _demand);
        if (verdict == AdmitVerdict.NeedsCount)
        {
            Count(exchange, body);
            verdict = admission.AdmitTarget(exchange, _demand);
        }

        return verdict == AdmitVerdict.Admitted ? default : LimitError.Of(admission.Refusal);
    }

    /// <summary>What the limits let each choice of the answer have.</summary>
    public OutputClamp Clamp(Exchange exchange) => admission.OutputCap == long.MaxValue
        ? default
        : new OutputClamp(admission.OutputCap, ModelTokenizer.TakesCompletionTokens(exchange.Target!.UpstreamModel ?? exchange.AskedModel));

    /// <summary>The attempt was in vain and another follows.</summary>
    public void GiveBackTarget() => admission.GiveBackTarget();

    private void Count(Exchange exchange, RequestBody body) => _demand = _demand with
    {
        InputTokens = meter.CountPrompt(exchange, body.Intake!.Scan.Prompt!, body.Bytes),
        IsCounted = true,
    };
}
