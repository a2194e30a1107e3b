using AiEdge.DataPlane.Dialects;
using AiEdge.DataPlane.Parse;
using AiEdge.Http;

namespace AiEdge.DataPlane.Flow;

/// <summary>
/// What it takes to read a request and to send it on. Held from its first byte until the provider has answered, then given to
/// the next exchange: a stream that goes on for minutes does not keep it.
/// </summary>
internal sealed class Intake
{
    /// <summary>The most that <c>headBytesMax</c> may be set to; the configured bound is judged besides.</summary>
    public const int HeadBytesMax = 1024 * 1024;

    public RequestHeadReader HeadReader { get; } = new(HeadBytesMax);

    public BodyScan Scan { get; } = new();

    /// <summary>Reads the beginning of a prompt that nobody has noted.</summary>
    public BodyScan PrefixScan => _prefixScan ??= new BodyScan();

    public BodyPatch Patch { get; } = new();

    /// <summary>Puts the request into another dialect, where the provider speaks one.</summary>
    public RequestTranslation Translation => _translation ??= new RequestTranslation();

    private RequestTranslation? _translation;
    private BodyScan? _prefixScan;

    public void Reset()
    {
        HeadReader.Reset();
        Patch.Clear();
        Scan.BeginNone();
    }

    /// <summary>Gives back what it holds of a request, so that it does not lie in the pool.</summary>
    public void LetGo()
    {
        _translation?.Release();
        _prefixScan?.BeginNone();
    }
}
