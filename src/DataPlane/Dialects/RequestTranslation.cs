using System.Buffers;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Translate;
using AiEdge.Http;

namespace AiEdge.DataPlane.Dialects;

/// <summary>
/// Puts a client's request into its provider's dialect. Reused: <see cref="Release"/> gives back what it holds. It holds the body and what
/// it becomes, each in one piece.
/// </summary>
internal sealed class RequestTranslation
{
    private readonly RequestReader?[] _readers = new RequestReader?[Translations.Count];
    private readonly NeutralRequest _request = new();
    private readonly TextBuffer _source = new();
    private readonly TextBuffer _model = new();
    private readonly JsonOut _json = new(new TextBuffer());

    /// <summary>The request in the provider's dialect, until <see cref="Release"/>.</summary>
    public ReadOnlyMemory<byte> Body => _json.To.Memory;

    /// <summary>Whether it asks for log-probabilities that the client has not asked for.</summary>
    public bool AsksLogprobs => _request.AsksLogprobs;

    /// <summary>Translates a body that was read without error for the exchange's target, whose dialect must be supported.</summary>
    /// <param name="exchange">The exchange; where it goes and what was lost is put into it.</param>
    /// <param name="head">The client's head.</param>
    /// <param name="body">The client's body.</param>
    /// <param name="outputCap">What limits let each choice of the answer have; 0 for any length.</param>
    /// <param name="abilities">What the model takes.</param>
    /// <param name="asksLogprobs">Whether we want to know how probable the answer's tokens are, where the provider's dialect can tell.</param>
    public EdgeError Build(
        Exchange exchange, RequestHead head, in ReadOnlySequence<byte> body, long outputCap, in ModelAbilities abilities, bool asksLogprobs)
    {
        var target = exchange.Target!;
        var reader = _readers[(int)exchange.Endpoint!.Shape] ??= Translations.Of(exchange.Endpoint.Shape).NewRequestReader!();
        Release();
        foreach (var segment in body)
            _source.Add(segment.Span);
        _request.Reset(_source, reader.Names);
        if (reader.Read(_request) is { IsError: true } unread)
            return unread;
        if (exchange.Endpoint.IsStream)
            _request.Stream = true;
        var shape = Translations.ShapeFor(exchange.Endpoint.Shape, target.Provider)!.Value;
        shape = DialectTable.Of(target.Provider.Dialect).ShapeFor(shape, target.Provider, _request, abilities);
        var writer = Translations.Of(shape).RequestWriter!;
        _model.Add("\""u8);
        _model.AddEscaped(target.UpstreamModel ?? exchange.PassedModel).Add("\""u8);
        _json.Begin();
        var max = target.OutputTokensMaxOf(exchange.PassedModel);
        var mayAskUsage = target.Provider.UsageChunk == UsageChunkMode.Inject;
        var asked = new RequestTarget(
            _model.Written, outputCap, max, mayAskUsage, abilities, target.Provider.InsteadOfModel.Span)
        {
            AsksLogprobs = asksLogprobs,
            OutputRoom = exchange.Needs.OutputRoomAt(target),
        };
        writer.Write(_request, asked, _json);
        if (reader.BetaHeader is { } beta && head.IndexOf(beta) >= 0)
            _request.Losses.Add(beta);
        exchange.WantsBase64 = _request.WantsBase64;
        exchange.WantsOldCalls = _request.CallsAreOld;
        exchange.UpstreamEndpoint = writer.EndpointOf(_request);
        exchange.SetTranslationLoss(_request.Losses.Names, _request.TokensMaxTold);
        exchange.SetFittedNames(_request.FittedNames.Written);
        return target.Provider.TranslatesStrictly && !_request.Losses.IsEmpty
            ? EdgeError.Invalid(StrictTranslation.OfRequest(_request.Losses.Names))
            : default;
    }

    /// <summary>Finds what is ours alone in a body that goes on as it is. True where the provider refuses to think on without it.</summary>
    public bool FindProofs(in ReadOnlySequence<byte> body, ProofPlaces places, in ModelAbilities model, List<Piece> found)
    {
        Release();
        foreach (var segment in body)
            _source.Add(segment.Span);
        OwnProofs.Find(_source.Written, places, model.Takes(RequestFeatures.ReasoningContent), found);
        var calls = places.Calls?.Invoke(_source.Written, places) ?? false;
        Release();
        return calls;
    }

    /// <summary>Finds where a body names the model besides the path.</summary>
    public EdgeError FindModels(in ReadOnlySequence<byte> body, FindModels find, ReadOnlySpan<byte> asked, List<Piece> found)
    {
        Release();
        foreach (var segment in body)
            _source.Add(segment.Span);
        var error = find(_source.Written, asked, found);
        Release();
        return error;
    }

    public void Release()
    {
        _source.Release();
        _model.Release();
        _json.To.Release();
        _request.FittedNames.Release();
    }
}
