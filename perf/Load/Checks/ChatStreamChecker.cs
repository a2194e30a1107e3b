using System.Text;
using AiEdge.FakeUpstream;

namespace AiEdge.Load;

/// <summary>
/// Reads an event stream line by line and checks each event of a chat completion: JSON, order and content, the finish, the usage, [DONE]
/// and nothing behind it. An event that differs from the one before it only in its content is recognised by its bytes and not parsed again.
/// </summary>
internal sealed class ChatStreamChecker(Expectation expected, Measures measures) : IBodyChecker
{
    private const int LineMax = 1 << 20;
    private readonly ByteWriter _line = new();
    private readonly ByteWriter _wanted = new();
    private byte[] _prefix = [];
    private byte[] _suffix = [];
    private bool _skipLineFeed;
    private bool _inEvent;
    private int _contents;
    private bool _usage;
    private bool _finish;
    private bool _done;
    private long _lastEvent;

    public int Events { get; private set; }

    public string? Fault { get; private set; }

    public string Example { get; private set; } = "";

    /// <summary>When the first event came (Stopwatch ticks), 0 before.</summary>
    public long FirstEvent { get; private set; }

    public void Begin()
    {
        _line.Clear();
        (_skipLineFeed, _inEvent, _contents, _usage, _finish, _done, _lastEvent) = (false, false, 0, false, false, false, 0);
        (Events, Fault, Example, FirstEvent) = (0, null, "", 0);
    }

    public void Feed(ReadOnlySpan<byte> bytes, long now)
    {
        while (bytes.Length > 0)
        {
            if (_skipLineFeed && bytes[0] == '\n')
                bytes = bytes[1..];
            _skipLineFeed = false;
            var end = bytes.IndexOfAny((byte)'\n', (byte)'\r');
            if (end < 0)
            {
                Keep(bytes);
                return;
            }

            _skipLineFeed = bytes[end] == '\r';
            if (_line.Length == 0)
            {
                Line(bytes[..end], now);
            }
            else
            {
                Keep(bytes[..end]);
                Line(_line.Span, now);
                _line.Clear();
            }

            bytes = bytes[(end + 1)..];
        }
    }

    public void End()
    {
        if (_line.Length > 0 || _inEvent)
            Fail("cut event", _line.Span);
        if (expected.Done && !_done)
            Fail("no [DONE]", default);
        if (expected.Chunks is { } chunks && chunks != _contents)
            Fail("wrong number of events", Encoding.UTF8.GetBytes($"{_contents} instead of {chunks}"));
        if (expected.Usage is { } usage && usage != _usage)
            Fail(usage ? "no usage" : "unasked usage", default);
        if (expected.Text && !_finish)
            Fail("no finish_reason", default);
    }

    private void Keep(ReadOnlySpan<byte> bytes)
    {
        if (_line.Length + bytes.Length > LineMax)
            Fail("line over 1 MiB", bytes);
        else
            _line.Add(bytes);
    }

    private void Line(ReadOnlySpan<byte> line, long now)
    {
        if (line.IsEmpty)
        {
            _inEvent = false;
            return;
        }

        if (!line.StartsWith("data:"u8))
            return;
        if (_inEvent)
            Fail("two data lines in an event", line);
        _inEvent = true;
        Events++;
        if (FirstEvent == 0)
            FirstEvent = now;
        measures.Event(_lastEvent == 0 ? -1 : now - _lastEvent);
        _lastEvent = now;
        Data(line[5..].TrimStart((byte)' '), now);
    }

    private void Data(ReadOnlySpan<byte> data, long now)
    {
        if (_done)
            Fail("event behind [DONE]", data);
        else if (data.SequenceEqual("[DONE]"u8))
            _done = true;
        else if (!IsNextByBytes(data))
            Read(data, now);
    }

    private bool IsNextByBytes(ReadOnlySpan<byte> data)
    {
        if (_prefix.Length == 0 || !expected.Text || !data.StartsWith(_prefix) || !data.EndsWith(_suffix))
            return false;
        _wanted.Clear();
        FakeText.WriteEscaped(_wanted, _contents);
        if (data.Length != _prefix.Length + _wanted.Length + _suffix.Length || !data[_prefix.Length..].StartsWith(_wanted.Span) || _contents >= expected.Chunks)
            return false;
        _contents++;
        return true;
    }

    private void Read(ReadOnlySpan<byte> data, long now)
    {
        if (!EventReading.TryRead(data, out var reading))
        {
            Fail("not JSON", data);
            return;
        }

        if (reading.HasError)
            Fail("error event", data);
        if (reading.Stamp > 0)
            measures.OneWay(now - reading.Stamp);
        if (reading.HasUsage)
            _usage = true;
        else if (_usage)
            Fail("event behind the usage", data);
        if (reading.FinishReason is not null)
            _finish = true;
        if (reading.Content is not { Length: > 0 } content)
            return;
        if (_finish && reading.FinishReason is null)
            Fail("content behind the finish", data);
        if (expected.Text && content != FakeText.Chunk(_contents))
            Fail("content", data);
        else if (expected.Text && reading.Stamp == 0)
            Learn(data);
        _contents++;
    }

    /// <summary>Keeps what stands around the content, so that the next event can be told by its bytes.</summary>
    private void Learn(ReadOnlySpan<byte> data)
    {
        _wanted.Clear();
        FakeText.WriteEscaped(_wanted, _contents);
        var key = data.IndexOf("\"content\":\""u8);
        if (key < 0 || !data[(key + 11)..].StartsWith(_wanted.Span))
            return;
        _prefix = data[..(key + 11)].ToArray();
        _suffix = data[(key + 11 + _wanted.Length)..].ToArray();
    }

    private void Fail(string fault, ReadOnlySpan<byte> example)
    {
        if (Fault is not null)
            return;
        Fault = fault;
        Example = Encoding.UTF8.GetString(example[..Math.Min(300, example.Length)]);
    }
}
