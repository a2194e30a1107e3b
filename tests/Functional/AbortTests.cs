using System.Diagnostics;
using AiEdge.FakeUpstream;
using AiEdge.Functional.Tests.Rig;
using Xunit.Abstractions;

namespace AiEdge.Functional.Tests;

/// <summary>A client that leaves takes its provider's connection with it: at once, whenever it leaves and however it says so.</summary>
public sealed class AbortTests(ITestOutputHelper output)
{
    private const int Aborts = 200;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_provider_sees_the_close_of_every_client_that_leaves(bool isReset)
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Limits = ["name: t, tokens: 100m/day"] });
        var took = new double[Aborts];
        for (var i = 0; i < Aborts; i++)
        {
            using var client = await edge.ConnectAsync();
            await client.SendAsync(Ask.Stream(i % 2 == 0 ? "n=9; b=0; stall=4" : "noanswer=hang"));
            if (i % 2 == 0)
                await client.SeeAsync("\" runs\"");
            var request = await edge.Fake.NextRequestAsync();
            var left = Stopwatch.GetTimestamp();
            if (isReset)
                client.LeaveWithReset();
            else
                client.FinishSending();
            Assert.Equal(RequestEnd.ClientLeft, await request.End.WaitAsync(TimeSpan.FromSeconds(20)));
            took[i] = Stopwatch.GetElapsedTime(left).TotalMilliseconds;
        }

        Array.Sort(took);
        output.WriteLine($"ms from a client's {(isReset ? "RST" : "FIN")} to the provider's end: {took[Aborts / 2]:F2} in the middle, {took[^3]:F2} of 99 %, {took[^1]:F2} at most");
    }
}
