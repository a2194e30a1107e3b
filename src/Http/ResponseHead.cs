namespace AiEdge.Http;

/// <summary>The head of a response (RFC 9112 section 4).</summary>
public sealed class ResponseHead : MessageHead
{
    private int _reasonStart;
    private int _reasonLength;

    internal ResponseHead(int bytesMax) : base(bytesMax)
    {
    }

    /// <summary>100 to 599, never 101.</summary>
    public int Status { get; internal set; }

    /// <summary>The reason phrase; often empty, never of any meaning.</summary>
    public ReadOnlySpan<byte> Reason => Slice(_reasonStart, _reasonLength);

    /// <summary>True for 1xx: another head follows for the same request.</summary>
    public bool IsInterim => Status is >= 100 and < 200;

    internal void SetReason(int start, int length)
    {
        _reasonStart = start;
        _reasonLength = length;
    }

    internal override void Clear()
    {
        base.Clear();
        Status = 0;
        _reasonStart = _reasonLength = 0;
    }
}
