namespace AiEdge.DataPlane.Translate;

/// <summary>
/// Stands between a reader and a writer that tells calls one after the other, where a provider may tell parts of several in turn: what belongs to another
/// call than the open one is held until that has its arguments, which are an object in JSON, or nothing more can come of it. Where calls come one after the
/// other nothing is held. Reused by <see cref="Reset"/>; events allocate nothing once it has held as many calls.
/// </summary>
internal sealed class CallsInTurn : AnswerWriter
{
    /// <summary>Calls that wait at one time; one of more begins at once, and ends the open one. So does one that there is no room for.</summary>
    private const int HeldMax = 512;

    private readonly List<Turn> _turns = [];
    private AnswerWriter _to = null!;
    private int _heldBytes;

    public override int ChoicesMax => _to.ChoicesMax;

    public override bool TakesCustomCalls => _to.TakesCustomCalls;

    /// <summary>A new answer, to be told to <paramref name="to"/>.</summary>
    public void Reset(AnswerWriter to)
    {
        (_to, Losses) = (to, to.Losses);
        Release();
    }

    public override void Take(in NeutralEvent item)
    {
        switch (item.Kind)
        {
            case NeutralKind.ToolCall:
                Begin(Of(item.Choice), item);
                break;
            case NeutralKind.Arguments or NeutralKind.ArgumentsObject:
                Add(Of(item.Choice), item);
                break;
            case NeutralKind.End:
                End();
                _to.Take(item);
                break;
            case NeutralKind.Start or NeutralKind.Error or NeutralKind.Logprobs:
                _to.Take(item);
                break;
            default:
                Drain(Of(item.Choice), item.Choice, toEnd: true);
                _to.Take(item);
                break;
        }
    }

    /// <summary>Tells all that is held.</summary>
    public override void End()
    {
        for (var choice = 0; choice < _turns.Count; choice++)
            Drain(_turns[choice], choice, toEnd: true);
    }

    public override void Release()
    {
        base.Release();
        _heldBytes = 0;
        foreach (var turn in _turns)
            turn.Release();
    }

    protected override void OnBegin(in AnswerFacts facts)
    {
    }

    private Turn Of(int choice)
    {
        while (_turns.Count <= choice)
            _turns.Add(new Turn());
        return _turns[choice];
    }

    private void Begin(Turn turn, in NeutralEvent call)
    {
        var bytes = call.Id.Length + call.Name.Length + call.Proof.Length;
        if (turn.Open >= 0 && !turn.Ending.IsWhole && turn.HeldCount < HeldMax && _heldBytes + bytes <= ArgumentsBytesMax)
        {
            _heldBytes += bytes;
            turn.Hold(call);
            return;
        }

        turn.Begin(call.Call, call.IsCustom);
        _to.Take(call);
    }

    private void Add(Turn turn, in NeutralEvent item)
    {
        if (item.Call == turn.Open)
        {
            _to.Take(item);
            turn.Ending.Take(item);
            Drain(turn, item.Choice, toEnd: false);
        }
        else if (turn.Find(item.Call) is { } held && held.TryAdd(item, ArgumentsBytesMax - _heldBytes, out var added))
        {
            _heldBytes += added;
        }
        else if (item.Text.ContainsAnyExcept((byte)' ', (byte)'\t'))
        {
            // It is told: whoever cannot add to it says so.
            _to.Take(item);
        }
    }

    /// <summary>Tells calls that are held for as long as the one before has its arguments; all of them at the end.</summary>
    private void Drain(Turn turn, int choice, bool toEnd)
    {
        while (turn.HeldCount > 0 && (toEnd || turn.Ending.IsWhole))
        {
            var held = turn.First;
            turn.Begin(held.Call, held.IsCustom);
            _to.Take(new NeutralEvent(NeutralKind.ToolCall)
            {
                Choice = choice,
                Call = held.Call,
                Id = held.Id.Written,
                Name = held.Name.Written,
                Proof = held.Proof.Written,
                IsCustom = held.IsCustom,
            });
            var arguments = new NeutralEvent(NeutralKind.Arguments, held.Text.Written) { Choice = choice, Call = held.Call, IsCustom = held.IsCustom };
            if (held.Text.Length > 0)
                _to.Take(arguments);
            turn.Ending.Take(arguments);
            _heldBytes -= held.Length;
            turn.RemoveFirst();
        }

        if (toEnd)
            turn.Open = -1;
    }

    /// <summary>The calls of one choice: the open one, and those that wait for it.</summary>
    private sealed class Turn
    {
        private readonly List<HeldCall> _held = [];

        public ArgumentsEnd Ending;

        /// <summary>Which call is open; -1 for none.</summary>
        public int Open { get; set; } = -1;

        public int HeldCount { get; private set; }

        public HeldCall First => _held[0];

        /// <summary>What is a text has no end that could be seen: the next call ends it.</summary>
        public void Begin(int call, bool isCustom)
        {
            Open = call;
            Ending = new ArgumentsEnd { IsWhole = isCustom };
        }

        public void Hold(in NeutralEvent call)
        {
            if (HeldCount == _held.Count)
                _held.Add(new HeldCall());
            _held[HeldCount++].Begin(call);
        }

        public HeldCall? Find(int call)
        {
            for (var i = 0; i < HeldCount; i++)
            {
                if (_held[i].Call == call)
                    return _held[i];
            }

            return null;
        }

        /// <summary>Its place is kept for another, behind those that wait.</summary>
        public void RemoveFirst()
        {
            var first = _held[0];
            first.Release();
            _held.RemoveAt(0);
            _held.Add(first);
            HeldCount--;
        }

        public void Release()
        {
            foreach (var held in _held)
                held.Release();
            HeldCount = 0;
            Open = -1;
            Ending = default;
        }
    }

    private sealed class HeldCall
    {
        public int Call { get; private set; }

        public bool IsCustom { get; private set; }

        public TextBuffer Id { get; } = new();

        public TextBuffer Name { get; } = new();

        public TextBuffer Proof { get; } = new();

        /// <summary>Its arguments so far, the inside of a string.</summary>
        public TextBuffer Text { get; } = new();

        /// <summary>Bytes that it takes.</summary>
        public int Length => Id.Length + Name.Length + Proof.Length + Text.Length;

        public void Begin(in NeutralEvent call)
        {
            (Call, IsCustom) = (call.Call, call.IsCustom);
            Id.Add(call.Id);
            Name.Add(call.Name);
            Proof.Add(call.Proof);
        }

        /// <summary>False where it would take more than there is room for; it is as it was then.</summary>
        public bool TryAdd(in NeutralEvent item, int room, out int added)
        {
            (var before, added) = (Text.Length, 0);
            if (item.Text.Length > room)
                return false;
            if (item.Kind == NeutralKind.Arguments)
                Text.Add(item.Text);
            else
                Text.AddEscaped(item.Text);
            added = Text.Length - before;
            if (added <= room)
                return true;
            Text.Truncate(before);
            return false;
        }

        public void Release()
        {
            Id.Release();
            Name.Release();
            Proof.Release();
            Text.Release();
        }
    }
}

/// <summary>Whether arguments that come in parts are a whole object or list by now. Whether they are well formed is not looked at.</summary>
internal struct ArgumentsEnd
{
    private int _depth;
    private bool _isInString;
    private bool _isEscape;

    public bool IsWhole { get; set; }

    /// <summary>Takes the next part. No escape is cut in two, for a part is a string of its own.</summary>
    public void Take(in NeutralEvent item)
    {
        if (item.Kind == NeutralKind.ArgumentsObject)
        {
            IsWhole = true;
            return;
        }

        var text = item.Text;
        for (var i = 0; i < text.Length && !IsWhole; i++)
        {
            if (text[i] == (byte)'\\' && i + 1 < text.Length)
                Read(Unescaped(text, ref i));
            else
                Read(text[i]);
        }
    }

    /// <summary>The ASCII character that an escape stands for, as far as it matters here; goes to the escape's last byte.</summary>
    private static byte Unescaped(ReadOnlySpan<byte> text, ref int i)
    {
        var sign = text[++i];
        if (sign != (byte)'u')
            return sign is (byte)'"' or (byte)'\\' ? sign : (byte)' ';
        var digits = text.Slice(i + 1, Math.Min(4, text.Length - i - 1));
        i += digits.Length;
        return System.Buffers.Text.Utf8Parser.TryParse(digits, out ushort code, out _, 'x') && code < 0x80 ? (byte)code : (byte)' ';
    }

    private void Read(byte c)
    {
        if (_isEscape)
            _isEscape = false;
        else if (_isInString)
            (_isEscape, _isInString) = (c == (byte)'\\', c != (byte)'"');
        else if (c == (byte)'"')
            _isInString = true;
        else if (c is (byte)'{' or (byte)'[')
            _depth++;
        else if (c is (byte)'}' or (byte)']')
            IsWhole = --_depth <= 0;
    }
}
