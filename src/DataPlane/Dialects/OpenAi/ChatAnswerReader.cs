using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Dialects.OpenAi;

/// <summary>
/// Reads chat completions: the chunks of a stream, or a whole one. Of several choices as many are told as the client's dialect has places for.
/// </summary>
internal sealed class ChatAnswerReader : AnswerReader
{
    private const int ScratchBytes = 64;

    private readonly ChatCalls[] _calls = new ChatCalls[ChatWords.ChoicesMax];
    private bool _isBegun;
    private Piece _logprobs;
    private Piece _refusalLogprobs;

    /// <summary>Choices that told a call or a thought last.</summary>
    private uint _behindText;

    /// <summary>What matters of a chunk or of a choice, wherever it stands.</summary>
    private struct Fields
    {
        public Piece Model;
        public Piece Choices;
        public Piece Message;
        public Piece Code;
        public Piece Finish;
        public Piece Delta;
        public Piece Logprobs;
        public Piece RefusalLogprobs;
        public long Index;
        public long Status;
        public bool HasError;
    }

    /// <summary>What a delta or a message says.</summary>
    private struct Said
    {
        public Piece Thought;
        public Piece Text;
        public Piece Parts;
        public Piece Refusal;
        public Piece Calls;
        public Piece Function;
    }

    /// <summary>One of the calls in a delta.</summary>
    private struct Call
    {
        public Piece Id;
        public Piece Name;
        public Piece Arguments;
        public Piece Proof;
        public long Index;
        public bool IsCustom;
    }

    public override void Reset()
    {
        foreach (ref var calls in _calls.AsSpan())
            calls.Clear();
        _isBegun = false;
        _behindText = 0;
    }

    public override bool OnEvent(ReadOnlySpan<byte> data, AnswerWriter to)
    {
        if (data[0] == (byte)'[' && data.TrimEnd((byte)' ').SequenceEqual("[DONE]"u8))
        {
            to.Take(new NeutralEvent(NeutralKind.End));
            return true;
        }

        return TryRead(data, to, out _);
    }

    public override bool OnWhole(ReadOnlySpan<byte> body, AnswerWriter to) => TryRead(body, to, out var hasChoice) && hasChoice;

    private bool TryRead(ReadOnlySpan<byte> data, AnswerWriter to, out bool hasChoice)
    {
        hasChoice = false;
        Fields chunk = default;
        var walk = new JsonWalk(data, stackalloc byte[ScratchBytes]);
        if (!walk.TryBegin())
            return false;
        while (walk.NextMember())
        {
            if (walk.Is("model"u8) && walk.Token == JsonToken.String)
                chunk.Model = walk.Text;
            else if (walk.Is("choices"u8) && walk.Token == JsonToken.StartArray)
                chunk.Choices = walk.Value();
            else if (walk.Is("error"u8) && walk.TryEnter(JsonToken.StartObject))
                ReadError(ref walk, ref chunk);
            else if (!IsCarried(walk.Name))
                Lose(ref walk, to, ChatWords.IsUnasked(walk.Name));
        }

        if (!walk.IsWhole())
            return false;
        if (chunk.HasError)
        {
            to.Take(new NeutralEvent(NeutralKind.Error, chunk.Message.Of(data)) { Name = ErrorText.KindOf(chunk.Status, chunk.Code.Of(data)) });
            return true;
        }

        if (chunk.Choices.IsPresent)
            hasChoice = ReadChoices(data, chunk, to);
        return true;
    }

    /// <summary>Whether a member of a chunk is told by other means, is made here, or says nothing.</summary>
    private static bool IsCarried(ReadOnlySpan<byte> name) =>
        name.SequenceEqual("id"u8) || name.SequenceEqual("object"u8) || name.SequenceEqual("created"u8) || name.SequenceEqual("usage"u8)
        || name.SequenceEqual("service_tier"u8) || name.SequenceEqual("system_fingerprint"u8) || name.SequenceEqual("obfuscation"u8);

    private static void Lose(ref JsonWalk walk, AnswerWriter to, bool isUnasked)
    {
        if (walk.IsNothing() || walk.IsText(default))
            return;
        if (isUnasked)
            to.Losses?.AddUnasked("answer"u8, walk.Name);
        else
            to.Losses?.Add("answer"u8, walk.Name);
    }

    private static void ReadError(ref JsonWalk walk, ref Fields chunk)
    {
        chunk.HasError = true;
        while (walk.NextMember())
        {
            if (walk.Is("code"u8))
                _ = walk.TryNumber(out chunk.Status);
            if (walk.Token != JsonToken.String)
                continue;
            if (walk.Is("message"u8))
                chunk.Message = walk.Text;
            else if (walk.Is("code"u8) || (walk.Is("type"u8) && !chunk.Code.IsPresent))
                chunk.Code = walk.Text;
        }
    }

    private bool ReadChoices(ReadOnlySpan<byte> data, in Fields chunk, AnswerWriter to)
    {
        var walk = new JsonWalk(data, chunk.Choices, stackalloc byte[ScratchBytes]);
        if (!walk.TryBeginArray())
            return false;
        var found = false;
        while (walk.NextElement())
        {
            if (!walk.TryEnter(JsonToken.StartObject))
                continue;
            Fields choice = default;
            while (walk.NextMember())
            {
                if (walk.Is("index"u8))
                    _ = walk.TryNumber(out choice.Index);
                else if (walk.Is("finish_reason"u8) && walk.Token == JsonToken.String)
                    choice.Finish = walk.Text;
                else if ((walk.Is("delta"u8) || walk.Is("message"u8)) && walk.Token == JsonToken.StartObject)
                    choice.Delta = walk.Value();
                else if (walk.Is("logprobs"u8) && walk.TryEnter(JsonToken.StartObject))
                    ReadLogprobs(ref walk, ref choice);
                else if (!walk.Is("finish_reason"u8) && !walk.Is("delta"u8) && !walk.Is("message"u8) && !walk.Is("logprobs"u8))
                    Lose(ref walk, to, ChatWords.IsUnasked(walk.Name));
            }

            if (choice.Index < 0 || choice.Index >= Math.Min(to.ChoicesMax, ChatWords.ChoicesMax))
                continue;
            found = true;
            Tell(data, chunk.Model, choice, to);
        }

        return found;
    }

    private void Tell(ReadOnlySpan<byte> data, Piece model, in Fields choice, AnswerWriter to)
    {
        if (!_isBegun)
            to.Take(new NeutralEvent(NeutralKind.Start) { Name = model.Of(data) });
        _isBegun = true;
        (_logprobs, _refusalLogprobs) = (choice.Logprobs, choice.RefusalLogprobs);
        if (choice.Delta.IsPresent)
            TellDelta(data, choice.Delta, (int)choice.Index, to);
        TellLogprobs(NeutralKind.Text, data, ref _logprobs, (int)choice.Index, to);
        TellLogprobs(NeutralKind.Refusal, data, ref _refusalLogprobs, (int)choice.Index, to);
        if (choice.Finish.Length > 0)
            TellFinish(choice.Finish.Of(data), (int)choice.Index, to);
    }

    /// <summary>What the server broke off is no answer; a word that nobody knows is told as an end like any other, and reported.</summary>
    private static void TellFinish(ReadOnlySpan<byte> word, int choice, AnswerWriter to)
    {
        var reason = ChatWords.Reason(word);
        if (reason == FinishReason.Failed)
        {
            to.Take(new NeutralEvent(NeutralKind.Error, "The provider failed while it answered."u8) { Name = "upstream_error"u8 });
            return;
        }

        if (reason == FinishReason.None)
            to.Losses?.Add("answer.finish_reason"u8, word);
        to.Take(new NeutralEvent(NeutralKind.Finish) { Choice = choice, Reason = reason == FinishReason.None ? FinishReason.Stop : reason });
    }

    private static void ReadLogprobs(ref JsonWalk walk, ref Fields choice)
    {
        while (walk.NextMember())
        {
            if (walk.Is("content"u8) && walk.Token == JsonToken.StartArray)
                choice.Logprobs = walk.Value();
            else if (walk.Is("refusal"u8) && walk.Token == JsonToken.StartArray)
                choice.RefusalLogprobs = walk.Value();
        }
    }

    /// <summary>What is left of the probabilities, where no text was there to go with: behind a call or a thought they are of its tokens.</summary>
    private void TellLogprobs(NeutralKind kind, ReadOnlySpan<byte> data, ref Piece logprobs, int choice, AnswerWriter to)
    {
        var elements = TokenLogprobs.Inside(data, logprobs);
        logprobs = default;
        var isOfText = (_behindText & (1u << choice)) == 0;
        if (!elements.IsEmpty)
            to.Take(new NeutralEvent(isOfText ? kind : NeutralKind.Logprobs) { Choice = choice, Logprobs = elements });
    }

    /// <summary>In the order in which a model makes them, whatever the order of the members: thought, text, calls.</summary>
    private void TellDelta(ReadOnlySpan<byte> data, Piece delta, int choice, AnswerWriter to)
    {
        Said said = default;
        var walk = new JsonWalk(data, delta, stackalloc byte[ScratchBytes]);
        if (!walk.TryBegin())
            return;
        while (walk.NextMember())
        {
            if (walk.Is("content"u8))
                ReadContent(ref walk, ref said);
            else if (walk.Is("tool_calls"u8))
                said.Calls = walk.Token == JsonToken.StartArray ? walk.Value() : default;
            else if (walk.Is("function_call"u8))
                said.Function = walk.Token == JsonToken.StartObject ? walk.Value() : default;
            else if (walk.Is("reasoning_content"u8) || walk.Is("reasoning"u8))
            {
                // Some tell it by both names, so that whoever knows one of them finds it.
                if (said.Thought.Length == 0)
                    said.Thought = TextOf(walk);
            }
            else if (walk.Is("refusal"u8))
                said.Refusal = TextOf(walk);
            else if (!walk.Is("role"u8))
                Lose(ref walk, to, isUnasked: false);
        }

        TellText(NeutralKind.Thinking, data, said.Thought, choice, to);
        TellText(NeutralKind.Text, data, said.Text, choice, to);
        if (said.Parts.IsPresent)
            TellParts(data, said.Parts, choice, to);
        TellText(NeutralKind.Refusal, data, said.Refusal, choice, to);
        if (said.Calls.IsPresent)
            TellCalls(data, said.Calls, choice, to);
        if (said.Function.IsPresent)
            TellFunction(data, said.Function, choice, to);
    }

    private static void ReadContent(ref JsonWalk walk, ref Said said)
    {
        if (walk.Token == JsonToken.StartArray)
            said.Parts = walk.Value();
        else
            said.Text = TextOf(walk);
    }

    /// <summary>With some servers content is parts of text; Mistral's have its thought among them.</summary>
    private void TellParts(ReadOnlySpan<byte> data, Piece parts, int choice, AnswerWriter to)
    {
        var walk = new JsonWalk(data, parts, stackalloc byte[ScratchBytes]);
        for (var isIn = walk.TryBeginArray(); isIn && walk.NextElement();)
        {
            if (walk.TryEnter(JsonToken.StartObject))
                TellPart(data, ref walk, choice, to);
        }
    }

    private void TellPart(ReadOnlySpan<byte> data, ref JsonWalk walk, int choice, AnswerWriter to)
    {
        while (walk.NextMember())
        {
            if (walk.Is("text"u8))
                TellText(NeutralKind.Text, data, TextOf(walk), choice, to);
            else if (walk.Is("thinking"u8))
                TellThought(data, ref walk, choice, to);
            else if (!walk.Is("type"u8) && !walk.Is("closed"u8) && !walk.IsNothing())
                to.Losses?.Add("answer.content"u8, walk.Name);
        }
    }

    /// <summary>A text, or parts of text (<c>{"type":"thinking","thinking":[{"type":"text","text":"…"}]}</c>).</summary>
    private void TellThought(ReadOnlySpan<byte> data, ref JsonWalk walk, int choice, AnswerWriter to)
    {
        TellText(NeutralKind.Thinking, data, TextOf(walk), choice, to);
        if (!walk.TryEnter(JsonToken.StartArray))
            return;
        while (walk.NextElement())
        {
            if (!walk.TryEnter(JsonToken.StartObject))
                continue;
            while (walk.NextMember())
            {
                if (walk.Is("text"u8))
                    TellText(NeutralKind.Thinking, data, TextOf(walk), choice, to);
                else if (!walk.Is("type"u8) && !walk.IsNothing())
                    to.Losses?.Add("answer.content.thinking"u8, walk.Name);
            }
        }
    }

    private static Piece TextOf(in JsonWalk walk) => walk.Token == JsonToken.String ? walk.Text : default;

    private void TellText(NeutralKind kind, ReadOnlySpan<byte> data, Piece text, int choice, AnswerWriter to)
    {
        if (text.Length == 0)
            return;
        ReadOnlySpan<byte> logprobs = default;
        if (kind == NeutralKind.Text)
        {
            logprobs = TokenLogprobs.Inside(data, _logprobs);
            _logprobs = default;
        }
        else if (kind == NeutralKind.Refusal)
        {
            logprobs = TokenLogprobs.Inside(data, _refusalLogprobs);
            _refusalLogprobs = default;
        }

        Pass(kind == NeutralKind.Thinking, choice);
        to.Take(new NeutralEvent(kind, text.Of(data)) { Choice = choice, Logprobs = logprobs });
    }

    private void Pass(bool isBehindText, int choice) => _behindText = isBehindText ? _behindText | (1u << choice) : _behindText & ~(1u << choice);

    private void TellCalls(ReadOnlySpan<byte> data, Piece calls, int choice, AnswerWriter to)
    {
        var walk = new JsonWalk(data, calls, stackalloc byte[ScratchBytes]);
        long ordinal = 0;
        for (var isIn = walk.TryBeginArray(); isIn && walk.NextElement();)
        {
            if (!walk.TryEnter(JsonToken.StartObject))
                continue;
            Call call = new() { Index = ordinal++ };
            while (walk.NextMember())
            {
                if (walk.Is("index"u8))
                    _ = walk.TryNumber(out call.Index);
                else if (walk.Is("id"u8) && walk.Token == JsonToken.String)
                    call.Id = walk.Text;
                else if (walk.Is("function"u8) && walk.TryEnter(JsonToken.StartObject))
                    ReadFunction(ref walk, ref call);
                else if (walk.Is("custom"u8) && walk.TryEnter(JsonToken.StartObject))
                {
                    call.IsCustom = true;
                    ReadFunction(ref walk, ref call);
                }
                else if (walk.Is("extra_content"u8) && walk.TryEnter(JsonToken.StartObject))
                    ReadProof(ref walk, ref call, to);
            }

            TellCall(data, call, choice, to);
        }
    }

    /// <summary>The only call of an answer, as it was before there could be several; some servers still tell it so.</summary>
    private void TellFunction(ReadOnlySpan<byte> data, Piece function, int choice, AnswerWriter to)
    {
        Call call = default;
        var walk = new JsonWalk(data, function, stackalloc byte[ScratchBytes]);
        if (walk.TryBegin())
            ReadFunction(ref walk, ref call);
        if (call.Name.Length > 0 || call.Arguments.Length > 0)
            TellCall(data, call, choice, to);
    }

    private static void ReadFunction(ref JsonWalk walk, ref Call call)
    {
        while (walk.NextMember())
        {
            if (walk.Token != JsonToken.String)
                continue;
            if (walk.Is("name"u8))
                call.Name = walk.Text;
            else if (walk.Is("arguments"u8) || walk.Is("input"u8))
                call.Arguments = walk.Text;
        }
    }

    /// <summary>What Google's own chat completions want to see again with a call.</summary>
    private static void ReadProof(ref JsonWalk walk, ref Call call, AnswerWriter to)
    {
        while (walk.NextMember())
        {
            if (!walk.Is("google"u8) || !walk.TryEnter(JsonToken.StartObject))
            {
                if (!walk.IsNothing())
                    to.Losses?.Add("answer.tool_calls.extra_content"u8);
                continue;
            }

            while (walk.NextMember())
            {
                if (walk.Is("thought_signature"u8) && walk.Token == JsonToken.String)
                    call.Proof = walk.Text;
                else if (!walk.IsNothing())
                    to.Losses?.Add("answer.tool_calls.extra_content"u8);
            }
        }
    }

    /// <summary>Calls are counted as they come first; a delta of one that is known brings arguments alone.</summary>
    private void TellCall(ReadOnlySpan<byte> data, in Call call, int choice, AnswerWriter to)
    {
        Pass(isBehindText: true, choice);
        if (call.IsCustom && !to.TakesCustomCalls)
        {
            to.Losses?.Add("answer.tool_calls.custom"u8);
            return;
        }

        var number = _calls[choice].NumberOf(call.Index, call.Id.Of(data), call.Name.Of(data), out var isNew);
        if (isNew)
        {
            to.Take(new NeutralEvent(NeutralKind.ToolCall)
            {
                Choice = choice,
                Call = number,
                Id = call.Id.Of(data),
                Name = call.Name.Of(data),
                Proof = call.Proof.Of(data),
                IsCustom = call.IsCustom,
            });
        }
        else if (call.Proof.IsPresent)
            to.Losses?.Add("answer.tool_calls.extra_content"u8);

        if (call.Arguments.Length > 0)
            to.Take(new NeutralEvent(NeutralKind.Arguments, call.Arguments.Of(data)) { Choice = choice, Call = number, IsCustom = call.IsCustom });
    }
}
