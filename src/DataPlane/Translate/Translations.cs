using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Translate.Anthropic;
using AiEdge.DataPlane.Translate.Gemini;
using AiEdge.DataPlane.Translate.OpenAi;

namespace AiEdge.DataPlane.Translate;

/// <summary>
/// The dialects that can be translated, in the order of <see cref="Dialect"/>: who reads a request of a client and writes its answers, and
/// who writes a request to a provider and reads its answers. Between them stand neutral requests and events, so a dialect is read and
/// written once, whoever is on the other side.
/// </summary>
internal static class Translations
{
    private static readonly DialectTranslation[] All =
    [
        new(
            RequestShape.Chat, () => new ChatRequestReader(), new ChatRequestWriter(), () => new ChatAnswerReader(),
            () => new ChatStreamWriter(), () => new ChatAnswerWriter()),
        new(
            RequestShape.Messages, () => new MessagesRequestReader(), new MessagesRequestWriter(), () => new MessageAnswerReader(),
            () => new MessageStreamWriter(), () => new MessageAnswerWriter()),
        new(
            RequestShape.Contents, () => new ContentsRequestReader(), new ContentsRequestWriter(), () => new ContentsAnswerReader(),
            () => new ContentsAnswerWriter(isStream: true), () => new ContentsAnswerWriter(isStream: false)),
    ];

    public static int Count => All.Length;

    public static DialectTranslation Of(Dialect dialect) => All[(int)dialect];

    /// <summary>Whether a client's call can be answered by a provider of another dialect.</summary>
    /// <param name="client">What the client speaks.</param>
    /// <param name="shape">What it asks for.</param>
    /// <param name="upstream">What the provider speaks.</param>
    public static bool Supports(Dialect client, RequestShape shape, Dialect upstream) =>
        client != upstream && Of(client) is { NewRequestReader: not null } asks && asks.Shape == shape && Of(upstream).RequestWriter is not null;
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
