using System.Diagnostics;
using System.Globalization;
using System.Net;
using AiEdge.FakeUpstream;

namespace AiEdge.FleetTest.Accounts;

/// <summary>
/// Planes of one control plane that use one account with a provider, and are asked for twice what its limit allows: how much of it they use, and how
/// many of their requests the provider has to refuse. Both are counted at the provider, which keeps its limit exactly.
/// </summary>
internal sealed class AccountRun(string root, FleetCommand command, AccountCase its)
{
    private const double RefusedPartMax = 0.01;
    private const double UsedPartMin = 0.95;
    private const int HeadUs = 50_000;

    /// <summary>False where more was refused, or less used, than is wanted.</summary>
    public async Task<bool> RunAsync()
    {
        var began = Stopwatch.GetTimestamp();
        var script = string.Create(CultureInfo.InvariantCulture, $"n=1; d=0; f={HeadUs}");
        await using var provider = await FakeUpstreamServer.StartAsync(new FakeUpstreamOptions { Script = script, RequestLogMax = 0, Limits = its.Limits });
        using var fleet = new RunningFleet(root, command.Plane, command.Planes);
        await fleet.StartControlAsync();
        await fleet.PutAsync("providers/fake", Provider(provider.Port, "${env:AIEDGE_SECRET_FAKE}"));
        await fleet.PutAsync("providers/warm", Provider(provider.Port, "sk-warm"));
        await fleet.PutAsync("models/shared", """{"targets":[{"provider":"fake","model":"m"}]}""");
        await fleet.PutAsync("models/warm", """{"targets":[{"provider":"warm","model":"m"}]}""");
        await fleet.PutKeyAsync("shared");
        for (var i = 0; i < fleet.Planes; i++)
            await fleet.StartPlaneAsync(i);
        using var load = new AccountLoad(fleet, its);
        await WarmAsync(fleet, load);

        double Now() => Stopwatch.GetElapsedTime(began).TotalSeconds;
        var (refusedBefore, admittedBefore) = (provider.LimitedCount, provider.Admitted);
        var from = Now();
        double seconds = command.Seconds;
        if (its.Limits.IsWindow)
            seconds = (Math.Ceiling((from + seconds) / its.Limits.Period.TotalSeconds) * its.Limits.Period.TotalSeconds) - from - 0.5;
        await load.RunAsync(seconds);
        var to = Now();
        var admitted = (provider.Admitted.Requests - admittedBefore.Requests, provider.Admitted.Tokens - admittedBefore.Tokens);
        return Judge(provider.LimitedCount - refusedBefore, admitted, load, from, to);
    }

    private string Provider(int port, string key) => string.Create(CultureInfo.InvariantCulture,
        $$"""{"dialect":"{{its.Dialect}}","baseUrl":"http://127.0.0.1:{{port}}{{(its.IsAnthropic ? "" : "/v1")}}","key":"{{key}}"}""");

    /// <summary>What is compiled at first use has been, by requests of another account.</summary>
    private static async Task WarmAsync(RunningFleet fleet, AccountLoad load)
    {
        for (var plane = 0; plane < fleet.Planes; plane++)
        {
            while (await load.AskAsync(plane, load.Body("warm")) is HttpStatusCode.Unauthorized or HttpStatusCode.NotFound)
                await Task.Delay(20);
        }

        for (var i = 0; i < 20; i++)
            await Task.WhenAll(Enumerable.Range(0, fleet.Planes).Select(plane => load.AskAsync(plane, load.Body("warm"))));
    }

    private bool Judge(long refused, (long Requests, long Tokens) admitted, AccountLoad load, double from, double to)
    {
        var isTokens = its.Limits.Tokens > 0;
        var used = (isTokens ? admitted.Tokens : admitted.Requests) / its.There(isTokens ? its.Limits.Tokens : its.Limits.Requests, from, to);
        var part = refused / (double)Math.Max(1, refused + admitted.Requests);
        var isGood = part <= RefusedPartMax && used >= UsedPartMin && load.Faults == 0;
        Say($"{its.Name}: {command.Planes} planes, {to - from:F0} s; offered {load.Offered} ({load.Unsent} not sent), answered {load.Answered}, refused by the planes {load.Refused - refused}, faults {load.Faults}");
        Say($"  provider's 429s {refused} of {refused + admitted.Requests}, {part:P2} {(part <= RefusedPartMax ? "" : "MISSED ")}(<= 1 %)");
        Say($"  the account's limit used {used:P1} {(used >= UsedPartMin ? "" : "MISSED ")}(>= 95 %)");
        return isGood;
    }

    private static void Say(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
