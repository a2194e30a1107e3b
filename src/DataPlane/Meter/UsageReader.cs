using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Meter;

/// <summary>
/// Reads one <c>usage</c> object, token by token, in the spelling of its dialect. What is not a whole number from 0 to
/// <see cref="Usage.TokensMax"/> is as good as absent; of two members of one name the last counts.
/// </summary>
internal struct UsageReader
{
    private Usage _usage;
    private UsageField _field;
    private AnswerWords? _words;
    private bool _hasTotal;
    private long _furtherInput;
    private Usage _iteration;
    private Usage _furtherIterations;
    private bool _isFurther;
    private byte _depth;
    private TierName _tier;
    private TierName _speed;
    private TierName _place;
    private UsageField _list;
    private UsageField _kind;
    private long _count;

    /// <summary>Takes the start token of the usage object and enters it.</summary>
    /// <param name="scanner">Stands on that token.</param>
    /// <param name="words">The dialect's spelling.</param>
    /// <param name="goesOn">Whether what an earlier object of the same answer said still holds where this one says nothing.</param>
    public void Begin(ref JsonScanner scanner, AnswerWords words, bool goesOn = false)
    {
        if (!goesOn)
            this = default;
        _words = words;
        _field = _list = UsageField.Other;
        scanner.Enter();
        _depth = (byte)scanner.Depth;
    }

    /// <summary>Takes the next token; false after the one that ends the usage object.</summary>
    public bool Take(ref JsonScanner scanner, ReadOnlySpan<byte> bytes)
    {
        if (_list != UsageField.Other)
        {
            if (_list == UsageField.Iterations)
                TakeIteration(ref scanner, bytes);
            else
                TakePart(ref scanner, bytes);
            return true;
        }

        switch (scanner.Token)
        {
            case JsonToken.StartArray when scanner.Depth == _depth + 1 && (_field is UsageField.InputParts or UsageField.OutputParts or UsageField.Iterations):
                BeginParts();
                scanner.Enter();
                return true;
            case JsonToken.Name:
                _field = scanner.Depth == _depth ? _words!.FieldOf(scanner.Text(bytes)) : _words!.DetailOf(scanner.Text(bytes), DetailsOf(_field));
                return true;
            case JsonToken.StartObject when scanner.Depth == _depth + 1 && (_field is UsageField.InputDetails or UsageField.OutputDetails):
                scanner.Enter();
                return true;
            case JsonToken.Number:
                if (TryReadCount(scanner.Text(bytes), out long count))
                    Set(ref _usage, count);
                break;
            case JsonToken.String when scanner.Depth == _depth && !scanner.IsEscaped:
                SetName(scanner.Text(bytes));
                break;
            case JsonToken.EndObject when scanner.Depth < _depth:
                return false;
        }

        // Inside details the field falls back to the object it is in, so that the next name is read as a detail of it.
        _field = scanner.Depth > _depth ? DetailsOf(_field) : UsageField.Other;
        return true;
    }

    /// <summary>What was read; a total that the provider leaves out is input and output together, and 0 until its words have made one usage of it.</summary>
    public readonly Usage Result
    {
        get
        {
            Usage usage = _usage;
            usage.InputTokens += _furtherInput;
            (usage.Speed, usage.Place) = (_speed, _place);
            if (_furtherIterations.IsPresent)
            {
                Usage further = _furtherIterations;
                usage.Add(further);
                _words?.Finish(ref further);
                (usage.HasFurther, usage.FurtherInputTokens) = (true, further.InputTokens);
            }

            _words?.Finish(ref usage);
            if (!_hasTotal)
                usage.TotalTokens = usage.InputTokens + usage.OutputTokens;
            return usage;
        }
    }

    /// <summary>The tier of service that the usage names, or empty.</summary>
    [UnscopedRef]
    public readonly ReadOnlySpan<byte> Tier => _tier.Utf8;

    /// <summary>What a list says holds alone, whatever an earlier one said.</summary>
    private void BeginParts()
    {
        _list = _field;
        if (_list == UsageField.Iterations)
            _furtherIterations = default;
        else if (_list == UsageField.InputParts)
            _usage.AudioInputTokens = _usage.ImageInputTokens = 0;
        else
            _usage.AudioOutputTokens = _usage.ImageOutputTokens = 0;
    }

    /// <summary>The next token of a list of parts, each of which is one kind's count.</summary>
    private void TakePart(ref JsonScanner scanner, ReadOnlySpan<byte> bytes)
    {
        switch (scanner.Token)
        {
            case JsonToken.StartObject when scanner.Depth == _depth + 2:
                (_kind, _count) = (UsageField.Other, 0);
                scanner.Enter();
                break;
            case JsonToken.Name:
                _field = _words!.DetailOf(scanner.Text(bytes), _list);
                return;
            case JsonToken.String when _field == UsageField.PartKind:
                _kind = KindOf(scanner.Text(bytes));
                break;
            case JsonToken.Number when _field == UsageField.PartCount:
                _count = TryReadCount(scanner.Text(bytes), out long count) ? count : 0;
                break;
            case JsonToken.EndObject when scanner.Depth == _depth + 1:
                AddPart();
                break;
            case JsonToken.EndArray when scanner.Depth == _depth:
                _list = UsageField.Other;
                break;
        }

        _field = UsageField.Other;
    }

    /// <summary>The next token of the list of iterations, each of which has counts of its own. Its kind may stand behind them.</summary>
    private void TakeIteration(ref JsonScanner scanner, ReadOnlySpan<byte> bytes)
    {
        switch (scanner.Token)
        {
            case JsonToken.StartObject when scanner.Depth == _depth + 2:
                (_iteration, _isFurther) = (default, false);
                scanner.Enter();
                break;
            case JsonToken.StartObject when scanner.Depth == _depth + 3 && _field == UsageField.InputDetails:
                scanner.Enter();
                return;
            case JsonToken.Name:
                ReadOnlySpan<byte> name = scanner.Text(bytes);
                _field = scanner.Depth == _depth + 2 ? _words!.FieldOf(name) : _words!.DetailOf(name, UsageField.InputDetails);
                return;
            case JsonToken.String when _field == UsageField.PartKind:
                _isFurther = _words!.IsFurther(scanner.Text(bytes));
                break;
            case JsonToken.Number when TryReadCount(scanner.Text(bytes), out long count):
                Set(ref _iteration, count);
                break;
            case JsonToken.EndObject when scanner.Depth == _depth + 1 && _isFurther:
                _furtherIterations.Add(_iteration);
                _furtherIterations.IsPresent = true;
                break;
            case JsonToken.EndArray when scanner.Depth == _depth:
                _list = UsageField.Other;
                break;
        }

        _field = UsageField.Other;
    }

    private readonly UsageField KindOf(ReadOnlySpan<byte> word)
    {
        bool isInput = _list == UsageField.InputParts;
        if (word.SequenceEqual("AUDIO"u8))
            return isInput ? UsageField.AudioInput : UsageField.AudioOutput;
        return !word.SequenceEqual("IMAGE"u8) ? UsageField.Other : isInput ? UsageField.ImageInput : UsageField.ImageOutput;
    }

    private void AddPart()
    {
        switch (_kind)
        {
            case UsageField.AudioInput:
                _usage.AudioInputTokens += _count;
                break;
            case UsageField.ImageInput:
                _usage.ImageInputTokens += _count;
                break;
            case UsageField.AudioOutput:
                _usage.AudioOutputTokens += _count;
                break;
            case UsageField.ImageOutput:
                _usage.ImageOutputTokens += _count;
                break;
        }
    }

    private static bool TryReadCount(ReadOnlySpan<byte> text, out long count) =>
        Utf8Parser.TryParse(text, out count, out int used) && used == text.Length && count is >= 0 and <= Usage.TokensMax;

    private static UsageField DetailsOf(UsageField field) =>
        field is UsageField.OutputDetails or UsageField.Reasoning or UsageField.AudioOutput or UsageField.ImageOutput
            ? UsageField.OutputDetails
            : UsageField.InputDetails;

    /// <summary>What is no count. The common speed is none: a price that has a factor for the tier of that name does not mean it.</summary>
    private void SetName(ReadOnlySpan<byte> word)
    {
        switch (_field)
        {
            case UsageField.Tier:
                _tier.Learn(_words!.TierOf(word));
                break;
            case UsageField.Speed:
                _speed.Set(word.SequenceEqual("standard"u8) ? default : word);
                break;
            case UsageField.Place:
                _place.Set(word);
                break;
        }
    }

    private void Set(ref Usage usage, long count)
    {
        switch (_field)
        {
            case UsageField.Input:
                usage.InputTokens = count;
                usage.IsPresent = true;
                break;
            case UsageField.Output:
                usage.OutputTokens = count;
                usage.IsPresent = true;
                break;
            case UsageField.Total:
                usage.TotalTokens = count;
                usage.IsPresent = _hasTotal = true;
                break;
            case UsageField.CachedInput:
                usage.CachedInputTokens = count;
                break;
            case UsageField.CacheWrite:
                usage.CacheWriteTokens = count;
                break;
            case UsageField.CacheWriteHour:
                usage.CacheWriteHourTokens = count;
                break;
            case UsageField.ImageInput:
                usage.ImageInputTokens = count;
                break;
            case UsageField.AudioInput:
                usage.AudioInputTokens = count;
                break;
            case UsageField.Reasoning:
                usage.ReasoningTokens = count;
                break;
            case UsageField.FurtherInput:
                _furtherInput = count;
                break;
            case UsageField.AudioOutput:
                usage.AudioOutputTokens = count;
                break;
            case UsageField.ImageOutput:
                usage.ImageOutputTokens = count;
                break;
        }
    }
}
