using System.Diagnostics;
using System.Net;

namespace AiEdge.AotSmoke.Tests;

/// <summary>The machine's clock is put an hour forth and back under a process, and between its runs: no limit grants anything for it.</summary>
public sealed class ClockStepTests
{
    private const int Allowed = 5;
    private const int Burst = 4;
    private const int PerMinute = 6;

    [FaketimeFact]
    public async Task A_clock_that_is_stepped_under_a_process_grants_nothing()
    {
        await using var plane = await StartAsync($"requests: {PerMinute}/min, burst: {Burst}");
        var clock = Stopwatch.StartNew();
        var granted = await AskAsync(plane, 2 * Burst);
        Assert.True(granted >= Burst);
        foreach (var hours in (int[])[1, -1, 0, 1, -1])
        {
            plane.SetWall(hours);
            granted += await AskAsync(plane, Burst);
        }

        Assert.InRange(granted, Burst, Burst + (int)(clock.Elapsed.TotalMinutes * PerMinute) + 1);
    }

    [FaketimeFact]
    public async Task However_it_is_stepped_no_window_is_granted_twice()
    {
        var first = Hour(0);
        await using var plane = await StartAsync($"requests: {Allowed}/hour");
        var granted = await AskAsync(plane, 2 * Allowed);
        foreach (var hours in (int[])[1, -1, 0])
        {
            plane.SetWall(hours);
            granted += await AskAsync(plane, Allowed);
        }

        foreach (var hours in (int[])[-1, 0, 1, 0, -1, 1, 1])
        {
            plane.SignalStop();
            await plane.EndsWellAsync();
            plane.SetWall(hours);
            await plane.RestartAsync();
            granted += await AskAsync(plane, 2 * Allowed);
        }

        // Each hour that it was told of once, the one that was still to come included.
        Assert.InRange(granted, 2 * Allowed, (Hour(1) - first + 1) * Allowed);
    }

    private static int Hour(int later) => (int)(DateTimeOffset.UtcNow.ToUnixTimeSeconds() / 3600) + later;

    private static Task<NativePlane> StartAsync(string limit) => NativePlane.StartAsync(
        journal: "mode: sync",
        limits: $$"""
            limits:
              - { name: stepped, per: key, {{limit}} }

            """,
        prepare: data => FakeWall.Set(Path.GetDirectoryName(data)!, 0));

    private static async Task<int> AskAsync(NativePlane plane, int count)
    {
        var granted = 0;
        for (var i = 0; i < count; i++)
        {
            using var answer = await plane.Client.PostAsync("/v1/chat/completions", NativePlane.Chat("fake-n5", stream: false));
            granted += answer.StatusCode == HttpStatusCode.OK ? 1 : 0;
            Assert.True(answer.StatusCode is HttpStatusCode.OK or HttpStatusCode.TooManyRequests, answer.StatusCode.ToString());
        }

        return granted;
    }
}
