using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using AiEdge.FakeUpstream;

namespace AiEdge.FleetTest.Compete;

/// <summary>
/// Clients that compete for one rate and come again when they are told, late or not: how many are admitted then, and how much of the rate is used.
/// Each has a connection of its own and never rests. The data plane is a process; clients and provider are in this one.
/// </summary>
internal sealed class CompeteRun(string root, FleetCommand command)
{
    private const int Clients = 64;
    private const int PerSecond = 100;
    private const int Burst = 300;
    private const double KeptShare = 0.95;

    /// <summary>Late by up to so many milliseconds; <see langword="null"/> for those that wait whole seconds (<c>retry-after</c>).</summary>
    private static readonly int?[] Lates = [0, 5, 50, 100, null];

    private long _admitted;
    private long _refused;
    private long _kept;
    private long _lost;

    /// <summary>Runs it and tells; false where a figure is not what is promised.</summary>
    public async Task<bool> RunAsync()
    {
        await using var provider = await FakeUpstreamServer.StartAsync(new FakeUpstreamOptions { Script = "n=1; headers=few", RequestLogMax = 0 });
        var isGood = true;
        foreach (var late in Lates)
        {
            using var plane = new StandalonePlane(root, command.Plane);
            await plane.StartAsync(
                $"providers: {{ p: {{ dialect: openai, baseUrl: \"{provider.BaseUrl}\", key: \"{StandalonePlane.ProviderKey}\" }} }}\n"
                + "models: { m: { targets: [ { provider: p } ] } }\n"
                + $"limits: [ {{ name: all, per: global, requests: {PerSecond}/s, burst: {Burst} }} ]\n");
            isGood &= await RunAsync(plane.Listen, late);
        }

        return isGood;
    }

    private async Task<bool> RunAsync(IPEndPoint plane, int? late)
    {
        (_admitted, _refused, _kept, _lost) = (0, 0, 0, 0);
        var began = Stopwatch.GetTimestamp();
        var time = TimeSpan.FromSeconds(command.Seconds);
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(i => Task.Run(() => CallAsync(plane, late, began, time, new Random(i)))));

        // One unit more for the moment between the plane's first look at its clock and this program's.
        var allowance = Burst + (PerSecond * Stopwatch.GetElapsedTime(began).TotalSeconds) + PerSecond;
        var kept = (double)_kept / Math.Max(1, _kept + _lost);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"late by {(late is { } ms ? $"up to {ms} ms" : "the rest of a second")}: {100 * kept:F1} % of {_kept + _lost} admitted when they came again; "
            + $"{_admitted} in {time.TotalSeconds:F0} s at {PerSecond}/s and a burst of {Burst}, {_refused} refused"));
        return kept >= KeptShare && _admitted <= allowance;
    }

    private async Task CallAsync(IPEndPoint plane, int? late, long began, TimeSpan time, Random random)
    {
        using var http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 1, UseProxy = false });
        http.DefaultRequestHeaders.Authorization = new("Bearer", StandalonePlane.ClientKey);
        var url = new Uri($"http://{plane}/v1/chat/completions");
        for (var isRetry = false; Stopwatch.GetElapsedTime(began) < time;)
        {
            using var body = new StringContent("""{"model":"m","messages":[{"role":"user","content":"hi"}]}""", Encoding.UTF8, "application/json");
            using var answer = await http.PostAsync(url, body);
            await answer.Content.ReadAsByteArrayAsync();
            var isAdmitted = answer.StatusCode == HttpStatusCode.OK;
            Interlocked.Increment(ref isAdmitted ? ref _admitted : ref _refused);
            if (isRetry)
                Interlocked.Increment(ref isAdmitted ? ref _kept : ref _lost);
            isRetry = !isAdmitted;
            if (isAdmitted)
                continue;
            if (answer.StatusCode != HttpStatusCode.TooManyRequests)
                throw new InvalidOperationException($"answered {(int)answer.StatusCode}");
            var wait = late is { } ms
                ? TimeSpan.FromMilliseconds(int.Parse(answer.Headers.GetValues("retry-after-ms").First(), CultureInfo.InvariantCulture) + (random.NextDouble() * ms))
                : TimeSpan.FromSeconds(int.Parse(answer.Headers.GetValues("retry-after").First(), CultureInfo.InvariantCulture));

            // Its timer counts in milliseconds that began earlier: without one more it would end before the time that was told.
            await Task.Delay(wait + TimeSpan.FromMilliseconds(1));
        }
    }
}
