namespace AiEdge.DataPlane.Core;

/// <summary>How often a model's price of a request is paid for one.</summary>
internal static class PricedRequests
{
    /// <summary>No provider makes more pictures of one request.</summary>
    private const int PicturesMax = 1000;

    /// <summary>Once; of pictures once for each that was asked for.</summary>
    public static int Of(Exchange exchange) =>
        exchange.Endpoint is { } endpoint && ShapeTraits.Of(endpoint.Shape).IsPricedByAnswer ? Math.Clamp(exchange.Choices, 1, PicturesMax) : 1;
}
