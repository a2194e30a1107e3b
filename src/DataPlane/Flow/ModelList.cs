using System.Buffers;
using System.Text.Json;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Route;

namespace AiEdge.DataPlane.Flow;

/// <summary>
/// <c>GET /v1/models</c> and <c>/v1/models/{id}</c>, from the configuration: only what the key may use. A glob names no model,
/// so it is not listed, but an id that it matches is found.
/// </summary>
internal static class ModelList
{
    public static async ValueTask<EdgeError> AnswerAsync(ClientLink link, Exchange exchange, ReadOnlySpan<byte> path) =>
        throw new NotImplementedException();
}
