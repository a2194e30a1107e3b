using AiEdge.DataPlane.Core;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests;

/// <summary>A defect of our own ends one exchange, and nothing else.</summary>
public sealed class DefectTests
{
    [Fact]
    public async Task It_is_told_recorded_and_costs_one_connection_to_the_provider()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Server = "bodyBytesMax: 200kb, bufferedBytesMax: 200kb" });
        edge.ExpectsDefect = true;
        using var client = await edge.ConnectAsync();
        Break(edge);

        // Three of these are more than may be held together, unless each gives back what it took.
        for (var i = 0; i < 3; i++)
        {
            var answer = await client.AskAsync(Ask.Stream(model: "broken", more: ",\"x\":\"" + new string('y', 150_000) + "\""));

            Assert.Equal(500, answer.Status);
            Assert.Equal(RawAnswer.Error("Internal error.", "server_error", "internal"), answer.Text);
            var record = await edge.RecordAsync();
            Assert.Equal("internal", record.GetProperty("end").GetString());
            Assert.Equal("internal", record.GetProperty("error").GetString());
            Assert.Contains("NullReferenceException", await edge.Log.SeeAsync("defect: "));
        }

        Assert.Equal(200, (await client.AskAsync(Ask.Chat())).Status);
        await edge.RecordAsync();
        var metrics = (await edge.AdminAsync("/metrics")).Text;
        Assert.Contains("\naiedge_exchanges_open 0\n", metrics);
        Assert.Contains("\naiedge_streams_open 0\n", metrics);
        Assert.Contains("\naiedge_buffered_bytes 0\n", metrics);
        Assert.Contains("\naiedge_upstream_connections{provider=\"fake\",state=\"open\"} 1\n", metrics);
        Assert.Contains("\naiedge_errors_total{kind=\"Internal\"} 3\n", metrics);
    }

    /// <summary>Puts a model into force whose provider lacks what every provider has.</summary>
    private static void Break(Edge edge)
    {
        var good = edge.Host.Services.Snapshots.Current;
        var provider = good.Providers[0];
        var broken = new ProviderModel
        {
            Name = provider.Name,
            Dialect = provider.Dialect,
            UseTls = false,
            Host = provider.Host,
            Port = provider.Port,
            HostHeader = provider.HostHeader,
            BasePath = provider.BasePath,
            FixedHeaders = provider.FixedHeaders,
            FixedHeaderNames = null!,
            Timeouts = provider.Timeouts,
            UsageChunk = provider.UsageChunk,
            RetryReused = true,
            ConnectionsMax = provider.ConnectionsMax,
            PoolIdle = provider.PoolIdle,
            DnsRefresh = provider.DnsRefresh,
            EndpointIdentity = provider.EndpointIdentity,
        };
        var model = new ModelModel
        {
            Name = "broken",
            NameUtf8 = "broken"u8.ToArray(),
            IsGlob = false,
            Targets = [new TargetModel { Provider = broken, Timeouts = provider.Timeouts }],
        };
        edge.Host.Services.Snapshots.Publish(new ConfigSnapshot
        {
            Generation = 2,
            Providers = good.Providers,
            Models = new ModelTable([.. good.Models.All, model]),
            Keys = good.Keys,
            Server = good.Server,
            Journal = good.Journal,
            Masked = good.Masked,
        });
    }
}
