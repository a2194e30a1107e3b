using System.Buffers.Text;
using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Meter;

/// <summary>
/// Reads one <c>usage</c> object, token by token, in both of OpenAI's spellings (prompt/completion and input/output). What is
/// not a whole number from 0 to <see cref="Usage.TokensMax"/> is as good as absent; of two members of one name the last counts.
/// </summary>
internal struct UsageReader
{
    private Usage _usage;
    private Field _field;
    private bool _hasTotal;
    private byte _depth;

    private enum Field : byte
    {
        Other,
        Input,
        Output,
        Total,
        InputDetails,
        OutputDetails,
        CachedInput,
        CacheWrite,
        AudioInput,
        ImageInput,
        Reasoning,
        AudioOutput,
    }

    /// <summary>Takes the start token of the usage object and enters it.</summary>
    public void Begin(ref JsonScanner scanner)
    {
        this = default;
        scanner.Enter();
        _depth = (byte)scanner.Depth;
    }

    /// <summary>Takes the next token; false after the one that ends the usage object.</summary>
    public bool Take(ref JsonScanner scanner, ReadOnlySpan<byte> bytes)
    {
        switch (scanner.Token)
        {
            case JsonToken.Name:
                _field = scanner.Depth == _depth ? FieldOf(scanner.Text(bytes)) : DetailOf(scanner.Text(bytes), _field);
                return true;
            case JsonToken.StartObject when scanner.Depth == _depth + 1 && (_field is Field.InputDetails or Field.OutputDetails):
                scanner.Enter();
                return true;
            case JsonToken.Number:
                if (TryReadCount(scanner.Text(bytes), out long count))
                    Set(count);
                break;
            case JsonToken.EndObject when scanner.Depth < _depth:
                return false;
        }

        // Inside details the field falls back to the object it is in, so that the next name is read as a detail of it.
        _field = scanner.Depth > _depth ? DetailsOf(_field) : Field.Other;
        return true;
    }

    /// <summary>What was read; a total that the provider leaves out is input and output together.</summary>
    public readonly Usage Result
    {
        get
        {
            Usage usage = _usage;
            if (!_hasTotal)
                usage.TotalTokens = usage.InputTokens + usage.OutputTokens;
            return usage;
        }
    }

    private static bool TryReadCount(ReadOnlySpan<byte> text, out long count) =>
        Utf8Parser.TryParse(text, out count, out int used) && used == text.Length && count is >= 0 and <= Usage.TokensMax;

    private static Field FieldOf(ReadOnlySpan<byte> name)
    {
        if (name.SequenceEqual("prompt_tokens"u8) || name.SequenceEqual("input_tokens"u8))
            return Field.Input;
        if (name.SequenceEqual("completion_tokens"u8) || name.SequenceEqual("output_tokens"u8))
            return Field.Output;
        if (name.SequenceEqual("total_tokens"u8))
            return Field.Total;
        if (name.SequenceEqual("prompt_tokens_details"u8) || name.SequenceEqual("input_tokens_details"u8))
            return Field.InputDetails;
        if (name.SequenceEqual("completion_tokens_details"u8) || name.SequenceEqual("output_tokens_details"u8))
            return Field.OutputDetails;

        // Not OpenAI's own, but of providers that speak its dialect.
        if (name.SequenceEqual("prompt_cache_hit_tokens"u8) || name.SequenceEqual("cache_read_input_tokens"u8))
            return Field.CachedInput;
        return name.SequenceEqual("cache_creation_input_tokens"u8) ? Field.CacheWrite : Field.Other;
    }

    private static Field DetailOf(ReadOnlySpan<byte> name, Field within)
    {
        bool output = DetailsOf(within) == Field.OutputDetails;
        if (name.SequenceEqual("audio_tokens"u8))
            return output ? Field.AudioOutput : Field.AudioInput;
        if (!output && name.SequenceEqual("cached_tokens"u8))
            return Field.CachedInput;
        if (!output && (name.SequenceEqual("cache_write_tokens"u8) || name.SequenceEqual("cache_creation_tokens"u8)))
            return Field.CacheWrite;
        if (!output && name.SequenceEqual("image_tokens"u8))
            return Field.ImageInput;
        if (output && name.SequenceEqual("reasoning_tokens"u8))
            return Field.Reasoning;
        return output ? Field.OutputDetails : Field.InputDetails;
    }

    private static Field DetailsOf(Field field) =>
        field is Field.OutputDetails or Field.Reasoning or Field.AudioOutput ? Field.OutputDetails : Field.InputDetails;

    private void Set(long count)
    {
        switch (_field)
        {
            case Field.Input:
                _usage.InputTokens = count;
                _usage.IsPresent = true;
                break;
            case Field.Output:
                _usage.OutputTokens = count;
                _usage.IsPresent = true;
                break;
            case Field.Total:
                _usage.TotalTokens = count;
                _usage.IsPresent = _hasTotal = true;
                break;
            case Field.CachedInput:
                _usage.CachedInputTokens = count;
                break;
            case Field.CacheWrite:
                _usage.CacheWriteTokens = count;
                break;
            case Field.ImageInput:
                _usage.ImageInputTokens = count;
                break;
            case Field.AudioInput:
                _usage.AudioInputTokens = count;
                break;
            case Field.Reasoning:
                _usage.ReasoningTokens = count;
                break;
            case Field.AudioOutput:
                _usage.AudioOutputTokens = count;
                break;
        }
    }
}
