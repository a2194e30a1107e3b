using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Dialects.Gemini;

/// <summary>
/// Writes Gemini's answers: a chunk for each event, or one answer with all parts in it, of one candidate or of several. Arguments of a call stand whole in
/// one part, so they are kept until they are; the reasons are kept until the end, for the usage goes with them.
/// </summary>
internal sealed class ContentsAnswerWriter(bool isStream) : AnswerWriter
{
    private readonly TextBuffer _tail = new();
    private readonly Candidate?[] _candidates = new Candidate?[GeminiWords.CandidatesMax];
    private readonly GeminiLogprobs _logprobs = new();
    private int _count;
    private bool _isBegun;

    public override int ChoicesMax => GeminiWords.CandidatesMax;

    public override bool TellsCallsInTurn => true;

    public override void Take(in NeutralEvent item)
    {
        if (IsEnded)
            return;
        var candidate = Of(item.Choice);
        switch (item.Kind)
        {
            case NeutralKind.Start:
                Start(item.Name);
                break;
            case NeutralKind.Text or NeutralKind.Refusal:
                candidate.Refuses |= item.Kind == NeutralKind.Refusal && !item.Text.IsEmpty;
                Text(candidate, NeutralKind.Text, item);
                break;
            case NeutralKind.Thinking:
                Text(candidate, NeutralKind.Thinking, item);
                break;
            case NeutralKind.Signature or NeutralKind.HiddenThinking:
                LoseThought(item.Kind);
                break;
            case NeutralKind.ToolCall:
                BeginCall(candidate, item);
                break;
            case NeutralKind.Arguments:
                Arguments(candidate, candidate.Escaped, item);
                break;
            case NeutralKind.ArgumentsObject:
                Arguments(candidate, candidate.Arguments, item);
                break;
            case NeutralKind.Logprobs:
                TellLogprobs(candidate, item);
                break;
            case NeutralKind.Finish:
                Leave(candidate, item.Choice);
                candidate.Reason = item.Reason;
                break;
            case NeutralKind.Error when isStream:
                GeminiWords.WriteError(Out, item.Name, item.Text);
                IsEnded = true;
                break;
            case NeutralKind.Error:
                IsFaulted = true;
                break;
            case NeutralKind.End:
                End();
                break;
        }
    }

    public override void End()
    {
        if (IsEnded)
            return;
        IsEnded = true;
        _ = Of(0);
        for (var i = 0; i < _count; i++)
            Leave(_candidates[i]!, i);
        Out.Add(isStream ? "data: {\"candidates\":["u8 : "{\"candidates\":["u8);
        for (var i = 0; i < _count; i++)
        {
            var candidate = _candidates[i]!;
            Out.Add(i > 0 ? ",{\"content\":{\"parts\":["u8 : "{\"content\":{\"parts\":["u8)
                .Add(isStream || candidate.Parts.Length == 0 ? "{\"text\":\"\"}"u8 : candidate.Parts.Written)
                .Add("],\"role\":\"model\"},\"finishReason\":\""u8)
                .Add(GeminiWords.Finish(candidate.Refuses ? FinishReason.Filtered : candidate.Reason)).Add("\",\"index\":"u8).Add(i);
            WriteLogprobs(candidate);
            Out.Add("}"u8);
        }

        Out.Add("],\"usageMetadata\":"u8);
        GeminiWords.WriteUsage(Out, Usage);
        Out.Add(",\"modelVersion\":\""u8).Add(Model.Written).Add(_tail.Written).Add(isStream ? "\n\n"u8 : default);
    }

    public override void Release()
    {
        base.Release();
        _tail.Release();
        _logprobs.Release();
        foreach (var candidate in _candidates)
            candidate?.Release();
        _count = 0;
    }

    protected override void OnBegin(in AnswerFacts facts)
    {
        _isBegun = false;
        _tail.Add("\",\"responseId\":\""u8).Add(facts.Id).Add("\"}"u8);
    }

    /// <summary>The candidate of that number, and with it all before it.</summary>
    private Candidate Of(int number)
    {
        while (_count <= number)
        {
            (_candidates[_count] ??= new Candidate()).Begin();
            _count++;
        }

        return _candidates[number]!;
    }

    private void Start(ReadOnlySpan<byte> model)
    {
        if (_isBegun)
            return;
        _isBegun = true;
        Rename(model);
    }

    private void Text(Candidate candidate, NeutralKind kind, in NeutralEvent item)
    {
        if (isStream)
        {
            Leave(candidate, item.Choice);
            BeginChunk();
            Out.Add("{\"text\":\""u8).Add(item.Text).Add(kind == NeutralKind.Thinking ? "\",\"thought\":true}"u8 : "\"}"u8);
            EndChunk(candidate, item.Choice, item.Logprobs);
            return;
        }

        TokenLogprobs.Add(candidate.Logprobs, item.Logprobs);

        if (candidate.Open != kind)
        {
            Leave(candidate, item.Choice);
            candidate.Separate().Add(kind == NeutralKind.Thinking ? "{\"thought\":true,\"text\":\""u8 : "{\"text\":\""u8);
            candidate.Open = kind;
        }

        candidate.Parts.Add(item.Text);
    }

    /// <summary>A chunk of their own, in which nothing is said: a call that is open is told later, and whole.</summary>
    private void TellLogprobs(Candidate candidate, in NeutralEvent item)
    {
        if (!isStream)
        {
            TokenLogprobs.Add(candidate.Logprobs, item.Logprobs);
            return;
        }

        BeginChunk();
        Out.Add("{\"text\":\"\"}"u8);
        EndChunk(candidate, item.Choice, item.Logprobs);
    }

    private void BeginCall(Candidate candidate, in NeutralEvent call)
    {
        Leave(candidate, call.Choice);
        candidate.BeginCall(call.Call);
        candidate.Proof.Add(call.Proof);
        candidate.Call.Add("{\"functionCall\":{"u8);
        if (!call.Id.IsEmpty)
            candidate.Call.Add("\"id\":\""u8).Add(call.Id).Add("\","u8);
        candidate.Call.Add("\"name\":\""u8).Add(call.Name).Add("\",\"args\":"u8);
    }

    /// <summary>
    /// A part that has been told cannot be added to: arguments of an earlier call have no place any more. What is the inside of a string is
    /// unescaped when it is whole, for it may be cut within a pair of surrogates.
    /// </summary>
    private void Arguments(Candidate candidate, TextBuffer to, in NeutralEvent item)
    {
        if (candidate.Open != NeutralKind.ToolCall || item.Call != candidate.Number || to.Length + item.Text.Length > ArgumentsBytesMax)
            IsFaulted = true;
        else
            to.Add(item.Text);
    }

    /// <summary>Ends what is open: a text, or a call, whose arguments are there by now.</summary>
    private void Leave(Candidate candidate, int number)
    {
        if (candidate.Open == NeutralKind.ToolCall)
            LeaveCall(candidate, number);
        else if (!isStream && candidate.Open is NeutralKind.Text or NeutralKind.Thinking && candidate.Parts.Length > 0)
            candidate.Parts.Add("\"}"u8);
        candidate.Open = NeutralKind.Start;
    }

    private void LeaveCall(Candidate candidate, int number)
    {
        var arguments = candidate.Arguments;
        if (candidate.Escaped.Length > 0)
            arguments.AddUnescaped(candidate.Escaped.Written);
        var isObject = CallArguments.IsObject(arguments.Written);
        if (!isObject && arguments.Length > 0)
            Losses?.Add("answer.tool_calls.function.arguments"u8);

        // A line of a stream's event ends at its first line break; in JSON one can only stand between tokens.
        arguments.JoinLines();
        candidate.Call.Add(isObject ? arguments.Written : "{}"u8).Add("}"u8);
        if (candidate.Proof.Length > 0)
            candidate.Call.Add(",\"thoughtSignature\":\""u8).Add(candidate.Proof.Written).Add("\""u8);
        candidate.Call.Add("}"u8);
        if (!isStream)
        {
            candidate.Separate().Add(candidate.Call.Written);
            return;
        }

        BeginChunk();
        Out.Add(candidate.Call.Written);
        EndChunk(candidate, number, default);
    }

    private void BeginChunk() => Out.Add("data: {\"candidates\":[{\"content\":{\"parts\":["u8);

    private void EndChunk(Candidate candidate, int number, ReadOnlySpan<byte> logprobs)
    {
        Out.Add("],\"role\":\"model\"},\"index\":"u8).Add(number);
        if (!logprobs.IsEmpty)
            candidate.Tell(_logprobs, Out.Add(",\"logprobsResult\":"u8), logprobs);
        Out.Add("}],\"modelVersion\":\""u8).Add(Model.Written).Add(_tail.Written).Add("\n\n"u8);
    }

    /// <summary>At a candidate's end: what was probable of a whole answer, and the mean of all.</summary>
    private void WriteLogprobs(Candidate candidate)
    {
        if (candidate.Logprobs.Length > 0)
            candidate.Tell(_logprobs, Out.Add(",\"logprobsResult\":"u8), candidate.Logprobs.Written);
        if (candidate.Tokens > 0)
            GeminiLogprobs.WriteMean(Out.Add(",\"avgLogprobs\":"u8), candidate.LogprobSum, candidate.Tokens);
    }

    /// <summary>What has come of one candidate.</summary>
    private sealed class Candidate
    {
        private double _logprobSum;
        private long _tokens;

        public TextBuffer Parts { get; } = new();

        public TextBuffer Call { get; } = new();

        /// <summary>What proves the open call.</summary>
        public TextBuffer Proof { get; } = new();

        public TextBuffer Escaped { get; } = new();

        public TextBuffer Arguments { get; } = new();

        public TextBuffer Logprobs { get; } = new();

        public double LogprobSum => _logprobSum;

        /// <summary>Of how many it is the sum.</summary>
        public long Tokens => _tokens;

        public FinishReason Reason { get; set; }

        /// <summary>Its text is a refusal, which nothing but the reason of its end can say.</summary>
        public bool Refuses { get; set; }

        /// <summary>The kind of what is open; <see cref="NeutralKind.Start"/> for nothing.</summary>
        public NeutralKind Open { get; set; }

        /// <summary>Which call is open.</summary>
        public int Number { get; private set; }

        public void Begin()
        {
            Reason = FinishReason.Stop;
            Refuses = false;
            Open = NeutralKind.Start;
            (_logprobSum, _tokens) = (0, 0);
        }

        public void Tell(GeminiLogprobs form, TextBuffer to, ReadOnlySpan<byte> logprobs) => form.Write(to, logprobs, ref _logprobSum, ref _tokens);

        public void BeginCall(int number)
        {
            Open = NeutralKind.ToolCall;
            Number = number;
            Escaped.Clear();
            Arguments.Clear();
            Call.Clear();
            Proof.Clear();
        }

        /// <summary>The parts, where another may begin.</summary>
        public TextBuffer Separate() => Parts.Length > 0 ? Parts.Add(","u8) : Parts;

        public void Release()
        {
            Parts.Release();
            Call.Release();
            Proof.Release();
            Escaped.Release();
            Arguments.Release();
            Logprobs.Release();
        }
    }
}
