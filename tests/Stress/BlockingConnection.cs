using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace AiEdge.Stress.Tests;

/// <summary>HTTP/1.1 messages over a stream by blocking calls: as much of it as these tests speak.</summary>
internal sealed class BlockingConnection(Stream stream) : IDisposable
{
    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _end;

    public void Write(ReadOnlySpan<byte> bytes) => stream.Write(bytes);

    public void Write(string text) => Write(Encoding.UTF8.GetBytes(text));

    /// <summary>The next message; false where the connection ends instead.</summary>
    public bool TryReadMessage([NotNullWhen(true)] out string? head, out string body)
    {
        (head, body) = (null, "");
        var lines = new StringBuilder();
        while (TryReadLine() is { } line)
        {
            if (line.Length > 0)
            {
                lines.Append(line).Append('\n');
                continue;
            }

            head = lines.ToString();
            body = ReadBody(head);
            return true;
        }

        return false;
    }

    public void Dispose() => stream.Dispose();

    private string ReadBody(string head)
    {
        if (head.Contains("transfer-encoding: chunked", StringComparison.OrdinalIgnoreCase))
        {
            var text = new StringBuilder();
            while (int.Parse(TryReadLine() ?? throw new EndOfStreamException(), NumberStyles.HexNumber, CultureInfo.InvariantCulture) is var size and > 0)
            {
                text.Append(Read(size));
                TryReadLine();
            }

            TryReadLine();
            return text.ToString();
        }

        var field = head.IndexOf("content-length:", StringComparison.OrdinalIgnoreCase);
        if (field < 0)
            return "";
        var value = head.AsSpan(field + "content-length:".Length);
        return Read(int.Parse(value[..value.IndexOf('\n')], NumberStyles.AllowLeadingWhite, CultureInfo.InvariantCulture));
    }

    private string? TryReadLine()
    {
        var line = new StringBuilder();
        while (_start < _end || Fill())
        {
            var next = (char)_buffer[_start++];
            if (next == '\n')
                return line.ToString();
            if (next != '\r')
                line.Append(next);
        }

        return null;
    }

    private string Read(int count)
    {
        var bytes = new byte[count];
        for (var done = 0; done < count;)
        {
            if (_start == _end && !Fill())
                throw new EndOfStreamException();
            var part = Math.Min(count - done, _end - _start);
            _buffer.AsSpan(_start, part).CopyTo(bytes.AsSpan(done));
            _start += part;
            done += part;
        }

        return Encoding.UTF8.GetString(bytes);
    }

    private bool Fill()
    {
        _start = 0;
        _end = stream.Read(_buffer);
        return _end > 0;
    }
}
