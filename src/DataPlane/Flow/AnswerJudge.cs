using System.Buffers;
using System.Text.Json;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Flow;

/// <summary>
/// Holds a cheaper model's whole answer before any of it goes to the client, and says what it has to be given up for. What it holds is bounded, and counts
/// against the bytes of bodies that all exchanges hold together from the size on that a request's body counts from.
/// </summary>
internal sealed class AnswerJudge(ByteBudget bodies)
{
    /// <summary>A longer answer is not judged, and goes out as it comes.</summary>
    public const int AnswerBytesMax = 256 * 1024;

    private readonly TextBuffer _bytes = new();
    private CascadeStep _step = null!;
    private long _counted;

    /// <summary>Whether all of the answer that has come is held.</summary>
    public bool IsHolding { get; private set; }

    public void Begin(CascadeStep step)
    {
        Release();
        _step = step;
        IsHolding = true;
    }

    /// <summary>Takes a part of the answer, as it is without a coding.</summary>
    public void Feed(Exchange exchange, ReadOnlySpan<byte> piece)
    {
        if (!IsHolding)
            return;
        var length = _bytes.Length + piece.Length;
        if (length > AnswerBytesMax || (length > RequestBody.UncountedBytes && !TryCount(exchange)))
            Release();
        else
            _bytes.Add(piece);
    }

    /// <summary>What the answer that is held has to be given up for; <see cref="CascadeOutcome.Kept"/> for nothing, or where it is not held.</summary>
    /// <param name="exchange">The exchange.</param>
    /// <param name="request">Its request.</param>
    /// <param name="logprob">Mean of the log-probabilities that are known and do not stand in the answer; 0 for none.</param>
    public CascadeOutcome Judge(Exchange exchange, RequestBody request, double logprob) =>
        IsHolding ? Judge(exchange, request, _bytes.Memory, logprob) : CascadeOutcome.Kept;

    /// <summary>The same of an answer that somebody else holds, in the client's dialect.</summary>
    public CascadeOutcome Judge(Exchange exchange, RequestBody request, ReadOnlyMemory<byte> answer, double logprob)
    {
        try
        {
            return Judge(exchange.Endpoint!.Shape, request.Bytes, answer, logprob);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Not what its dialect says, or text that is none: nobody here can tell.
            return CascadeOutcome.Kept;
        }
    }

    /// <summary>Gives back what is held.</summary>
    public void Release()
    {
        IsHolding = false;
        _bytes.Release();
        bodies.Return(_counted);
        _counted = 0;
    }

    private CascadeOutcome Judge(RequestShape shape, in ReadOnlySequence<byte> request, ReadOnlyMemory<byte> answer, double logprob)
    {
        using var document = JsonDocument.Parse(answer, JsonMembers.Options);
        var choices = Translations.Of(shape).ChoicesOf!(document.RootElement);
        if (Broken(choices, _step.Unless, shape, request) is var rule and not CascadeOutcome.Kept)
            return rule;
        var isUnsure = logprob < _step.LogprobMin
            || choices.Exists(choice => choice.Tokens > 0 && choice.Logprobs / choice.Tokens < _step.LogprobMin);
        return isUnsure ? CascadeOutcome.Probability : CascadeOutcome.Kept;
    }

    /// <summary>The first of the rules that a whole answer breaks; <see cref="CascadeOutcome.Kept"/> for none.</summary>
    public static CascadeOutcome Broken(List<AnswerChoice> choices, CascadeRules rules, RequestShape shape, in ReadOnlySequence<byte> request)
    {
        if ((rules & CascadeRules.Refusal) != 0 && choices.Exists(static choice => choice.IsRefused))
            return CascadeOutcome.Refusal;
        if ((rules & CascadeRules.Length) != 0 && choices.Exists(static choice => choice.IsCut))
            return CascadeOutcome.Length;
        return (rules & CascadeRules.Json) != 0 && !JsonForm.IsMet(choices, shape, request) ? CascadeOutcome.Json : CascadeOutcome.Kept;
    }

    /// <summary>Counts the most that can be held, twice: what is judged, and what goes to the client.</summary>
    private bool TryCount(Exchange exchange)
    {
        if (_counted > 0)
            return true;
        if (!bodies.TryTake(2 * AnswerBytesMax, exchange.Config.Server.BufferedBytesMax))
            return false;
        _counted = 2 * AnswerBytesMax;
        return true;
    }
}
