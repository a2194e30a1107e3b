using System.Text;
using AiEdge.FakeUpstream;

namespace AiEdge.Load;

/// <summary>Collects a body that is no stream, and checks it as one chat completion.</summary>
internal sealed class WholeAnswerChecker(Expectation expected) : IBodyChecker
{
    private const int BytesMax = 16 << 20;
    private readonly ByteWriter _body = new();
    private readonly string? _text = expected.Text && expected.Chunks is { } chunks ? FakeText.All(chunks) : null;

    public int Events => 0;

    public string? Fault { get; private set; }

    public string Example { get; private set; } = "";

    public void Begin()
    {
        _body.Clear();
        (Fault, Example) = (null, "");
    }

    public void Feed(ReadOnlySpan<byte> bytes, long now)
    {
        if (_body.Length + bytes.Length <= BytesMax)
            _body.Add(bytes);
        else
            Fault ??= "body over 16 MiB";
    }

    public void End()
    {
        if (!expected.Text && expected.Usage is null)
            return;
        if (!EventReading.TryRead(_body.Span, out var reading))
            Fault ??= "not JSON";
        else if (reading.HasError)
            Fault ??= "error body";
        else if (_text is not null && reading.Content != _text)
            Fault ??= "content";
        else if (expected.Usage is { } usage && usage != reading.HasUsage)
            Fault ??= usage ? "no usage" : "unasked usage";
        if (Fault is not null)
            Example = Encoding.UTF8.GetString(_body.Span[..Math.Min(300, _body.Length)]);
    }
}
