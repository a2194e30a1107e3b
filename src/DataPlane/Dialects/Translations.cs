using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects.Anthropic;
using AiEdge.DataPlane.Dialects.Gemini;
using AiEdge.DataPlane.Dialects.OpenAi;
using AiEdge.DataPlane.Dialects.OpenAi.Responses;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Dialects;

/// <summary>
/// What can be translated, a line for each shape of requests: who reads a request of a client and writes its answers, and who writes a request
/// to a provider and reads its answers. Between them stand neutral requests and events, so a dialect is read and written once, whoever is on
/// the other side.
/// </summary>
internal static class Translations
{
    private static readonly DialectTranslation[] All =
    [
        new(
            RequestShape.Chat, () => new ChatRequestReader(), new ChatRequestWriter(), () => new ChatAnswerReader(),
            () => new ChatStreamWriter(), () => new ChatAnswerWriter()),
        new(
            RequestShape.Responses, () => new ResponsesRequestReader(), new ResponsesRequestWriter(), () => new ResponsesAnswerReader(),
            () => new ResponsesAnswerWriter(isStream: true), () => new ResponsesAnswerWriter(isStream: false)),
        new(
            RequestShape.Messages, () => new MessagesRequestReader(), new MessagesRequestWriter(), () => new MessageAnswerReader(),
            () => new MessageStreamWriter(), () => new MessageAnswerWriter()),
        new(
            RequestShape.Contents, () => new ContentsRequestReader(), new ContentsRequestWriter(), () => new ContentsAnswerReader(),
            () => new ContentsAnswerWriter(isStream: true), () => new ContentsAnswerWriter(isStream: false)),
        new(
            RequestShape.Embeddings, () => new EmbeddingsRequestReader(), new EmbeddingsRequestWriter(), () => new EmbeddingsAnswerReader(),
            null, () => new EmbeddingsAnswerWriter()),
        new(RequestShape.EmbedContent, () => new EmbedRequestReader(isBatch: false), null, null, null, () => new EmbedAnswerWriter(isBatch: false)),
        new(
            RequestShape.BatchEmbed, () => new EmbedRequestReader(isBatch: true), new EmbedRequestWriter(), () => new EmbedAnswerReader(),
            null, () => new EmbedAnswerWriter(isBatch: true)),
    ];

    private static readonly DialectTranslation?[] ByShape = Sorted();

    /// <summary>Shapes that there are, translated or not.</summary>
    public static int Count => (int)RequestShape.Native + 1;

    /// <summary>The line of a shape that is translated.</summary>
    public static DialectTranslation Of(RequestShape shape) => ByShape[(int)shape]!;

    /// <summary>What a provider is asked by that does not take a client's call as it is.</summary>
    public static RequestShape ShapeFor(RequestShape asked, ProviderModel provider) => provider.Dialect switch
    {
        Dialect.Gemini when IsOfVectors(asked) => RequestShape.BatchEmbed,
        Dialect.OpenAi when IsOfVectors(asked) => RequestShape.Embeddings,
        Dialect.Anthropic => RequestShape.Messages,
        Dialect.Gemini => RequestShape.Contents,
        _ => provider.PrefersResponses ? RequestShape.Responses : RequestShape.Chat,
    };

    /// <summary>Whether a client's call can be answered by a provider that does not take it as it is.</summary>
    public static bool Supports(RequestShape shape, ProviderModel provider) =>
        ByShape[(int)shape] is { NewRequestReader: not null } && Of(ShapeFor(shape, provider)).RequestWriter is not null
        && !(IsOfVectors(shape) && (provider.Dialect == Dialect.Anthropic || provider.Hosting == ApiHost.Vertex));

    /// <summary>Whether it asks for embeddings.</summary>
    public static bool IsOfVectors(RequestShape shape) => shape is RequestShape.Embeddings or RequestShape.EmbedContent or RequestShape.BatchEmbed;

    private static DialectTranslation?[] Sorted()
    {
        var rows = new DialectTranslation?[Count];
        foreach (var row in All)
            rows[(int)row.Shape] = row;
        return rows;
    }
}

/// <summary>One dialect's readers and writers; null where it cannot stand on that side yet.</summary>
/// <param name="Shape">What its clients call to have it translated.</param>
/// <param name="NewRequestReader">Makes what reads a client's requests.</param>
/// <param name="RequestWriter">Writes requests to a provider.</param>
/// <param name="NewAnswerReader">Makes what reads a provider's answers.</param>
/// <param name="NewStreamWriter">Makes what writes streams to a client.</param>
/// <param name="NewAnswerWriter">Makes what writes whole answers to a client.</param>
internal sealed record DialectTranslation(
    RequestShape Shape,
    Func<RequestReader>? NewRequestReader,
    RequestWriter? RequestWriter,
    Func<AnswerReader>? NewAnswerReader,
    Func<AnswerWriter>? NewStreamWriter,
    Func<AnswerWriter>? NewAnswerWriter);
