using System.Buffers;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects;
using AiEdge.DataPlane.Meter;

namespace AiEdge.DataPlane.Flow;

/// <summary>
/// Answers how many tokens a prompt has, by the count that limits go by: no provider is asked, nothing is charged, and no limit is drawn
/// from.
/// </summary>
internal static class TokenCount
{
    /// <summary>Writes the answer (not flushed).</summary>
    public static EdgeError Write(ClientLink link, Exchange exchange, ExchangeMeter meter, RequestBody body)
    {
        meter.CountPrompt(exchange, body.Intake!.Scan.Prompt!, body.Bytes);
        var answer = DialectTable.Of(exchange.Dialect).TokenCount(exchange.PromptTokens);
        exchange.Status = 200;
        AnswerHead.WriteOwn(link, exchange, 200, default, answer.Length);
        link.Output.Write(answer);
        exchange.BytesOut = answer.Length;
        return default;
    }
}
