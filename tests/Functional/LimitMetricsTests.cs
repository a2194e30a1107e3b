using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests;

/// <summary>What metrics say of limits is what limits did.</summary>
public sealed class LimitMetricsTests
{
    [Fact]
    public async Task Caps_cuts_and_buckets_are_counted_by_limit()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup
        {
            Time = new StillTime(),
            Limits =
            [
                "name: cut, match: { model: gpt-4o }, per: key, outputTokens: 150/day",
                "name: debt, match: { model: \"fake-*\" }, per: team, outputTokens: 70/day, onStream: overdraw",
            ],
        });
        await AssertAsync(edge, (0, 0), (0, 0), (0, 0), (0, 0));

        // The provider overlooks the cap, and the limit ends what goes on.
        Assert.Equal("150", (await edge.AskAsync(Ask.Stream("n=400; cap=off"))).Field("x-aiedge-max-tokens"));
        await edge.RecordAsync();
        await AssertAsync(edge, clamps: (1, 0), cuts: (1, 0), overdraws: (0, 0), buckets: (1, 0));
        Assert.Equal(429, (await edge.AskAsync(Ask.Stream("n=400; cap=off"))).Status);
        Assert.Equal(200, (await edge.AskAsync(Ask.Stream("n=10", key: EdgeSetup.NarrowKey))).Status);
        await edge.RecordAsync();
        await edge.RecordAsync();
        await AssertAsync(edge, clamps: (2, 0), cuts: (1, 0), overdraws: (0, 0), buckets: (2, 0));
    }

    [Fact]
    public async Task Reservations_are_open_while_an_answer_comes_and_end_by_themselves_when_it_never_ends()
    {
        var time = new StillTime();
        await using var edge = await Edge.StartAsync(new EdgeSetup { Time = time, Limits = ["name: t, tokens: 100k/day"] });
        await edge.SeeMetricAsync("aiedge_reservations_open 0");
        using (var client = await edge.ConnectAsync())
        {
            await client.SendAsync(Ask.Stream("n=9; b=0; stall=4"));
            await client.SeeAsync("data: ");
            await edge.SeeMetricAsync("aiedge_reservations_open 1");
            await edge.SeeMetricAsync("aiedge_reservation_expired_total 0");

            // The exchange's total is 60 s, and 30 s more its reservation's.
            time.Pass(TimeSpan.FromSeconds(120));
            await edge.SeeMetricAsync("aiedge_reservation_expired_total 1");
            await edge.SeeMetricAsync("aiedge_reservations_open 0");
            await edge.SeeMetricAsync("aiedge_reservation_late_total 0");
        }

        await edge.RecordAsync();
        await edge.SeeMetricAsync("aiedge_reservation_late_total 1");
        await edge.SeeMetricAsync("aiedge_reservation_expired_total 1");
    }

    private static async Task AssertAsync(
        Edge edge, (int Cut, int Debt) clamps, (int Cut, int Debt) cuts, (int Cut, int Debt) overdraws, (int Cut, int Debt) buckets)
    {
        var text = (await edge.AdminAsync("/metrics")).Text;
        foreach (var (name, value) in ((string, (int Cut, int Debt))[])
            [("limit_clamps_total", clamps), ("limit_cuts_total", cuts), ("limit_overdraws_total", overdraws), ("limit_buckets", buckets)])
        {
            Assert.Contains($"\naiedge_{name}{{limit=\"cut\"}} {value.Cut}\n", text, StringComparison.Ordinal);
            Assert.Contains($"\naiedge_{name}{{limit=\"debt\"}} {value.Debt}\n", text, StringComparison.Ordinal);
        }
    }
}
