using System.Buffers;
using System.Globalization;
using System.Text;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects;

namespace AiEdge.DataPlane.Flow;

/// <summary>Tells a client what went wrong, in the form of the dialect that it called in.</summary>
internal static class ErrorResponder
{
    /// <summary>Writes the whole answer for <paramref name="error"/> (not flushed).</summary>
    public static void WriteAnswer(ClientLink link, Exchange exchange, EdgeError error)
    {
        var form = DialectTable.Of(exchange.Dialect);
        exchange.Status = form.StatusOf(error.Kind);
        if (ErrorTable.Row(error.Kind).Closes)
            exchange.KeepAlive = false;
        var body = form.Error(exchange, error);
        AnswerHead.WriteOwn(link, exchange, exchange.Status, ExtraHeaders(exchange, error), body.Length);
        if (!exchange.IsHead)
            link.Output.Write(body);
        exchange.BytesOut += body.Length;
    }

    private static ReadOnlySpan<byte> ExtraHeaders(Exchange exchange, EdgeError error)
    {
        var text = new StringBuilder();
        if (error.Kind is ErrorKind.Overloaded or ErrorKind.Draining)
            text.Append("Retry-After: 1\r\n");
        if (error.Kind == ErrorKind.MethodNotAllowed && exchange.Endpoint is { } endpoint)
            text.Append(CultureInfo.InvariantCulture, $"Allow: {Methods(endpoint)}\r\n");
        if (exchange.Attempts > 1 && ErrorTable.Row(error.Kind).Status is 502 or 504)
            text.Append("x-should-retry: false\r\n");
        return Encoding.ASCII.GetBytes(text.ToString());
    }

    private static string Methods(Endpoint endpoint) =>
        endpoint.Kind == EndpointKind.Passthrough ? Passthrough.Methods : endpoint.TakesBody ? "POST" : "GET, HEAD";
}
