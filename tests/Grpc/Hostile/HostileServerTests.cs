using System.Net;
using System.Net.Sockets;
using AiEdge.Grpc.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace AiEdge.Grpc.Tests.Hostile;

/// <summary>What no server should answer; the client turns all of it into a status, and never into success.</summary>
public sealed class HostileServerTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData(200, "application/grpc", "", GrpcCode.Unknown)]
    [InlineData(200, "application/grpc", "0000000000", GrpcCode.Unknown)]
    [InlineData(200, "application/grpc", "00000000", GrpcCode.Internal)]
    [InlineData(200, "application/grpc", "0000000005AA", GrpcCode.Internal)]
    [InlineData(200, "application/grpc", "0100000001AA", GrpcCode.Internal)]
    [InlineData(200, "application/grpc", "0700000001AA", GrpcCode.Internal)]
    [InlineData(200, "application/grpc", "00FFFFFFFF", GrpcCode.ResourceExhausted)]
    [InlineData(200, "text/html", "3C68746D6C3E", GrpcCode.Unknown)]
    [InlineData(200, "application/grpc-web", "", GrpcCode.Unknown)]
    [InlineData(400, "text/html", "", GrpcCode.Internal)]
    [InlineData(401, "text/html", "", GrpcCode.Unauthenticated)]
    [InlineData(403, "text/html", "", GrpcCode.PermissionDenied)]
    [InlineData(404, "text/html", "", GrpcCode.Unimplemented)]
    [InlineData(429, "text/html", "", GrpcCode.Unavailable)]
    [InlineData(431, "text/html", "", GrpcCode.Internal)]
    [InlineData(500, "text/html", "", GrpcCode.Unknown)]
    [InlineData(502, "text/html", "", GrpcCode.Unavailable)]
    [InlineData(503, "text/html", "", GrpcCode.Unavailable)]
    [InlineData(504, "text/html", "", GrpcCode.Unavailable)]
    [InlineData(302, "text/html", "", GrpcCode.Unknown)]
    public async Task An_answer_without_a_status_is_judged_by_its_http(int status, string type, string body, GrpcCode code)
    {
        var result = await AgainstAsync(async http =>
        {
            http.Response.StatusCode = status;
            http.Response.ContentType = type;
            await http.Response.Body.WriteAsync(Convert.FromHexString(body));
        });
        Assert.Equal(code, result.Status.Code);
    }

    [Theory]
    [InlineData("0", GrpcCode.Unimplemented)]
    [InlineData("5", GrpcCode.NotFound)]
    [InlineData("17", GrpcCode.Unknown)]
    [InlineData("x", GrpcCode.Unknown)]
    [InlineData("-1", GrpcCode.Unknown)]
    public async Task A_status_in_the_head_counts_whatever_http_says(string status, GrpcCode code)
    {
        var result = await AgainstAsync(http =>
        {
            http.Response.StatusCode = 503;
            http.Response.Headers["grpc-status"] = status;
            return Task.CompletedTask;
        });
        Assert.Equal(code, result.Status.Code);
    }

    [Fact]
    public async Task Two_answers_where_one_is_due_are_none()
    {
        var result = await AgainstAsync(async http =>
        {
            http.Response.ContentType = "application/grpc";
            await http.Response.Body.WriteAsync(new byte[] { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 });
            http.Response.AppendTrailer("grpc-status", "0");
        });
        Assert.Equal(GrpcCode.Unimplemented, result.Status.Code);
    }

    [Fact]
    public async Task Headers_over_the_bound_are_not_taken()
    {
        var result = await AgainstAsync(http =>
        {
            for (var i = 0; i < 4; i++)
                http.Response.Headers["x-" + i] = new string('x', 8_000);
            return Task.CompletedTask;
        });
        Assert.False(result.IsOk);
    }

    [Theory]
    [InlineData(0, GrpcCode.Unavailable)]
    [InlineData(1, GrpcCode.Internal)]
    [InlineData(2, GrpcCode.Internal)]
    [InlineData(8, GrpcCode.Cancelled)]
    [InlineData(11, GrpcCode.ResourceExhausted)]
    [InlineData(12, GrpcCode.PermissionDenied)]
    public async Task A_reset_in_the_middle_of_an_answer_is_told_by_its_error(uint error, GrpcCode code)
    {
        var status = await MidwayAsync(peer => peer.SendResetAsync(1, error));
        Assert.Equal(code, status.Code);
    }

    [Fact]
    public async Task A_connection_that_goes_in_the_middle_of_an_answer_is_unavailable()
    {
        Assert.Equal(GrpcCode.Unavailable, (await MidwayAsync(peer =>
        {
            peer.Dispose();
            return Task.CompletedTask;
        })).Code);
        Assert.Equal(GrpcCode.Unavailable, (await MidwayAsync(async peer =>
        {
            await peer.SendGoAwayAsync(1, 0);
            peer.Dispose();
        })).Code);
    }

    [Fact]
    public async Task Rubbish_in_the_middle_of_an_answer_is_an_end()
    {
        Assert.Contains((await MidwayAsync(peer => peer.SendRubbishAsync())).Code, (GrpcCode[])[GrpcCode.Internal, GrpcCode.Unavailable]);
    }

    [Fact]
    public async Task A_call_that_a_goodbye_leaves_open_is_finished()
    {
        var status = await MidwayAsync(async peer =>
        {
            await peer.SendGoAwayAsync(1, 0);
            await peer.SendTrailersAsync(1, ("grpc-status", "10"), ("grpc-message", "as agreed"));
        });
        Assert.Equal(new(GrpcCode.Aborted, "as agreed"), status);
    }

    [Fact]
    public async Task A_call_that_the_server_says_it_has_not_begun_is_sent_again()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var channel = new GrpcChannel(new() { Address = new($"http://{listener.LocalEndpoint}") });
        var calling = channel.UnaryAsync(Bytes.Unary, [7]).AsTask();
        using (var first = await RawHttp2.AcceptAsync(listener))
        {
            await first.UntilAsync(frame => frame.Type == RawHttp2.Headers);
            await first.SendGoAwayAsync(0, 0);
            using var second = await RawHttp2.AcceptAsync(listener).WaitAsync(Patience);
            var body = await second.UntilAsync(frame => frame.Type == RawHttp2.Data && frame.Payload.Length > 0);
            Assert.Equal([0, 0, 0, 0, 1, 7], body.Payload);
            await second.SendAnswerAsync(1);
            await second.SendDataAsync(1, [0, 0, 0, 0, 1, 8]);
            await second.SendTrailersAsync(1, ("grpc-status", "0"));
            var result = await calling.WaitAsync(Patience);
            Assert.Equal([8], result.Message);
        }
    }

    /// <summary>How a call ends whose server sends one message and then does <paramref name="then"/>.</summary>
    private static async Task<GrpcStatus> MidwayAsync(Func<RawHttp2, Task> then)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var channel = new GrpcChannel(new() { Address = new($"http://{listener.LocalEndpoint}") });
        await using var call = channel.Open(Bytes.Both);
        using var peer = await RawHttp2.AcceptAsync(listener).WaitAsync(Patience);
        await peer.UntilAsync(frame => frame.Type == RawHttp2.Headers);
        await peer.SendAnswerAsync(1);
        await peer.SendDataAsync(1, [0, 0, 0, 0, 1, 7, 0, 0]);
        Assert.True(await call.ReadAsync());
        await then(peer);
        Assert.False(await call.ReadAsync().AsTask().WaitAsync(Patience));
        Assert.False(await call.WriteAsync([1]));
        return await call.Completion.WaitAsync(Patience);
    }

    private static async Task<GrpcResult<byte[]>> AgainstAsync(RequestDelegate answer)
    {
        await using var app = GrpcHost.Build(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        app.Run(answer);
        await app.StartAsync();
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        using var channel = new GrpcChannel(new() { Address = new(address) });
        return await channel.UnaryAsync(Bytes.Unary, [1], new() { Timeout = Patience });
    }
}
