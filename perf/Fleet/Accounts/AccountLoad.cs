using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace AiEdge.FleetTest.Accounts;

/// <summary>Requests on a schedule that does not wait for answers, to all planes of a fleet.</summary>
internal sealed class AccountLoad(RunningFleet fleet, AccountCase its) : IDisposable
{
    /// <summary>Requests of one plane that may be under way; what comes beyond is not sent.</summary>
    private const int UnderWayMax = 400;

    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(4);

    private readonly HttpClient _http = new(new SocketsHttpHandler { MaxConnectionsPerServer = UnderWayMax, UseProxy = false, UseCookies = false })
    {
        Timeout = TimeSpan.FromSeconds(30),
    };

    private readonly Random _random = new(7);
    private readonly int[] _underWay = new int[fleet.Planes];
    private long _faults;
    private long _answered;
    private long _refused;

    /// <summary>Requests that were due.</summary>
    public long Offered { get; private set; }

    /// <summary>Those of them that were not sent, for too many were under way.</summary>
    public long Unsent { get; private set; }

    public long Answered => Interlocked.Read(ref _answered);

    /// <summary>Answers 429.</summary>
    public long Refused => Interlocked.Read(ref _refused);

    /// <summary>Answers that were neither 200 nor 429, or none.</summary>
    public long Faults => Interlocked.Read(ref _faults);

    public async Task RunAsync(double seconds)
    {
        var owed = new double[fleet.Planes];
        var began = Stopwatch.GetTimestamp();
        var last = 0.0;
        using var timer = new PeriodicTimer(Step);
        while (Stopwatch.GetElapsedTime(began).TotalSeconds is var now && now < seconds)
        {
            for (var plane = 0; plane < owed.Length; plane++)
            {
                owed[plane] += its.Rate * its.PartOf(plane, owed.Length, now) * (now - last);
                for (; owed[plane] >= 1; owed[plane]--)
                    Begin(plane);
            }

            last = now;
            await timer.WaitForNextTickAsync();
        }
    }

    public async Task<HttpStatusCode> AskAsync(int plane, string body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri($"http://{fleet.Plane(plane)}{its.Path}"));
        request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", "sk-shared");
        if (its.IsAnthropic)
            request.Headers.Add("anthropic-version", "2023-06-01");
        using var answer = await _http.SendAsync(request);
        return answer.StatusCode;
    }

    public string Body(string model) => its.Body(_random, model);

    public void Dispose() => _http.Dispose();

    private void Begin(int plane)
    {
        Offered++;
        if (Interlocked.Increment(ref _underWay[plane]) <= UnderWayMax)
        {
            _ = SendAsync(plane, Body("shared"));
            return;
        }

        Interlocked.Decrement(ref _underWay[plane]);
        Unsent++;
    }

    private async Task SendAsync(int plane, string body)
    {
        try
        {
            var status = await AskAsync(plane, body);
            if (status == HttpStatusCode.OK)
                Interlocked.Increment(ref _answered);
            else if (status == HttpStatusCode.TooManyRequests)
                Interlocked.Increment(ref _refused);
            else
                Interlocked.Increment(ref _faults);
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException or ObjectDisposedException)
        {
            Interlocked.Increment(ref _faults);
        }
        finally
        {
            Interlocked.Decrement(ref _underWay[plane]);
        }
    }
}
