using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Meter;

namespace AiEdge.DataPlane.Flow;

/// <summary>What becomes of an event, as far as credit and the guards against runaways are asked.</summary>
internal enum Passage : byte
{
    Pass,

    /// <summary>It passes, and nothing behind it.</summary>
    PassAndEnd,

    /// <summary>It does not pass, nor anything behind it.</summary>
    Withhold,
}

/// <summary>
/// Counts what passes, and says when it must not: an event goes on to the client only once credit for its tokens has been drawn.
/// A bound from above that costs next to nothing is looked at first; tokens are counted where it reaches beyond the credit.
/// </summary>
internal sealed class StreamGuard(IOutputCredit credit, ExchangeMeter meter)
{
    /// <summary>The name by which clients and records know the guard.</summary>
    public const string RunawayName = "runaway";

    private Exchange _exchange = null!;
    private RunawayModel? _runaway;
    private long _tokensMax;
    private bool _isFrozen;

    /// <summary>Whether the stream may have to be ended in the provider's stead.</summary>
    public bool MayCut => meter.IsOn && (credit.MayCut || _runaway is { IsShadow: false });

    /// <summary>A stream begins; it is counted if credit, the guards or a journal need to know.</summary>
    public void Begin(Exchange exchange, bool isJournaled)
    {
        _exchange = exchange;
        _isFrozen = false;
        _runaway = exchange.Model!.Runaway is { } runaway && (runaway.OutputTokensMax > 0 || runaway.RepeatMax > 0) ? runaway : null;
        _tokensMax = _runaway is { OutputTokensMax: > 0 } ? _runaway.OutputTokensMax : long.MaxValue;
        if (credit.IsMetered || isJournaled || _runaway is not null)
            meter.BeginOutput(exchange);
    }

    /// <summary>Tokens so far, or a bound from above: costs next to nothing. 0 where nothing is counted.</summary>
    public long About => meter.IsOn ? meter.Output.UpperBound : 0;

    /// <summary>Judges an event by the texts that it brings.</summary>
    public Passage Judge(DeltaTexts texts, ReadOnlySpan<byte> data)
    {
        if (texts.Count == 0)
            return Passage.Pass;
        var output = meter.Output;
        if (_isFrozen)
        {
            // The client is gone: counted for the bill, and nobody's to cut.
            output.Append(texts, data);
            return Passage.Pass;
        }

        var allowed = Math.Min(credit.OutputCovered, _tokensMax);
        var delivered = output.UpperBoundWith(texts.Bytes, texts.Count) > allowed ? output.Count : -1;
        output.Append(texts, data);
        if (output.UpperBound > allowed && !IsAllowed())
        {
            Freeze(delivered >= 0 ? delivered : Math.Min(output.Count, allowed));
            return Passage.Withhold;
        }

        return output.IsRepeating && RunsAway() ? Passage.PassAndEnd : Passage.Pass;
    }

    /// <summary>Puts into the exchange what has been delivered so far.</summary>
    public void Note()
    {
        if (!_isFrozen)
            meter.Note(_exchange);
    }

    /// <summary>What is counted from now on is not delivered.</summary>
    public void Freeze()
    {
        if (!_isFrozen && meter.IsOn)
            Freeze(meter.Output.Count);
    }

    /// <summary>The stream is over, and its usage is in the exchange.</summary>
    public void End(bool isWhole)
    {
        Note();
        _exchange.StreamIsWhole = isWhole;
        if (_isFrozen && meter.IsOn && _exchange.CutBy is null)
            _exchange.UndeliveredTokens = Math.Max(0, meter.Output.Count - _exchange.CountedOutputTokens);
        meter.EndOutput(_exchange, isWhole);
    }

    private void Freeze(long delivered)
    {
        meter.Note(_exchange, delivered);
        _isFrozen = true;
    }

    private bool IsAllowed()
    {
        var tokens = meter.Output.Limited;
        if (tokens > _tokensMax && RunsAway())
            return false;
        if (tokens <= credit.OutputCovered || credit.TryCover(tokens))
            return true;
        _exchange.CutBy = _exchange.LimitHit?.Name ?? "limit";
        return false;
    }

    /// <summary>True if it is ended for it; it is noticed once.</summary>
    private bool RunsAway()
    {
        _tokensMax = long.MaxValue;
        if (_exchange.RanAway)
            return false;
        _exchange.RanAway = true;
        if (_runaway!.IsShadow)
            return false;
        _exchange.CutBy = RunawayName;
        return true;
    }
}
