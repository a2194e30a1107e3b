using System.Buffers;
using AiEdge.DataPlane.Core;
using AiEdge.Tokenization.Estimation;
using AiEdge.Tokenization.Json;
using AiEdge.Tokenization.Memo;
using AiEdge.Tokenization.Models;

namespace AiEdge.DataPlane.Meter;

/// <summary>
/// Counts the tokens of prompts. Texts that were seen before cost their hash alone. One for the process; safe for any number of
/// threads; allocates nothing in steady state.
/// </summary>
internal sealed class PromptCounter(TextMemo memo, int freshBytesMax = PromptCounter.FreshBytesMaxDefault)
{
    /// <summary>
    /// Bytes of text that are counted anew for one prompt: it runs where connections are served, and must not hold them up. More is
    /// estimated by its bytes, and the prompt flagged. Most text of that size takes some milliseconds, the slowest a hundred.
    /// </summary>
    public const int FreshBytesMaxDefault = 512 * 1024;

    /// <summary>A shorter text is counted sooner than it is found.</summary>
    public const int MemoBytesMin = 96;

    /// <summary>Counts a prompt.</summary>
    /// <param name="prompt">Where its texts are.</param>
    /// <param name="body">The body that they are in.</param>
    /// <param name="shape">What kind of request it is.</param>
    /// <param name="model">What the model counts with.</param>
    /// <param name="tokenizer">The tokenizer that <paramref name="model"/> names, or one of the operator's own.</param>
    /// <param name="scope">
    /// Who may learn, from the time it takes, that a text was counted before: texts are remembered for each scope by itself. 48 bits.
    /// </param>
    public PromptCount Count(
        PromptText prompt, in ReadOnlySequence<byte> body, RequestShape shape, in ModelEncoding model, JsonTokenizer tokenizer, ulong scope)
    {
        var texts = new BodyTexts(body);
        ulong domain = (scope << 16) ^ ((ulong)(uint)tokenizer.Id << 1);
        var tally = new Tally { Text = prompt.TokenIds, Estimated = PromptEstimates.Typical(prompt, model), FreshBytes = freshBytesMax };
        foreach (ref readonly PromptSpan span in prompt.Spans)
        {
            ReadOnlySequence<byte> bytes = texts.Of(span);
            // Of a form that is not known nothing is gained by looking into it.
            if (span.Kind == PromptTextKind.OtherJson)
                tally.Estimated += PromptEstimates.OfBytes(span.Length);
            else if (span.Length < MemoBytesMin)
                CountAnew(bytes, span, tokenizer, ref tally);
            else
                CountOrRecall(bytes, span, tokenizer, domain, ref tally);
        }

        return new PromptCount(
            tally.Text,
            PromptEstimates.Overhead(prompt, model, shape),
            tally.Estimated,
            PromptEstimates.UpperBound(prompt, model, shape),
            PromptEstimates.Doubts(prompt, model, shape) | tally.Doubts);
    }

    /// <summary>What an estimator needs to know of a prompt besides its count.</summary>
    public static TokenFeatures Features(PromptText prompt, in ReadOnlySequence<byte> body, in PromptCount count)
    {
        var texts = new BodyTexts(body);
        ByteClasses classes = default;
        foreach (ref readonly PromptSpan span in prompt.Spans)
        {
            foreach (ReadOnlyMemory<byte> part in texts.Of(span))
                classes += ByteClasses.Of(part.Span);
        }

        return new TokenFeatures(count.Text + count.Estimated, classes, prompt.Messages, prompt.Tools);
    }

    private void CountOrRecall(
        in ReadOnlySequence<byte> bytes, in PromptSpan span, JsonTokenizer tokenizer, ulong domain, ref Tally tally)
    {
        // The same bytes are another text when they are JSON themselves.
        TextHasher hasher = memo.Begin(span.IsString ? domain : domain | 1);
        if (bytes.IsSingleSegment)
        {
            hasher.Append(bytes.FirstSpan);
        }
        else
        {
            foreach (ReadOnlyMemory<byte> part in bytes)
                hasher.Append(part.Span);
        }

        TextKey key = hasher.Finish();
        if (memo.TryFind(key, out long count))
            tally.Add(span, count);
        else if (CountAnew(bytes, span, tokenizer, ref tally) is { } counted)
            memo.Add(key, counted);
    }

    /// <summary>Counts a text; null when it was only estimated.</summary>
    private static long? CountAnew(in ReadOnlySequence<byte> bytes, in PromptSpan span, JsonTokenizer tokenizer, ref Tally tally)
    {
        if (span.Length > tally.FreshBytes)
        {
            tally.Estimated += PromptEstimates.OfBytes(span.Length);
            tally.Doubts |= PromptDoubt.Folded;
            return null;
        }

        tally.FreshBytes -= span.Length;
        long count = span.IsString && span.IsEscaped ? tokenizer.CountText(bytes) : tokenizer.CountJson(bytes);
        tally.Add(span, count);
        return count;
    }

    /// <summary>What has been counted so far.</summary>
    private struct Tally
    {
        public long Text;
        public long Estimated;
        public int FreshBytes;
        public PromptDoubt Doubts;

        public void Add(in PromptSpan span, long count)
        {
            if (span.IsString)
                Text += count;
            else
                Estimated += count;
        }
    }

    /// <summary>
    /// Finds texts in a body of many segments. Most come in the order in which they lie, so that each is sought from the one before.
    /// </summary>
    private ref struct BodyTexts(ReadOnlySequence<byte> body)
    {
        private readonly ReadOnlySequence<byte> _body = body;
        private SequencePosition _position = body.Start;
        private long _offset;

        public ReadOnlySequence<byte> Of(in PromptSpan span)
        {
            if (_body.IsSingleSegment)
                return _body.Slice(span.Start, span.Length);
            if (span.Start < _offset)
                return _body.Slice(span.Start, span.Length);
            _position = _body.GetPosition(span.Start - _offset, _position);
            _offset = span.Start;
            return _body.Slice(_position, span.Length);
        }
    }
}
