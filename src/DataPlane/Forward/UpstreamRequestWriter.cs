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
        if (!head.Query.IsEmpty)
        {
            writer.WriteByte((byte)'?');
            writer.Write(head.Query);
        }

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
}
