using System.Buffers;
using AiEdge.DataPlane.Core;
using AiEdge.Http;

namespace AiEdge.DataPlane.Forward;

/// <summary>Writes the head of the request that goes to the provider.</summary>
internal static class UpstreamRequestWriter
{
    public static void WriteHead(IBufferWriter<byte> output, RequestHead head, Exchange exchange, long contentLength)
    {
        var provider = exchange.Target!.Provider;
        var writer = new ByteWriter(output);
        writer.Write("POST "u8);
        writer.Write(provider.BasePath);
        writer.Write(exchange.Endpoint!.UpstreamPath);
        if (exchange.Endpoint.BehindModel.Length > 0)
            WriteModel(ref writer, exchange);
        if (exchange.Endpoint.Dialect == Dialect.Gemini)
            WriteQueryWithoutKey(ref writer, head.Query);
        else if (!head.Query.IsEmpty)
            WriteParameter(ref writer, '?', head.Query);

        writer.Write(" HTTP/1.1\r\nHost: "u8);
        writer.Write(provider.HostHeader);
        writer.WriteCrlf();
        writer.Write(provider.FixedHeaders);
        for (var i = 0; i < head.HeaderCount; i++)
        {
            if (HeaderRules.GoesUpstream(head, i, provider))
                writer.WriteHeader(head.Name(i), head.Value(i));
        }

        writer.Write("Accept-Encoding: identity\r\nContent-Length: "u8);
        writer.WriteDecimal(contentLength);
        writer.Write("\r\n\r\n"u8);
        writer.Commit();
    }

    /// <summary>The model, and what stands behind it, in a path that names it.</summary>
    private static void WriteModel(ref ByteWriter writer, Exchange exchange)
    {
        var model = exchange.Target!.UpstreamModel is { } named ? named : exchange.AskedModel;
        foreach (var octet in model)
        {
            if (char.IsAsciiLetterOrDigit((char)octet) || "-._~!$&'()*+,;=@"u8.Contains(octet))
            {
                writer.WriteByte(octet);
                continue;
            }

            writer.WriteByte((byte)'%');
            writer.WriteByte("0123456789ABCDEF"u8[octet >> 4]);
            writer.WriteByte("0123456789ABCDEF"u8[octet & 15]);
        }

        writer.Write(exchange.Endpoint!.BehindModel);
    }

    /// <summary>What names a client to Google, in whatever spelling, stays here.</summary>
    private static void WriteQueryWithoutKey(ref ByteWriter writer, ReadOnlySpan<byte> query)
    {
        var mark = '?';
        foreach (var range in query.Split((byte)'&'))
        {
            var parameter = query[range];
            if (parameter.IsEmpty || QueryKey.Names(parameter))
                continue;
            WriteParameter(ref writer, mark, parameter);
            mark = '&';
        }
    }

    private static void WriteParameter(ref ByteWriter writer, char mark, ReadOnlySpan<byte> text)
    {
        writer.WriteByte((byte)mark);
        writer.Write(text);
    }
}
