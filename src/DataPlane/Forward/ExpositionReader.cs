using System.Buffers.Text;

namespace AiEdge.DataPlane.Forward;

/// <summary>
/// Reads metrics in Prometheus' text exposition format (version 0.0.4) as they arrive, and of them what says how busy a server is. Whatever else
/// there is, whether well-formed or not, is passed over. Keeps at most one line.
/// </summary>
internal sealed class ExpositionReader
{
    /// <summary>A longer line is passed over.</summary>
    public const int LineBytesMax = 8 * 1024;

    private readonly byte[] _line = new byte[LineBytesMax];
    private int _length;
    private bool _isTooLong;

    public void Reset()
    {
        _length = 0;
        _isTooLong = false;
    }

    /// <summary>Reads on.</summary>
    public void Read(ReadOnlySpan<byte> piece, ReportedLoads loads)
    {
        while (!piece.IsEmpty)
        {
            var end = piece.IndexOf((byte)'\n');
            var part = end < 0 ? piece : piece[..end];
            _isTooLong |= _length + part.Length > LineBytesMax;
            if (end >= 0 && _length == 0 && !_isTooLong)
            {
                ReadLine(part, loads);
            }
            else
            {
                if (!_isTooLong)
                    part.CopyTo(_line.AsSpan(_length));
                _length = _isTooLong ? 0 : _length + part.Length;
                if (end >= 0)
                    EndLine(loads);
            }

            piece = end < 0 ? default : piece[(end + 1)..];
        }
    }

    /// <summary>Nothing more comes: what stands behind the last line feed is a line, too.</summary>
    public void End(ReportedLoads loads) => EndLine(loads);

    private void EndLine(ReportedLoads loads)
    {
        if (!_isTooLong)
            ReadLine(_line.AsSpan(0, _length), loads);
        Reset();
    }

    private static void ReadLine(ReadOnlySpan<byte> line, ReportedLoads loads)
    {
        line = line.Trim(" \t\r"u8);
        var end = line.IndexOfAny("{ \t"u8);
        if (end <= 0 || SignalOf(line[..end]) is not { } signal)
            return;
        var rest = line[end..].TrimStart(" \t"u8);
        var model = ReadOnlySpan<byte>.Empty;
        if (rest.StartsWith((byte)'{') && !TryReadLabels(ref rest, out model))
            return;
        rest = rest.TrimStart(" \t"u8);

        // A moment may stand behind the value.
        var length = rest.IndexOfAny((byte)' ', (byte)'\t') is var at and >= 0 ? at : rest.Length;
        if (Utf8Parser.TryParse(rest[..length], out double value, out var used) && used == length && value >= 0 && double.IsFinite(value))
            loads.Add(signal, model, value);
    }

    /// <summary>Takes labels off, and says which model they name; false where they do not end, or are none.</summary>
    private static bool TryReadLabels(scoped ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> model)
    {
        model = default;
        rest = rest[1..];
        while (true)
        {
            rest = rest.TrimStart(" \t,"u8);
            if (rest.StartsWith((byte)'}'))
            {
                rest = rest[1..];
                return true;
            }

            var equals = rest.IndexOf((byte)'=');
            if (equals <= 0)
                return false;
            var name = rest[..equals].TrimEnd(" \t"u8);
            rest = rest[(equals + 1)..].TrimStart(" \t"u8);
            if (!rest.StartsWith((byte)'"') || EndOfText(rest) is not (> 0 and var end))
                return false;
            if (name.SequenceEqual("model_name"u8))
                model = rest[1..end];
            rest = rest[(end + 1)..];
        }
    }

    /// <summary>Where the text ends that begins with a quotation mark: at the next one that no backslash stands before; -1 where it does not.</summary>
    private static int EndOfText(ReadOnlySpan<byte> text)
    {
        for (var i = 1; i < text.Length; i++)
        {
            if (text[i] == '"')
                return i;
            if (text[i] == '\\')
                i++;
        }

        return -1;
    }

    /// <summary>
    /// What a metric says, by the names that vLLM, SGLang, Hugging Face's TGI and llama.cpp's server have for it; some exporters write an underscore for
    /// the colon.
    /// </summary>
    private static LoadSignal? SignalOf(ReadOnlySpan<byte> name)
    {
        if (name.StartsWith("vllm"u8))
            return OfVllm(Behind(name, 4));
        if (name.StartsWith("sglang"u8))
            return OfSglang(Behind(name, 6));
        if (name.StartsWith("llamacpp"u8))
            return OfLlamaCpp(Behind(name, 8));
        return name.SequenceEqual("tgi_queue_size"u8) ? LoadSignal.Waiting
            : name.SequenceEqual("tgi_batch_current_size"u8) ? LoadSignal.Running : null;
    }

    private static ReadOnlySpan<byte> Behind(ReadOnlySpan<byte> name, int prefix) =>
        name.Length > prefix && name[prefix] is (byte)':' or (byte)'_' ? name[(prefix + 1)..] : default;

    /// <summary>Until version 0.10 the cache was called the GPU's; both are there for a while.</summary>
    private static LoadSignal? OfVllm(ReadOnlySpan<byte> name) =>
        name.SequenceEqual("num_requests_waiting"u8) ? LoadSignal.Waiting
        : name.SequenceEqual("num_requests_running"u8) ? LoadSignal.Running
        : name.SequenceEqual("kv_cache_usage_perc"u8) || name.SequenceEqual("gpu_cache_usage_perc"u8) ? LoadSignal.CacheUse : null;

    private static LoadSignal? OfSglang(ReadOnlySpan<byte> name) =>
        name.SequenceEqual("num_queue_reqs"u8) ? LoadSignal.Waiting
        : name.SequenceEqual("num_running_reqs"u8) ? LoadSignal.Running
        : name.SequenceEqual("token_usage"u8) ? LoadSignal.CacheUse : null;

    private static LoadSignal? OfLlamaCpp(ReadOnlySpan<byte> name) =>
        name.SequenceEqual("requests_deferred"u8) ? LoadSignal.Waiting
        : name.SequenceEqual("requests_processing"u8) ? LoadSignal.Running
        : name.SequenceEqual("kv_cache_usage_ratio"u8) ? LoadSignal.CacheUse : null;
}
