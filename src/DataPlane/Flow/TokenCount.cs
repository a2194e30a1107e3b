using System.Buffers;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects;
using AiEdge.DataPlane.Meter;

namespace AiEdge.DataPlane.Flow;

/// <summary>
/// Answers how many tokens a prompt has: by the count that limits go by, or by its provider's, where that is to be asked and has a path for it. Nothing is
/// charged either way; limits on requests are drawn from where a provider is asked.
/// </summary>
internal static class TokenCount
{
    /// <summary>Whether the exchange's target is asked.</summary>
    public static bool IsAsked(Exchange exchange) => exchange.Target!.Provider.Counts(exchange.Dialect, exchange.Endpoint!.Shape);

    /// <summary>Whether an error of the provider's says that it cannot be asked, and not that it does not count what it was sent.</summary>
    public static bool IsOfProvider(Exchange exchange, EdgeError error) =>
        error.Source == ErrorSource.Upstream && (error.Kind != ErrorKind.UpstreamStatus || exchange.Status is not (400 or 413 or 422));

    /// <summary>Writes the answer by our own count (not flushed).</summary>
    public static EdgeError Write(ClientLink link, Exchange exchange, ExchangeMeter meter, RequestBody body)
    {
        meter.CountPrompt(exchange, body.Intake!.Scan.Prompt!, body.Bytes);
        var answer = DialectTable.Of(exchange.Dialect).TokenCount(exchange.PromptTokens);
        exchange.Status = 200;
        AnswerHead.WriteOwn(link, exchange, 200, "x-aiedge-counted-by: local\r\n"u8, answer.Length);
        link.Output.Write(answer);
        exchange.BytesOut = answer.Length;
        return default;
    }
}
