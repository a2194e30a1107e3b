using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using AiEdge.Load;

namespace AiEdge.FleetTest;

/// <summary>Requests on a schedule that does not wait for answers: so many a second for each plane, whatever becomes of them.</summary>
internal sealed class DemandLoad(RunningFleet fleet, Tally tally) : IDisposable
{
    /// <summary>Requests of one plane that may be under way; what comes beyond is not sent, nor counted as offered.</summary>
    private const int UnderWayMax = 200;

    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(4);

    private readonly HttpClient _http = new(new SocketsHttpHandler { MaxConnectionsPerServer = UnderWayMax, UseProxy = false, UseCookies = false })
    {
        Timeout = TimeSpan.FromSeconds(20),
    };

    private readonly int[] _underWay = new int[fleet.Planes];

    /// <summary>Answers that were neither 200 nor 429, or none.</summary>
    public int Faults { get; private set; }

    /// <summary>Times of all answers, in µs.</summary>
    public Histogram Took { get; } = new();

    /// <summary>Planes that are not asked any more.</summary>
    public HashSet<int> Gone { get; } = [];

    /// <summary>Asks until a time.</summary>
    /// <param name="seconds">The end, since the tally began.</param>
    /// <param name="demand">Requests a second that a plane is asked for, at a time.</param>
    /// <param name="key">The client's.</param>
    public async Task RunAsync(double seconds, Func<int, double, double> demand, string key = "sk-shared")
    {
        var owed = new double[fleet.Planes];
        var last = tally.Now;
        using var timer = new PeriodicTimer(Step);
        while (tally.Now is var now && now < seconds)
        {
            for (var plane = 0; plane < fleet.Planes; plane++)
            {
                owed[plane] += demand(plane, now) * (now - last);
                for (; owed[plane] >= 1; owed[plane]--)
                    Begin(plane, key);
            }

            last = now;
            await timer.WaitForNextTickAsync();
        }
    }

    /// <summary>One request; its status, and the time to its answer's end in ms.</summary>
    public async Task<(HttpStatusCode Status, double Ms)> AskAsync(int plane, string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri($"http://{fleet.Plane(plane)}/v1/chat/completions"));
        request.Content = new StringContent($$"""{"model":"plane-{{plane}}","messages":[{"role":"user","content":"x"}]}""", Encoding.UTF8, "application/json");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        var began = Stopwatch.GetTimestamp();
        using var answer = await _http.SendAsync(request);
        var ms = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        Took.Record((long)(ms * 1000));
        return (answer.StatusCode, ms);
    }

    public void Dispose() => _http.Dispose();

    private void Begin(int plane, string key)
    {
        lock (Gone)
        {
            if (Gone.Contains(plane))
                return;
        }

        if (Interlocked.Increment(ref _underWay[plane]) > UnderWayMax)
        {
            Interlocked.Decrement(ref _underWay[plane]);
            return;
        }

        tally.Offer(plane);
        _ = SendAsync(plane, key);
    }

    private async Task SendAsync(int plane, string key)
    {
        try
        {
            var (status, _) = await AskAsync(plane, key);
            if (status is not (HttpStatusCode.OK or HttpStatusCode.TooManyRequests))
                Faults++;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException or ObjectDisposedException)
        {
            lock (Gone)
                Faults += Gone.Contains(plane) ? 0 : 1;
        }
        finally
        {
            Interlocked.Decrement(ref _underWay[plane]);
        }
    }
}
