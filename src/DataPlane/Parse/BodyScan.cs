using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Parse;

/// <summary>What is learnt from a request's body as it comes, by whichever reader its media type takes.</summary>
internal sealed class BodyScan
{
    private readonly RequestReader _json = new();
    private readonly PromptReader?[] _promptReaders = new PromptReader?[DialectTraits.Max];
    private MultipartReader? _multipart;
    private PromptText? _prompt;
    private ScanKind _kind;

    private enum ScanKind : byte
    {
        None,
        Json,
        Multipart,
    }

    public RequestFacts Facts { get; } = new();

    /// <summary>The prompt's texts; null unless they were wanted.</summary>
    public PromptText? Prompt => _prompt is { IsWanted: true } ? _prompt : null;

    /// <summary>The body is of no interest.</summary>
    public void BeginNone()
    {
        _kind = ScanKind.None;
        Facts.Reset();
        _prompt?.Reset(isWanted: false);
    }

    /// <summary>Begins a body in JSON.</summary>
    /// <param name="shape">Which fields it has.</param>
    /// <param name="wantsPrompt">Whether the texts of its prompt are to be noted, which a count of its tokens needs.</param>
    /// <param name="dialect">What it is written in.</param>
    /// <param name="promptReader">Makes what reads the prompts of that dialect; null where none is wanted.</param>
    public void BeginJson(RequestShape shape, bool wantsPrompt = false, Dialect dialect = default, Func<PromptReader>? promptReader = null)
    {
        _kind = ScanKind.Json;
        if (wantsPrompt)
            _prompt ??= new PromptText();
        _prompt?.Reset(wantsPrompt);
        _json.Begin(Facts, shape, Prompt, wantsPrompt ? _promptReaders[(int)dialect] ??= promptReader!() : null);
    }

    /// <summary>Begins a form whose boundary stands in <paramref name="contentType"/>; an error if there is none.</summary>
    public EdgeError BeginMultipart(ReadOnlySpan<byte> contentType)
    {
        _kind = ScanKind.Multipart;
        Facts.Reset();
        _prompt?.Reset(isWanted: false);
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
