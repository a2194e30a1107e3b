using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Parse;

/// <summary>What is learnt from a request's body as it comes, by whichever reader its media type takes.</summary>
internal sealed class BodyScan
{
    private readonly OpenAiRequestReader _json = new();
    private MultipartReader? _multipart;
    private ScanKind _kind;

    private enum ScanKind : byte
    {
        None,
        Json,
        Multipart,
    }

    public RequestFacts Facts { get; } = new();

    /// <summary>The body is of no interest.</summary>
    public void BeginNone()
    {
        _kind = ScanKind.None;
        Facts.Reset();
    }

    public void BeginJson(RequestShape shape)
    {
        _kind = ScanKind.Json;
        Facts.Reset();
        _json.Begin(Facts, shape);
    }

    /// <summary>Begins a form whose boundary stands in <paramref name="contentType"/>; an error if there is none.</summary>
    public EdgeError BeginMultipart(ReadOnlySpan<byte> contentType)
    {
        _kind = ScanKind.Multipart;
        Facts.Reset();
        return (_multipart ??= new MultipartReader()).Begin(Facts, contentType);
    }

    public EdgeError Feed(ReadOnlySpan<byte> bytes) => _kind switch
    {
        ScanKind.Json => _json.Feed(bytes),
        ScanKind.Multipart => _multipart!.Feed(bytes),
        _ => default,
    };

    public EdgeError Finish() => _kind switch
    {
        ScanKind.Json => _json.Finish(),
        ScanKind.Multipart => _multipart!.Finish(),
        _ => default,
    };
}
