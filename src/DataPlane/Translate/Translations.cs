using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Translate;

/// <summary>
/// The dialects that can be translated, in the order of <see cref="Dialect"/>: who reads a request of a client and writes its answers, and
/// who writes a request to a provider and reads its answers. Between them stand neutral requests and events, so a dialect is read and
/// written once, whoever is on the other side.
/// </summary>
internal static class Translations
{
    /// <summary>Whether a client's call can be answered by a provider of another dialect.</summary>
    /// <param name="client">What the client speaks.</param>
    /// <param name="shape">What it asks for.</param>
    /// <param name="upstream">What the provider speaks.</param>
    public static bool Supports(Dialect client, RequestShape shape, Dialect upstream) => false;
}
