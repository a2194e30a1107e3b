using System.Text.Json;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Dialects;

/// <summary>
/// What can be translated. Between who reads and who writes stand neutral requests and events, so a dialect is read and written once, whoever is on
/// the other side.
/// </summary>
internal static class Translations
{
    private static readonly DialectTranslation?[] ByShape = Sorted();

    /// <summary>Shapes that there may be.</summary>
    public static int Count => ShapeTraits.Max;

    /// <summary>The row of a shape, or null where it is not translated.</summary>
    public static DialectTranslation? Find(RequestShape shape) => ByShape[(int)shape];

    /// <summary>The row of a shape that is translated.</summary>
    public static DialectTranslation Of(RequestShape shape) => ByShape[(int)shape]!;

    /// <summary>What a provider is asked by that does not take a client's call as it is; null where it cannot be asked.</summary>
    public static RequestShape? ShapeFor(RequestShape asked, ProviderModel provider) =>
        Find(asked) is { IsAskedOfOthers: true } row ? DialectTable.Of(provider.Dialect).ShapeFor(row, provider) : null;

    /// <summary>Whether a client's call can be answered by a provider that does not take it as it is.</summary>
    public static bool Supports(RequestShape shape, ProviderModel provider) => ShapeFor(shape, provider) is not null;

    private static DialectTranslation?[] Sorted()
    {
        var rows = new DialectTranslation?[Count];
        foreach (var form in DialectTable.Forms)
        {
            foreach (var row in form.Translations)
                rows[(int)row.Shape] = row;
        }

        return rows;
    }
}

/// <summary>Finds where a body names the model besides the path, which has to be the one that is asked for.</summary>
internal delegate EdgeError FindModels(ReadOnlySpan<byte> source, ReadOnlySpan<byte> asked, List<Piece> found);

/// <summary>An element of a request that stands for an item of an earlier answer.</summary>
/// <param name="Element">The element.</param>
/// <param name="Id">The item's id.</param>
internal readonly record struct ItemReference(Piece Element, Piece Id);

/// <summary>Finds what of a body stands for items of earlier answers whose ids have a mark in them, in the body's order and within a bound.</summary>
internal delegate void FindReferences(ReadOnlySpan<byte> source, ReadOnlySpan<byte> mark, List<ItemReference> found);

/// <summary>Whether an answer is to be JSON, and by which schema; undefined for any.</summary>
internal delegate bool WantsJson(JsonElement request, out JsonElement schema);

/// <summary>
/// What a provider has failed in that says so where it should have answered, in an event or in a whole answer; no error where it says nothing of the
/// kind. Asked for as long as the client has seen nothing, and may still be told by a status.
/// </summary>
internal delegate EdgeError FailureIn(ReadOnlySpan<byte> data);

/// <summary>Readers and writers of a shape; null where it cannot stand on that side yet.</summary>
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
    Func<AnswerWriter>? NewAnswerWriter)
{
    /// <summary>Whether it asks for embeddings.</summary>
    public bool IsOfVectors { get; init; }

    /// <summary>Whether it asks for a prompt's tokens, which are counted here where the model's provider speaks another dialect.</summary>
    public bool IsOfCounts { get; init; }

    /// <summary>Whether providers of other dialects may have the model that it asks.</summary>
    public bool IsAskedOfOthers => NewRequestReader is not null || IsOfCounts;

    /// <summary>Where thoughts of other providers stand in requests that go on as they are; null where there are none.</summary>
    public ProofPlaces? Proofs { get; init; }

    /// <summary>Reads the choices of a whole answer, where these can be judged; what is none of the shape's is nothing.</summary>
    public Func<JsonElement, List<AnswerChoice>>? ChoicesOf { get; init; }

    /// <summary>Where a whole answer tells how probable its tokens are; null where it does not.</summary>
    public LogprobPlaces? Logprobs { get; init; }

    /// <summary>Tells whether a request wants JSON; null where answers are not judged.</summary>
    public WantsJson? WantsJson { get; init; }

    /// <summary>Finds what an answer has failed in, where its dialect says that in a way of its own; null where it says <c>error</c> at the top.</summary>
    public FailureIn? FailureIn { get; init; }

    /// <summary>Finds what stands for items of earlier answers; null where there is nothing of the kind.</summary>
    public FindReferences? FindReferences { get; init; }

    /// <summary>Finds the model in requests that go on as they are; null where it stands in one place only.</summary>
    public FindModels? FindModels { get; init; }

    /// <summary>As above, and finds what of it is cut out where the dialect is hosted by somebody else, the model among it; null where nothing is.</summary>
    public FindModels? FindHostCuts { get; init; }
}
