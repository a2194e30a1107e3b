using System.Net;
using System.Text;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Flow;
using AiEdge.DataPlane.Link;
using AiEdge.DataPlane.Snapshot;
using AiEdge.DataPlane.Transport;
using AiEdge.Http;
using Microsoft.AspNetCore.Connections;

namespace AiEdge.DataPlane.Hosting;

/// <summary>
/// The admin port: <c>/healthz</c>, <c>/readyz</c>, <c>/metrics</c>, <c>/config</c>, <c>/limits</c>; on the probe address only the first three.
/// On a loopback listener the Host must name loopback, so that a web page cannot reach it through a name of its own.
/// </summary>
internal sealed class AdminEndpoint(EdgeServices services, IConfigFeed feed, PlaneLink? controlPlane)
{
    private const int HeadBytesMax = 16 * 1024;
    private static readonly TimeSpan HeadTime = TimeSpan.FromSeconds(10);

    public async Task OnConnectedAsync(ConnectionContext context, bool probeOnly)
    {
        var connection = (SocketConnection)context;
        connection.UsePlain();
        var link = new ClientLink(connection, services.Clock);
        var place = services.Wheel.Add(link);
        try
        {
            var reader = new RequestHeadReader(HeadBytesMax);
            while (await ServeAsync(link, reader, probeOnly))
                reader.Reset();
            connection.Wire!.ShutdownSend();
        }
        finally
        {
            services.Wheel.Remove(place);
        }
    }

    private async ValueTask<bool> ServeAsync(ClientLink link, RequestHeadReader reader, bool probeOnly)
    {
        link.SetStep(Step.KeepAlive, HeadTime);
        while (true)
        {
            var result = await link.Input.ReadAsync();
            var status = reader.Read(result.Buffer);
            if (status == HeadStatus.NeedMore)
            {
                link.Input.AdvanceTo(result.Buffer.Start, result.Buffer.End);
                if (result.IsCompleted)
                    return false;
                continue;
            }

            var keepAlive = Answer(link, status, reader, probeOnly);
            if (status == HeadStatus.Complete)
                link.Input.AdvanceTo(result.Buffer.GetPosition(reader.Head.Length));
            return !(await link.Output.FlushAsync()).IsCompleted && keepAlive;
        }
    }

    private bool Answer(ClientLink link, HeadStatus status, RequestHeadReader reader, bool probeOnly)
    {
        if (status == HeadStatus.Rejected)
            return Write(link, 400, "text/plain", "bad request\n"u8, keepAlive: false);
        var head = reader.Head;
        var keepAlive = head.KeepAlive && head.Framing.Kind == BodyKind.None;
        if (IsLoopback(link) && !NamesLoopback(head))
            return Write(link, 421, "text/plain", "the Host must name loopback\n"u8, keepAlive: false);
        if (head.MethodId is not MethodId.Get)
            return Write(link, 405, "text/plain", "only GET\n"u8, keepAlive: false);
        if (head.Path.SequenceEqual("/healthz"u8))
            return Write(link, 200, "text/plain", "ok\n"u8, keepAlive);
        if (head.Path.SequenceEqual("/readyz"u8))
            return Write(link, services is { IsReady: true, IsStale: false } ? 200 : 503, "text/plain", Readiness(), keepAlive);
        if (head.Path.SequenceEqual("/metrics"u8))
        {
            var metrics = Encoding.UTF8.GetBytes(MetricsText.Write(services, feed, controlPlane));
            return Write(link, 200, "text/plain; version=0.0.4; charset=utf-8", metrics, keepAlive);
        }

        if (head.Path.SequenceEqual("/config"u8) && !probeOnly)
            return Write(link, 200, "application/json", services.Snapshots.Current.MaskedJson, keepAlive);
        if (head.Path.SequenceEqual("/limits"u8) && !probeOnly)
            return Write(link, 200, "application/json", LimitsText.Write(services.Limits, head.Query), keepAlive);
        return Write(link, 404, "text/plain", "not found\n"u8, keepAlive);
    }

    private ReadOnlySpan<byte> Readiness() => services switch
    {
        { IsReady: false } => "draining\n"u8,
        { IsStale: true } => "the configuration is too old\n"u8,
        _ => "ready\n"u8,
    };

    private static bool Write(ClientLink link, int status, string type, ReadOnlySpan<byte> body, bool keepAlive)
    {
        var writer = new ByteWriter(link.Output);
        writer.WriteStatusLine(status);
        writer.WriteHeader("Content-Type"u8, Encoding.ASCII.GetBytes(type));
        writer.Write("Cache-Control: no-store\r\nContent-Length: "u8);
        writer.WriteDecimal(body.Length);
        writer.Write(keepAlive ? "\r\n\r\n"u8 : "\r\nConnection: close\r\n\r\n"u8);
        writer.Write(body);
        writer.Commit();
        return keepAlive;
    }

    private static bool IsLoopback(ClientLink link) =>
        link.Connection.LocalEndPoint is IPEndPoint { Address: var address } && IPAddress.IsLoopback(address);

    internal static bool NamesLoopback(RequestHead head)
    {
        var host = head.IndexOf(HeaderId.Host) is var i and >= 0 ? head.Value(i) : default;
        if (host.IsEmpty)
            return false;
        var colon = host.LastIndexOf((byte)':');
        if (colon >= 0 && host[^1] != (byte)']')
            host = host[..colon];
        if (Ascii.EqualsIgnoreCase(host, "localhost"u8))
            return true;
        var text = Encoding.ASCII.GetString(host.Trim("[]"u8));
        return IPAddress.TryParse(text, out var address) && IPAddress.IsLoopback(address);
    }
}
