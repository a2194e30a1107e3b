using System.Net;
using System.Text;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests;

/// <summary>Whose address counts for <c>per: ip</c>, with and without proxies before the data plane.</summary>
public sealed class AddressTests
{
    private const string Loopback = "trustedProxies: [ 127.0.0.0/8, 10.1.0.0/16 ]";

    public static TheoryData<string, string> Chains => new()
    {
        { "", "127.0.0.1" },
        { "X-Forwarded-For: 203.0.113.7\r\n", "203.0.113.7" },
        { "X-Forwarded-For: 203.0.113.7:4711\r\n", "203.0.113.7" },
        { "X-Forwarded-For: 198.51.100.1, 203.0.113.7\r\n", "203.0.113.7" },
        { "X-Forwarded-For: 203.0.113.7 ,10.1.2.3,\t127.0.0.9\r\n", "203.0.113.7" },
        { "X-Forwarded-For: 198.51.100.1\r\nx-forwarded-for: 203.0.113.7, 10.1.2.3\r\n", "203.0.113.7" },
        { "X-Forwarded-For: 203.0.113.7\r\nX-Forwarded-For: 10.1.2.3\r\n", "203.0.113.7" },
        { "X-Forwarded-For: 10.1.9.9, 10.1.2.3\r\n", "10.1.9.9" },
        { "X-Forwarded-For: 203.0.113.7, unknown, 10.1.2.3\r\n", "10.1.2.3" },
        { "X-Forwarded-For: 203.0.113.7, 12, 10.1.2.3\r\n", "10.1.2.3" },
        { "X-Forwarded-For: \r\n", "127.0.0.1" },
        { "X-Forwarded-For: ::ffff:203.0.113.7\r\n", "203.0.113.7" },
        { "X-Forwarded-For: 2001:db8:1:2:3::4\r\n", "2001:db8:1:2::/64" },
        { "X-Forwarded-For: [2001:db8:1:2:3::4]:443, 10.1.2.3\r\n", "2001:db8:1:2::/64" },
        { "X-Forwarded-For: 2001:db8::1%eth0\r\n", "127.0.0.1" },
        { "Forwarded: for=203.0.113.7;proto=https;by=10.1.2.3\r\n", "203.0.113.7" },
        { "Forwarded: for=198.51.100.1, proto=http; For=\"[2001:db8:1:2:3::4]:4711\"\r\n", "2001:db8:1:2::/64" },
        { "Forwarded: for=203.0.113.7, for=10.1.2.3\r\n", "203.0.113.7" },
        { "Forwarded: for=203.0.113.7, for=_hidden\r\n", "127.0.0.1" },
        { "Forwarded: proto=https\r\n", "127.0.0.1" },
        { "Forwarded: for=203.0.113.7\r\nX-Forwarded-For: 203.0.113.7\r\n", "203.0.113.7" },
        { "Forwarded: for=198.51.100.1\r\nX-Forwarded-For: 203.0.113.7\r\n", "127.0.0.1" },
    };

    [Theory]
    [MemberData(nameof(Chains))]
    public async Task A_trusted_proxy_says_who_its_client_is_and_nobody_further_away_does(string fields, string client)
    {
        await using var edge = await StartAsync(Loopback);
        Assert.Equal(200, (await edge.AskAsync(Ask.Chat(fields: fields))).Status);
        Assert.Equal(client, await BucketAsync(edge));
        Assert.DoesNotContain("orwarded", Encoding.Latin1.GetString((await edge.Fake.NextRequestAsync()).RawHead.Span), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("clientIdle: 60s")]
    [InlineData("trustedProxies: [ 10.1.0.0/16, \"::1\" ]")]
    public async Task Who_is_no_trusted_proxy_is_the_client_whatever_it_says(string server)
    {
        await using var edge = await StartAsync(server);
        await edge.AskAsync(Ask.Chat(fields: "X-Forwarded-For: 203.0.113.7\r\nForwarded: for=203.0.113.7\r\n"));
        Assert.Equal("127.0.0.1", await BucketAsync(edge));
    }

    [Fact]
    public async Task Clients_of_one_connection_have_buckets_of_their_own()
    {
        await using var edge = await StartAsync(Loopback);
        using var proxy = await edge.ConnectAsync();
        foreach (var (client, status) in ((string, int)[])[("203.0.113.7", 200), ("203.0.113.8", 200), ("203.0.113.7", 429), ("2001:db8::1", 200), ("2001:db8::2", 429)])
            Assert.Equal(status, (await proxy.AskAsync(Ask.Chat(fields: $"X-Forwarded-For: {client}\r\n"))).Status);
    }

    [Theory]
    [InlineData("203.0.113.7", "203.0.113.7")]
    [InlineData("2001:db8:1:2:3::4", "2001:db8:1:2::/64")]
    [InlineData("", "127.0.0.1")]
    public async Task A_proxy_names_the_client_before_the_connection_s_first_byte(string client, string bucket)
    {
        await using var edge = await StartAsync(Loopback + ", proxyProtocol: v2");
        using var proxy = await edge.ConnectAsync();
        var header = Header(client);
        await proxy.SendAsync(header[..7]);
        await proxy.SendAsync([.. header[7..], .. Encoding.ASCII.GetBytes(Ask.Chat())]);
        Assert.Equal(200, (await proxy.ReadAnswerAsync()).Status);
        Assert.Equal(bucket, await BucketAsync(edge));
        Assert.Equal(429, (await proxy.AskAsync(Ask.Chat())).Status);
    }

    [Fact]
    public async Task A_connection_without_the_header_or_with_half_of_it_is_closed()
    {
        await using var edge = await StartAsync(Loopback + ", proxyProtocol: v2");
        var good = Header("203.0.113.7");
        byte[][] bad = [Encoding.ASCII.GetBytes(Ask.Chat()), good[..^1], [.. good[..12], 0x31, .. good[13..]], [.. good[..14], 0xff, 0xff, .. good[16..]], [.. good[..15], 4, .. good[16..20]]];
        foreach (var bytes in bad)
        {
            using var client = await edge.ConnectAsync();
            await client.TrySendAsync(bytes);
            client.FinishSending();
            await client.SeeEndAsync();
        }

        Assert.Equal(0, edge.Fake.RequestCount);
    }

    [Fact]
    public async Task Who_is_no_trusted_proxy_may_write_no_header()
    {
        await using var edge = await StartAsync("trustedProxies: [ 10.1.0.0/16 ], proxyProtocol: v2");
        using var client = await edge.ConnectAsync();
        await client.TrySendAsync(Header("203.0.113.7"));
        await client.SeeEndAsync();
    }

    private static Task<Edge> StartAsync(string server) => Edge.StartAsync(new EdgeSetup { Server = server, Limits = ["name: each, per: ip, requests: 1/day"] });

    private static async Task<string?> BucketAsync(Edge edge) =>
        Assert.Single((await edge.AdminAsync("/limits?limit=each")).Json.GetProperty("buckets").EnumerateArray()).GetProperty("value").GetString();

    /// <summary>Version 2, with a TLV behind the addresses; LOCAL where there is no client.</summary>
    private static byte[] Header(string client)
    {
        byte[] signature = [.. "\r\n\r\n\0\r\nQUIT\n"u8];
        if (client.Length == 0)
            return [.. signature, 0x20, 0, 0, 0];
        var address = IPAddress.Parse(client).GetAddressBytes();
        byte[] rest = [.. address, .. address, 0x12, 0x34, 0x00, 0x50, 0x04, 0, 1, 0];
        return [.. signature, 0x21, (byte)(address.Length == 4 ? 0x11 : 0x21), 0, (byte)rest.Length, .. rest];
    }
}
