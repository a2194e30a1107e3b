using AiEdge.DataPlane.Transport;
using AiEdge.Tokenization.Estimation;
using AiEdge.Tokenization.Json;

namespace AiEdge.DataPlane.Meter;

/// <summary>
/// Counts the tokens of an answer's texts as they pass. Each text, that is each choice's content, refusal, reasoning, arguments of
/// one call, is counted by itself, so that what is cut between two events counts as what it is. Memory: a counter for each text, at
/// most <see cref="CountersMax"/>, some 1.3 KB each, lent by a pool for as long as the stream lasts; events allocate nothing.
/// <para>
/// A model whose tokenizer is not public is counted by another one, and its estimator makes the model's number of that.
/// </para>
/// </summary>
internal sealed class OutputCounter
{
    /// <summary>Texts counted at once. Of a further one each event's part is counted by itself, which is above by the seams.</summary>
    public const int CountersMax = 16;

    // No estimator says more than three tokens for one of ours.
    private const int EstimateRatioMax = 3;

    private readonly TextCounter?[] _texts = new TextCounter?[CountersMax];
    private IndexStack<TextCounter>? _pool;
    private JsonTokenizer _tokenizer = null!;
    private TokenEstimator? _estimator;
    private int _count;
    private int _last;
    private long _loose;
    private long _settled;
    private long _settledReasoning;
    private ByteClasses _classes;
    private long _exact;
    private bool _isExact;
    private long _estimate;
    private long _estimateFrom;
    private int _repeatMax;

    /// <summary>A text has come right after itself more often than it may.</summary>
    public bool IsRepeating { get; private set; }

    /// <summary>Whether a text was counted in parts that belong together, or by another tokenizer than the model's.</summary>
    public bool IsEstimate { get; private set; }

    /// <summary>What no count can be above, were so many bytes of text added. Costs next to nothing.</summary>
    public long UpperBoundWith(int bytes, int texts)
    {
        // An escape or a character that is begun in one event and ended in the next is a few bytes more than what is added.
        long bound = _loose + bytes + (4 * texts);
        return _estimator is null ? bound : _estimate + (EstimateRatioMax * (bound - _estimateFrom + 4));
    }

    public long UpperBound => UpperBoundWith(0, 0);

    /// <summary>Tokens so far, the best number there is.</summary>
    public long Count => _estimator is null || OwnCount == 0 ? OwnCount : _estimator.Estimate(Features).P50;

    /// <summary>Tokens so far for a limit: the count, or what an estimate stays under nineteen times of twenty.</summary>
    public long Limited
    {
        get
        {
            if (_estimator is null || OwnCount == 0)
                return OwnCount;
            _estimateFrom = OwnCount;
            return _estimate = _estimator.Estimate(Features).P95;
        }
    }

    /// <summary>How many of <see cref="Features"/>' tokens are reasoning.</summary>
    public long Reasoning
    {
        get
        {
            long sum = _settledReasoning;
            foreach (TextCounter? text in _texts.AsSpan(0, _count))
                sum += text!.Kind == TextKind.Reasoning ? text.Count : 0;
            return sum;
        }
    }

    /// <summary>What an estimator makes its number of, and learns from.</summary>
    public TokenFeatures Features => new(OwnCount, _classes, 0, 0);

    private long OwnCount
    {
        get
        {
            if (_isExact)
                return _exact;
            _exact = _settled;
            _loose = _settled;
            foreach (TextCounter? text in _texts.AsSpan(0, _count))
            {
                _exact += text!.Count;
                _loose += text.UpperBoundWith(0);
            }

            _isExact = true;
            return _exact;
        }
    }

    /// <summary>Begins an answer.</summary>
    /// <param name="tokenizer">What is counted with.</param>
    /// <param name="pool">Where counters of its vocabulary are taken from and go back to.</param>
    /// <param name="estimator">What makes the model's number of the count; null where the tokenizer is the model's own.</param>
    /// <param name="repeatMax">How often a text may come right after itself (<see cref="RepetitionDetector"/>); 0 for any number.</param>
    public void Begin(JsonTokenizer tokenizer, IndexStack<TextCounter> pool, TokenEstimator? estimator, int repeatMax = 0)
    {
        End();
        _repeatMax = repeatMax;
        IsRepeating = false;
        (_tokenizer, _pool, _estimator) = (tokenizer, pool, estimator);
        (_last, _loose, _settled, _settledReasoning, _exact, _isExact) = (0, 0, 0, 0, 0, true);
        (_classes, _estimate, _estimateFrom) = (default, 0, 0);
        IsEstimate = estimator is not null;
    }

    /// <summary>Gives the counters back. What was counted is then forgotten.</summary>
    public void End()
    {
        foreach (ref TextCounter? text in _texts.AsSpan(0, _count))
        {
            _pool!.TryPush(text!);
            text = null;
        }

        _count = 0;
    }

    /// <summary>Adds what an event brings.</summary>
    public void Append(DeltaTexts texts, ReadOnlySpan<byte> data)
    {
        foreach (ref readonly DeltaText text in texts.All)
            Append(text, data.Slice(text.Start, text.Length));
        if (texts.FoldedBytes == 0)
            return;
        Settle(PromptEstimates.OfBytes(texts.FoldedBytes), TextKind.Content);
        IsEstimate = true;
    }

    private void Append(in DeltaText text, ReadOnlySpan<byte> raw)
    {
        if (_estimator is not null)
            _classes += ByteClasses.Of(raw);
        if (text.Kind == TextKind.Name)
        {
            Settle(_tokenizer.CountText(raw), text.Kind);
            return;
        }

        if (Find(text) is not { } counter)
        {
            Settle(_tokenizer.CountText(raw), text.Kind);
            IsEstimate = true;
            return;
        }

        long before = counter.UpperBoundWith(0);
        counter.Append(raw);
        _loose += counter.UpperBoundWith(0) - before;
        _isExact = false;
        if (_repeatMax > 0 && counter.Repeats(raw, _repeatMax))
            IsRepeating = true;
    }

    private void Settle(long tokens, TextKind kind)
    {
        _settled += tokens;
        _loose += tokens;
        _exact += tokens;
        if (kind == TextKind.Reasoning)
            _settledReasoning += tokens;
    }

    /// <summary>The counter of a text, most often the one of the last event; null where there is no room for another.</summary>
    private TextCounter? Find(in DeltaText text)
    {
        ulong key = ((ulong)(uint)text.Choice << 32) | ((ulong)(uint)text.Part << 8 & 0xFFFF_FF00) | (byte)text.Kind;
        if (_last < _count && _texts[_last]!.Key == key)
            return _texts[_last];
        for (int i = 0; i < _count; i++)
        {
            if (_texts[i]!.Key != key)
                continue;
            _last = i;
            return _texts[i];
        }

        if (_count == CountersMax)
            return null;
        if (!_pool!.TryPop(out TextCounter? counter))
            counter = new TextCounter(_tokenizer.Vocabulary);
        counter.Begin(key, text.Kind);
        _last = _count;
        return _texts[_count++] = counter;
    }
}
