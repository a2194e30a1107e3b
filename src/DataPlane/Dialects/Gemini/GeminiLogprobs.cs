using System.Buffers.Text;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Dialects.Gemini;

/// <summary>
/// Gemini's <c>logprobsResult</c> (API reference, <c>LogprobsResult</c>), which has what was chosen and what else was likely in two arrays of the same
/// length, and what it is in OpenAI's form.
/// </summary>
internal sealed class GeminiLogprobs
{
    private const int ScratchBytes = 64;

    private readonly TextBuffer _chosen = new();
    private readonly TextBuffer _top = new();
    private readonly TextBuffer _source = new();
    private readonly TextBuffer _made = new();

    /// <summary>One token, as either form has it.</summary>
    private struct Entry
    {
        public Piece Token;
        public Piece Number;
        public Piece Others;
    }

    public void Release()
    {
        _chosen.Release();
        _top.Release();
        _source.Release();
        _made.Release();
    }

    /// <summary>The inside of an array in OpenAI's form, until the next call.</summary>
    /// <param name="source">The answer.</param>
    /// <param name="result">Its <c>logprobsResult</c>, an object.</param>
    /// <param name="losses">Where to report what OpenAI's form has no place for.</param>
    public ReadOnlySpan<byte> Read(ReadOnlySpan<byte> source, Piece result, LossReport? losses)
    {
        Piece chosen = default, top = default;
        var walk = new JsonWalk(source, result, stackalloc byte[ScratchBytes]);
        for (var isIn = walk.TryBegin(); isIn && walk.NextMember();)
        {
            if (walk.Is("chosenCandidates"u8) && walk.Token == JsonToken.StartArray)
                chosen = walk.Value();
            else if (walk.Is("topCandidates"u8) && walk.Token == JsonToken.StartArray)
                top = walk.Value();
        }

        _made.Clear();
        if (!chosen.IsPresent)
            return default;
        var likely = new JsonWalk(source, top.IsPresent ? top : chosen, stackalloc byte[ScratchBytes]);
        var hasLikely = top.IsPresent && likely.TryBeginArray();
        walk = new JsonWalk(source, chosen, stackalloc byte[ScratchBytes]);
        walk.TryBeginArray();
        while (walk.NextElement())
        {
            // A token may be left out, and its likely ones with it.
            hasLikely = hasLikely && likely.NextElement();
            if (!TryReadEntry(source, walk.Value(), losses, out var entry))
                continue;
            if (_made.Length > 0)
                _made.Add(","u8);
            WriteToken(source, entry);
            _made.Add(",\"top_logprobs\":["u8);
            if (hasLikely)
                WriteLikely(source, likely.Value(), losses);
            _made.Add("]}"u8);
        }

        return _made.Written;
    }

    /// <summary>Writes <c>logprobsResult</c>, of elements in OpenAI's form. Adds what they sum up to, and how many they are.</summary>
    public void Write(TextBuffer to, ReadOnlySpan<byte> elements, ref double sum, ref long count)
    {
        _source.Clear();
        TokenLogprobs.WriteArray(_source, elements);
        _chosen.Clear();
        _top.Clear();
        var source = _source.Written;
        var walk = new JsonWalk(source, stackalloc byte[ScratchBytes]);
        for (var isIn = walk.TryBeginArray(); isIn && walk.NextElement();)
        {
            if (!TryReadEntry(source, walk.Value(), null, out var entry))
                continue;
            WriteCandidate(_chosen, source, entry);
            if (Utf8Parser.TryParse(entry.Number.Of(source), out double number, out _))
                (sum, count) = (sum + number, count + 1);
            _top.Add(_top.Length > 0 ? ",{\"candidates\":["u8 : "{\"candidates\":["u8);
            WriteOthers(source, entry.Others);
            _top.Add("]}"u8);
        }

        to.Add("{\"topCandidates\":["u8).Add(_top.Written).Add("],\"chosenCandidates\":["u8).Add(_chosen.Written).Add("]}"u8);
    }

    /// <summary>Writes the mean of what was summed up.</summary>
    public static void WriteMean(TextBuffer to, double sum, long count)
    {
        Span<byte> digits = stackalloc byte[32];
        if (Utf8Formatter.TryFormat(sum / count, digits, out var length))
            to.Add(digits[..length]);
    }

    private static bool TryReadEntry(ReadOnlySpan<byte> source, Piece element, LossReport? losses, out Entry entry)
    {
        entry = default;
        if (source[element.Start] != (byte)'{')
            return false;
        var walk = new JsonWalk(source, element, stackalloc byte[ScratchBytes]);
        for (var isIn = walk.TryBegin(); isIn && walk.NextMember();)
        {
            if (walk.Is("token"u8) && walk.Token == JsonToken.String)
                entry.Token = walk.Text;
            else if ((walk.Is("logProbability"u8) || walk.Is("logprob"u8)) && walk.Token == JsonToken.Number)
                entry.Number = walk.Text;
            else if (walk.Is("top_logprobs"u8) && walk.Token == JsonToken.StartArray)
                entry.Others = walk.Value();
            else if (walk.Is("tokenId"u8))
                losses?.AddUnasked("answer.logprobsResult"u8, "tokenId"u8);
        }

        return entry.Token.IsPresent;
    }

    private void WriteToken(ReadOnlySpan<byte> source, in Entry entry)
    {
        _made.Add("{\"token\":\""u8).Add(entry.Token.Of(source)).Add("\",\"logprob\":"u8).Add(NumberOf(source, entry)).Add(",\"bytes\":["u8);
        _source.Clear();
        _source.AddUnescaped(entry.Token.Of(source));
        for (var i = 0; i < _source.Length; i++)
        {
            if (i > 0)
                _made.Add(","u8);
            _made.Add((long)_source.Written[i]);
        }

        _made.Add("]"u8);
    }

    /// <summary>Protobuf's JSON leaves out what is 0.</summary>
    private static ReadOnlySpan<byte> NumberOf(ReadOnlySpan<byte> source, in Entry entry) => entry.Number.IsPresent ? entry.Number.Of(source) : "0"u8;

    private void WriteLikely(ReadOnlySpan<byte> source, Piece element, LossReport? losses)
    {
        if (source[element.Start] != (byte)'{')
            return;
        var walk = new JsonWalk(source, element, stackalloc byte[ScratchBytes]);
        for (var isIn = walk.TryBegin(); isIn && walk.NextMember();)
        {
            if (!walk.Is("candidates"u8) || !walk.TryEnter(JsonToken.StartArray))
                continue;
            var isFirst = true;
            while (walk.NextElement())
            {
                if (!TryReadEntry(source, walk.Value(), losses, out var entry))
                    continue;
                if (!isFirst)
                    _made.Add(","u8);
                isFirst = false;
                WriteToken(source, entry);
                _made.Add("}"u8);
            }
        }
    }

    private void WriteOthers(ReadOnlySpan<byte> source, Piece others)
    {
        if (!others.IsPresent)
            return;
        var walk = new JsonWalk(source, others, stackalloc byte[ScratchBytes]);
        var from = _top.Length;
        for (var isIn = walk.TryBeginArray(); isIn && walk.NextElement();)
        {
            if (TryReadEntry(source, walk.Value(), null, out var entry))
                WriteCandidate(_top, source, entry, isFirst: _top.Length == from);
        }
    }

    private static void WriteCandidate(TextBuffer to, ReadOnlySpan<byte> source, in Entry entry) => WriteCandidate(to, source, entry, to.Length == 0);

    private static void WriteCandidate(TextBuffer to, ReadOnlySpan<byte> source, in Entry entry, bool isFirst) =>
        to.Add(isFirst ? "{\"token\":\""u8 : ",{\"token\":\""u8).Add(entry.Token.Of(source))
            .Add("\",\"logProbability\":"u8).Add(NumberOf(source, entry)).Add("}"u8);
}
