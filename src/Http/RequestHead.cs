namespace AiEdge.Http;

/// <summary>The head of a request (RFC 9112 section 3).</summary>
public sealed class RequestHead : MessageHead
{
    private int _methodStart;
    private int _methodLength;
    private int _targetStart;
    private RequestTarget _target;
    private int _targetLength;

    internal RequestHead(int bytesMax) : base(bytesMax)
    {
    }

    /// <summary>The method as an id.</summary>
    public MethodId MethodId { get; private set; }

    /// <summary>The method's bytes.</summary>
    public ReadOnlySpan<byte> Method => Slice(_methodStart, _methodLength);

    /// <summary>The request target as it was sent.</summary>
    public ReadOnlySpan<byte> Target => Slice(_targetStart, _targetLength);

    /// <summary>
    /// The path, percent-encoding untouched; of an absolute-form target its path only, "/" if that is empty; "*" for OPTIONS *.
    /// </summary>
    public ReadOnlySpan<byte> Path => _target.PathLength == 0 ? "/"u8 : Slice(_targetStart + _target.PathStart, _target.PathLength);

    /// <summary>The query without its '?'; empty also where there is none.</summary>
    public ReadOnlySpan<byte> Query => Slice(_targetStart + _target.QueryStart, _target.QueryLength);

    /// <summary>True if the client waits for 100 (Continue) before it sends the body that it announces (RFC 9110 section 10.1.1).</summary>
    public bool ExpectContinue { get; internal set; }

    internal void SetMethod(int start, int length)
    {
        _methodStart = start;
        _methodLength = length;
        MethodId = MethodOf(Method);
    }

    internal void SetTarget(int start, int length)
    {
        _targetStart = start;
        _targetLength = length;
    }

    internal Rejection JudgeTarget() => RequestTarget.Judge(MethodId, Target, out _target);

    internal override void Clear()
    {
        base.Clear();
        MethodId = MethodId.Other;
        ExpectContinue = false;
        _methodStart = _methodLength = _targetStart = _targetLength = 0;
        _target = default;
    }

    private static MethodId MethodOf(ReadOnlySpan<byte> method) => method.Length switch
    {
        3 => method.SequenceEqual("GET"u8) ? MethodId.Get : method.SequenceEqual("PUT"u8) ? MethodId.Put : MethodId.Other,
        4 => method.SequenceEqual("POST"u8) ? MethodId.Post : method.SequenceEqual("HEAD"u8) ? MethodId.Head : MethodId.Other,
        5 => method.SequenceEqual("PATCH"u8) ? MethodId.Patch : method.SequenceEqual("TRACE"u8) ? MethodId.Trace : MethodId.Other,
        6 => method.SequenceEqual("DELETE"u8) ? MethodId.Delete : MethodId.Other,
        7 => method.SequenceEqual("OPTIONS"u8) ? MethodId.Options : method.SequenceEqual("CONNECT"u8) ? MethodId.Connect : MethodId.Other,
        _ => MethodId.Other,
    };
}
