using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Dialects.Gemini;

/// <summary>
/// Reads Gemini's answers: the chunks of a stream, which are shaped as whole answers are. Of several candidates as many are told as the
/// client's dialect has places for.
/// </summary>
internal sealed class ContentsAnswerReader : AnswerReader
{
    private const int ScratchBytes = 64;

    private readonly int[] _calls = new int[GeminiWords.CandidatesMax];
    private readonly GeminiLogprobs _logprobs = new();
    private bool _isBegun;
    private bool _hasLogprobs;

    /// <summary>Candidates that told a call or a thought last.</summary>
    private uint _behindText;

    /// <summary>What matters of a chunk, of a candidate or of a part, wherever it stands.</summary>
    private struct Fields
    {
        public Piece Model;
        public Piece Candidates;
        public Piece Parts;
        public Piece Finish;
        public Piece Text;
        public Piece Id;
        public Piece Name;
        public Piece Args;
        public Piece Message;
        public Piece Status;
        public long Index;
        public long Code;
        public bool IsThought;
        public bool IsCall;
        public bool IsBlocked;
        public bool HasError;
        public Piece Signature;
        public Piece Logprobs;
        public bool HasMean;
    }

    public override void Reset()
    {
        Array.Clear(_calls);
        _logprobs.Release();
        _isBegun = _hasLogprobs = false;
        _behindText = 0;
    }

    public override bool OnEvent(ReadOnlySpan<byte> data, AnswerWriter to) => TryRead(data, to, out _);

    public override bool OnWhole(ReadOnlySpan<byte> body, AnswerWriter to) => TryRead(body, to, out var hasAnswer) && hasAnswer;

    private bool TryRead(ReadOnlySpan<byte> data, AnswerWriter to, out bool hasAnswer)
    {
        hasAnswer = false;
        Fields chunk = default;
        var walk = new JsonWalk(data, stackalloc byte[ScratchBytes]);
        if (!walk.TryBegin())
            return false;
        while (walk.NextMember())
        {
            if (walk.Is("modelVersion"u8) && walk.Token == JsonToken.String)
                chunk.Model = walk.Text;
            else if (walk.Is("candidates"u8) && walk.Token == JsonToken.StartArray)
                chunk.Candidates = walk.Value();
            else if (walk.Is("promptFeedback"u8) && walk.TryEnter(JsonToken.StartObject))
                ReadFeedback(ref walk, ref chunk, to);
            else if (walk.Is("error"u8) && walk.TryEnter(JsonToken.StartObject))
                ReadError(ref walk, ref chunk);
            else if (!walk.Is("usageMetadata"u8) && !walk.Is("responseId"u8) && !walk.Is("createTime"u8) && !walk.IsNothing() && !walk.IsText(default))
                to.Losses?.Add("answer"u8, walk.Name);
        }

        if (!walk.IsWhole())
            return false;
        if (chunk.HasError)
        {
            to.Take(new NeutralEvent(NeutralKind.Error, chunk.Message.Of(data)) { Name = ErrorText.KindOf(chunk.Code, chunk.Status.Of(data)) });
            return true;
        }

        hasAnswer = Tell(data, chunk, to);
        return true;
    }

    /// <summary>Whether a candidate has ended by a reason that is a failure; no error where none has.</summary>
    public static EdgeError FailureIn(ReadOnlySpan<byte> data)
    {
        var walk = new JsonWalk(data, stackalloc byte[ScratchBytes]);
        for (var isIn = walk.TryBegin(); isIn && walk.NextMember();)
        {
            if (!walk.Is("candidates"u8) || !walk.TryEnter(JsonToken.StartArray))
                continue;
            while (walk.NextElement())
            {
                if (!walk.TryEnter(JsonToken.StartObject))
                    continue;
                Fields candidate = default;
                while (walk.NextMember())
                    ReadEnd(ref walk, ref candidate);
                if (ReasonOf(candidate.Finish.Of(data)) == FinishReason.Failed)
                    return EdgeError.Upstream(ErrorKind.UpstreamBadAnswer, ErrorText.Plain(FailureOf(data, candidate)));
            }
        }

        return default;
    }

    private static bool ReadEnd(ref JsonWalk walk, ref Fields candidate)
    {
        if (walk.Token != JsonToken.String)
            return false;
        if (walk.Is("finishReason"u8))
            candidate.Finish = walk.Text;
        else if (walk.Is("finishMessage"u8))
            candidate.Message = walk.Text;
        else
            return false;
        return true;
    }

    private static ReadOnlySpan<byte> FailureOf(ReadOnlySpan<byte> data, in Fields candidate) =>
        candidate.Message.Length > 0 ? candidate.Message.Of(data) : "The provider's model has made a call that is none."u8;

    private static void ReadFeedback(ref JsonWalk walk, ref Fields chunk, AnswerWriter to)
    {
        while (walk.NextMember())
        {
            chunk.IsBlocked |= walk.Is("blockReason"u8) && walk.Token == JsonToken.String;
            if (walk.Is("blockReasonMessage"u8) && !walk.IsNothing())
                to.Losses?.Add("answer.promptFeedback"u8, walk.Name);
            else if (walk.Is("safetyRatings"u8) && !walk.IsNothing())
                to.Losses?.AddUnasked("answer.promptFeedback"u8, walk.Name);
        }
    }

    private static void ReadError(ref JsonWalk walk, ref Fields chunk)
    {
        chunk.HasError = true;
        while (walk.NextMember())
        {
            if (walk.Is("message"u8) && walk.Token == JsonToken.String)
                chunk.Message = walk.Text;
            else if (walk.Is("status"u8) && walk.Token == JsonToken.String)
                chunk.Status = walk.Text;
            else if (walk.Is("code"u8))
                _ = walk.TryNumber(out chunk.Code);
        }
    }

    private bool Tell(ReadOnlySpan<byte> data, in Fields chunk, AnswerWriter to)
    {
        if (!_isBegun)
            to.Take(new NeutralEvent(NeutralKind.Start) { Name = chunk.Model.Of(data) });
        _isBegun = true;
        var found = chunk.Candidates.IsPresent && TellCandidates(data, chunk.Candidates, to);
        if (chunk.IsBlocked)
            to.Take(new NeutralEvent(NeutralKind.Finish) { Reason = FinishReason.Filtered });
        return found || chunk.IsBlocked;
    }

    private bool TellCandidates(ReadOnlySpan<byte> data, Piece candidates, AnswerWriter to)
    {
        var walk = new JsonWalk(data, candidates, stackalloc byte[ScratchBytes]);
        var found = false;
        if (!walk.TryBeginArray())
            return false;
        while (walk.NextElement())
        {
            if (!walk.TryEnter(JsonToken.StartObject))
                continue;
            Fields candidate = default;
            while (walk.NextMember())
            {
                if (walk.Is("index"u8))
                    _ = walk.TryNumber(out candidate.Index);
                else if (walk.Is("content"u8) && walk.TryEnter(JsonToken.StartObject))
                    ReadContent(ref walk, ref candidate, to);
                else if (walk.Is("logprobsResult"u8) && walk.Token == JsonToken.StartObject)
                    candidate.Logprobs = walk.Value();
                else if (walk.Is("avgLogprobs"u8))
                    candidate.HasMean = true;
                else if (walk.Is("safetyRatings"u8) && !walk.IsNothing())
                    to.Losses?.AddUnasked("answer"u8, walk.Name);
                else if (!ReadEnd(ref walk, ref candidate) && !walk.Is("tokenCount"u8) && !walk.IsNothing() && !walk.IsText(default))
                    to.Losses?.Add("answer"u8, walk.Name);
            }

            if (candidate.Index < 0 || candidate.Index >= Math.Min(to.ChoicesMax, GeminiWords.CandidatesMax))
                continue;
            found = true;
            var choice = (int)candidate.Index;
            TellParts(data, candidate, choice, to);
            if (candidate.Finish.IsPresent)
                TellFinish(data, candidate, choice, to);
        }

        return found;
    }

    private static void ReadContent(ref JsonWalk walk, ref Fields candidate, AnswerWriter to)
    {
        while (walk.NextMember())
        {
            if (walk.Is("parts"u8) && walk.Token == JsonToken.StartArray)
                candidate.Parts = walk.Value();
            else if (!walk.Is("role"u8) && !walk.IsNothing())
                to.Losses?.Add("answer.content"u8, walk.Name);
        }
    }

    /// <summary>
    /// The parts; how probable their tokens were goes with the first text, and is of no text where there are calls or thought alone. The mean is what all of
    /// these say together.
    /// </summary>
    private void TellParts(ReadOnlySpan<byte> data, in Fields candidate, int choice, AnswerWriter to)
    {
        var logprobs = candidate.Logprobs.IsPresent ? _logprobs.Read(data, candidate.Logprobs, to.HidesLogprobs ? null : to.Losses) : default;
        _hasLogprobs |= !logprobs.IsEmpty && !to.HidesLogprobs;
        if (candidate.HasMean && !_hasLogprobs)
            to.Losses?.AddUnasked("answer"u8, "avgLogprobs"u8);
        if (candidate.Parts.IsPresent)
        {
            var walk = new JsonWalk(data, candidate.Parts, stackalloc byte[ScratchBytes]);
            for (var isIn = walk.TryBeginArray(); isIn && walk.NextElement();)
            {
                if (!walk.TryEnter(JsonToken.StartObject))
                    continue;
                Fields part = default;
                while (walk.NextMember())
                    ReadPart(ref walk, ref part, to);
                var isText = part is { IsCall: false, IsThought: false, Text.Length: > 0 };
                TellPart(data, part, choice, isText ? logprobs : default, to);
                if (isText)
                    logprobs = default;
            }
        }

        var isOfText = (_behindText & (1u << choice)) == 0;
        if (!logprobs.IsEmpty)
            to.Take(new NeutralEvent(isOfText ? NeutralKind.Text : NeutralKind.Logprobs) { Choice = choice, Logprobs = logprobs });
    }

    private static void ReadPart(ref JsonWalk walk, ref Fields part, AnswerWriter to)
    {
        if (walk.Is("text"u8) && walk.Token == JsonToken.String)
            part.Text = walk.Text;
        else if (walk.Is("thought"u8))
            part.IsThought = walk.Token == JsonToken.True;
        else if (walk.Is("thoughtSignature"u8) && walk.Token == JsonToken.String)
            part.Signature = walk.Text;
        else if (walk.Is("functionCall"u8) && walk.TryEnter(JsonToken.StartObject))
        {
            part.IsCall = true;
            while (walk.NextMember())
            {
                if (walk.Is("id"u8) && walk.Token == JsonToken.String)
                    part.Id = walk.Text;
                else if (walk.Is("name"u8) && walk.Token == JsonToken.String)
                    part.Name = walk.Text;
                else if (walk.Is("args"u8) && walk.Token == JsonToken.StartObject)
                    part.Args = walk.Value();
            }
        }
        else if (!walk.IsNothing())
            to.Losses?.Add("answer.parts"u8, walk.Name);
    }

    /// <summary>A signature may stand at any part; that of a call has to come back with it, any other need not.</summary>
    private void TellPart(ReadOnlySpan<byte> data, in Fields part, int choice, ReadOnlySpan<byte> logprobs, AnswerWriter to)
    {
        if (part.Signature.IsPresent && !part.IsCall)
            to.Losses?.AddUnasked("answer.parts"u8, "thoughtSignature"u8);
        if (part.IsCall || part.Text.Length > 0)
            _behindText = part.IsCall || part.IsThought ? _behindText | (1u << choice) : _behindText & ~(1u << choice);
        if (part.IsCall)
        {
            to.Take(new NeutralEvent(NeutralKind.ToolCall)
            {
                Choice = choice,
                Call = _calls[choice],
                Id = part.Id.Of(data),
                Name = part.Name.Of(data),
                Proof = part.Signature.Of(data),
            });
            var args = part.Args.IsPresent ? part.Args.Of(data) : "{}"u8;
            to.Take(new NeutralEvent(NeutralKind.ArgumentsObject, args) { Choice = choice, Call = _calls[choice]++ });
        }
        else if (part.Text.Length > 0)
            to.Take(new NeutralEvent(part.IsThought ? NeutralKind.Thinking : NeutralKind.Text, part.Text.Of(data)) { Choice = choice, Logprobs = logprobs });
    }

    /// <summary>A call that could not be read, or must not be made, is no answer; what filters have cut is one.</summary>
    private static void TellFinish(ReadOnlySpan<byte> data, in Fields candidate, int choice, AnswerWriter to)
    {
        var word = candidate.Finish.Of(data);
        var reason = ReasonOf(word);
        if (reason == FinishReason.Failed)
        {
            to.Take(new NeutralEvent(NeutralKind.Error, FailureOf(data, candidate)) { Name = word });
            return;
        }

        if (candidate.Message.Length > 0)
            to.Losses?.Add("answer.finishMessage"u8);
        if (reason == FinishReason.None)
            to.Losses?.Add("answer.finishReason"u8, word);
        to.Take(new NeutralEvent(NeutralKind.Finish) { Choice = choice, Reason = reason == FinishReason.None ? FinishReason.Stop : reason });
    }

    /// <summary>None for a word that nobody here knows.</summary>
    private static FinishReason ReasonOf(ReadOnlySpan<byte> reason)
    {
        if (reason.SequenceEqual("STOP"u8) || reason.SequenceEqual("FINISH_REASON_UNSPECIFIED"u8))
            return FinishReason.Stop;
        if (reason.SequenceEqual("MAX_TOKENS"u8))
            return FinishReason.Length;
        if (reason.StartsWith("MALFORMED"u8) || reason.SequenceEqual("UNEXPECTED_TOOL_CALL"u8) || reason.SequenceEqual("TOO_MANY_TOOL_CALLS"u8)
            || reason.SequenceEqual("MISSING_THOUGHT_SIGNATURE"u8))
            return FinishReason.Failed;
        var isFilter = reason.IndexOf("SAFETY"u8) >= 0 || reason.IndexOf("PROHIBITED"u8) >= 0 || reason.IndexOf("RECITATION"u8) >= 0
            || reason.SequenceEqual("LANGUAGE"u8) || reason.SequenceEqual("BLOCKLIST"u8) || reason.SequenceEqual("SPII"u8)
            || reason.StartsWith("MODEL_ARMOR"u8);
        return isFilter ? FinishReason.Filtered : FinishReason.None;
    }
}
