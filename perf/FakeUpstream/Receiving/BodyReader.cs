using System.Buffers;
using System.IO.Pipelines;
using System.Text;

namespace AiEdge.FakeUpstream;

/// <summary>Reads one body by its framing, judged strictly. Bytes beyond what is to be kept are counted and dropped.</summary>
internal sealed class BodyReader(PipeReader input)
{
    private readonly List<KeyValuePair<string, string>> _trailers = [];
    private readonly List<string> _oddities = [];
    private byte[] _kept = [];
    private int _keptLength;
    private int _keptMax;

    /// <summary>What broke the framing, or null.</summary>
    public string? Fault { get; private set; }

    public long Length { get; private set; }

    public ReadOnlyMemory<byte> Kept => _kept.AsMemory(0, _keptLength);

    public IReadOnlyList<KeyValuePair<string, string>> Trailers => _trailers;

    public IReadOnlyList<string> Oddities => _oddities;

    /// <summary>Lets the caller keep the bytes: the next body gets an array of its own.</summary>
    public void Detach() => (_kept, _keptLength) = ([], 0);

    /// <summary>False if the client left before the body's end, or if the framing is broken.</summary>
    public async ValueTask<bool> TryReadAsync(RequestHead head, int keptMax)
    {
        (Fault, Length, _keptLength, _keptMax) = (null, 0, 0, keptMax);
        _trailers.Clear();
        _oddities.Clear();
        if (!head.Chunked)
            return head.ContentLength <= 0 || await TryTakeAsync(head.ContentLength);
        while (true)
        {
            var line = await ReadLineAsync();
            if (line is null || !TryParseSize(line, out var size))
                return false;
            if (size == 0)
                return await TryReadTrailersAsync();
            if (!await TryTakeAsync(size))
                return false;
            if (await ReadLineAsync() is not "")
            {
                Fault ??= "chunk data is not followed by CRLF";
                return false;
            }
        }
    }

    private bool TryParseSize(string line, out long size)
    {
        var semicolon = line.IndexOf(';', StringComparison.Ordinal);
        var digits = semicolon < 0 ? line : line[..semicolon];
        if (semicolon >= 0)
            _oddities.Add("chunk extension " + line[semicolon..]);
        size = 0;
        if (digits.Length is 0 or > 15 || !digits.All(char.IsAsciiHexDigit))
        {
            Fault = "chunk size is not a hexadecimal number";
            return false;
        }

        if (digits.Length > 1 && digits[0] == '0' && digits.Trim('0').Length > 0)
            _oddities.Add("chunk size with leading zeros");
        size = Convert.ToInt64(digits, 16);
        return true;
    }

    private async ValueTask<bool> TryReadTrailersAsync()
    {
        while (await ReadLineAsync() is { } line)
        {
            if (line.Length == 0)
                return true;
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0 || Encoding.Latin1.GetBytes(line[..colon]).AsSpan().ContainsAnyExcept(HttpBytes.Token))
            {
                Fault = "trailer line without a name";
                return false;
            }

            _trailers.Add(KeyValuePair.Create(line[..colon], line[(colon + 1)..].Trim(' ', '\t')));
        }

        return false;
    }

    /// <summary>A line without its CRLF, or null if the client left or the line breaks the grammar.</summary>
    private async ValueTask<string?> ReadLineAsync()
    {
        while (true)
        {
            var read = await input.ReadAsync();
            if (read.Buffer.PositionOf((byte)'\n') is { } end)
            {
                var line = Encoding.Latin1.GetString(read.Buffer.Slice(0, end));
                input.AdvanceTo(read.Buffer.GetPosition(1, end));
                if (line.EndsWith('\r') && line.IndexOfAny(['\r', '\0']) == line.Length - 1)
                    return line[..^1];
                Fault = "bare CR or LF in the chunk framing";
                return null;
            }

            var tooLong = read.Buffer.Length > 16 * 1024;
            input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            if (tooLong)
                Fault = "chunk line too long";
            if (read.IsCompleted || tooLong)
                return null;
        }
    }

    private async ValueTask<bool> TryTakeAsync(long count)
    {
        while (count > 0)
        {
            var read = await input.ReadAsync();
            var part = read.Buffer.Length > count ? read.Buffer.Slice(0, count) : read.Buffer;
            foreach (var segment in part)
                Keep(segment.Span, count);
            count -= part.Length;
            Length += part.Length;
            input.AdvanceTo(part.End);
            if (read.IsCompleted && count > 0 && part.IsEmpty)
                return false;
        }

        return true;
    }

    private void Keep(ReadOnlySpan<byte> bytes, long expected)
    {
        bytes = bytes[..Math.Min(bytes.Length, _keptMax - _keptLength)];
        if (_kept.Length - _keptLength < bytes.Length)
        {
            var wanted = Math.Min(_keptMax, Math.Max(_keptLength + Math.Min(expected, 1 << 20), (long)_kept.Length * 2));
            Array.Resize(ref _kept, (int)Math.Max(wanted, _keptLength + bytes.Length));
        }

        bytes.CopyTo(_kept.AsSpan(_keptLength));
        _keptLength += bytes.Length;
    }
}
