using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Parse;

/// <summary>What a request must have changed before it goes to a provider of its own dialect.</summary>
internal static class RequestPatch
{
    /// <summary>Fills <paramref name="patch"/>. The facts must be those of a body that was read without error.</summary>
    /// <param name="facts">What was read of the body.</param>
    /// <param name="shape">The body's shape.</param>
    /// <param name="upstreamModelJson">
    /// The provider's name for the model as a JSON string, quotes included (also for multipart, where it is put in plain);
    /// empty keeps the client's.
    /// </param>
    /// <param name="injectUsage">Whether the provider may be asked for a stream's usage.</param>
    /// <param name="patch">Emptied, then filled.</param>
    /// <param name="clamp">What each choice's output is capped at.</param>
    /// <param name="insteadOfModel">What takes the place of the whole member of the model; empty where it stays.</param>
    /// <returns>Whether the usage was asked for in the client's stead, so that its traces must be removed from the answer.</returns>
    public static bool Build(
        RequestFacts facts,
        RequestShape shape,
        ReadOnlyMemory<byte> upstreamModelJson,
        bool injectUsage,
        BodyPatch patch,
        OutputClamp clamp = default,
        ReadOnlyMemory<byte> insteadOfModel = default)
    {
        patch.Clear();
        if (!insteadOfModel.IsEmpty && facts.HasModel)
            patch.Replace(facts.ModelMember, insteadOfModel);
        else if (!upstreamModelJson.IsEmpty && facts.HasModel)
            patch.Replace(facts.ModelToken, shape == RequestShape.Multipart ? Plain(upstreamModelJson) : upstreamModelJson);
        clamp.Apply(facts, shape, patch);
        return injectUsage && facts.Stream && RequestForm.Of(shape).AskUsage(facts, patch);
    }

    private static ReadOnlyMemory<byte> Plain(ReadOnlyMemory<byte> json)
    {
        ReadOnlyMemory<byte> text = json[1..^1];
        if (!text.Span.Contains((byte)'\\'))
            return text;

        // Rare: a configured name with an escape in it.
        byte[] plain = new byte[text.Length];
        return JsonUnescape.TryUnescape(text.Span, plain, out int length) ? plain.AsMemory(0, length) : text;
    }
}
