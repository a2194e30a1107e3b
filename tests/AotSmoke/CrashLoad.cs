using System.Diagnostics;
using System.Net.Http.Headers;

namespace AiEdge.AotSmoke.Tests;

/// <summary>What a client saw of one exchange before the process was killed.</summary>
public sealed record CrashSeen(string Id, bool IsStream, TimeSpan? FinishedBeforeKill, IReadOnlyList<TimeSpan> EventsBeforeKill);

/// <summary>Clients that ask one thing after the other, streams among them, until nobody answers any more.</summary>
public sealed class CrashLoad : IDisposable
{
    private const long Refused = -1;

    /// <summary>A stream of which something came so long ago has run for longer than any progress may be due.</summary>
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(1.5);

    private readonly List<Task<List<(string Id, bool IsStream, long FinishedAt, List<long> Events)>>> _clients = [];
    private readonly HttpClient _http;
    private readonly NativePlane _plane;
    private readonly string _prefix;
    private readonly SemaphoreSlim _finished = new(0);
    private readonly TaskCompletionSource _long = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _last;

    private CrashLoad(NativePlane plane, string prefix)
    {
        _plane = plane;
        _http = new HttpClient { BaseAddress = plane.Client.BaseAddress };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", NativePlane.Key);
        _prefix = prefix;
    }

    public static CrashLoad Begin(NativePlane plane, int clients, string prefix)
    {
        var load = new CrashLoad(plane, prefix);
        for (var i = 0; i < clients; i++)
        {
            var kind = i % 4;
            load._clients.Add(Task.Run(() => load.AskAsync(kind)));
        }

        return load;
    }

    /// <summary>Until so many exchanges have ended and events of long streams have come: a moment that no clock chose.</summary>
    public async Task UntilAsync(int steps)
    {
        for (var i = 0; i < steps; i++)
            Assert.True(await _finished.WaitAsync(TimeSpan.FromSeconds(60)), "the load stands still");
    }

    /// <summary>Until a stream has run for so long that some of its progress must be on disk.</summary>
    public Task UntilLongAsync() => _long.Task.WaitAsync(TimeSpan.FromSeconds(60));

    /// <summary>Everything that was asked, in times before now; the process has just been killed.</summary>
    public async Task<List<CrashSeen>> EndAsync()
    {
        var killed = Stopwatch.GetTimestamp();
        var seen = new List<CrashSeen>();
        foreach (var client in _clients)
        {
            foreach (var (id, isStream, finishedAt, events) in await client)
            {
                seen.Add(new(id, isStream, finishedAt == 0 ? null : Stopwatch.GetElapsedTime(finishedAt, killed),
                    [.. events.Select(at => Stopwatch.GetElapsedTime(at, killed))]));
            }
        }

        return seen;
    }

    public void Dispose()
    {
        _http.Dispose();
        _finished.Dispose();
    }

    /// <summary>Kinds 0 and 1 ask for whole answers, 2 for short streams, 3 for streams that outlive the process.</summary>
    private async Task<List<(string Id, bool IsStream, long FinishedAt, List<long> Events)>> AskAsync(int kind)
    {
        var asked = new List<(string, bool, long, List<long>)>();
        while (true)
        {
            var id = $"{_prefix}-{Interlocked.Increment(ref _last)}";
            var events = new List<long>();
            var finishedAt = 0L;
            var isStream = kind >= 2;
            try
            {
                finishedAt = await OneAsync(id, kind, events);
                _finished.Release();
            }
            catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
            {
                // The process is gone.
            }

            // Where the machine is too busy for the journal, it refuses before anything is spent.
            if (finishedAt == Refused)
                continue;
            asked.Add((id, isStream, finishedAt, events));
            if (finishedAt == 0)
                return asked;
        }
    }

    private async Task<long> OneAsync(string id, int kind, List<long> events)
    {
        var model = kind switch { 2 => "fake-n20-d1000", 3 => "fake-n5000-d10000", _ => "fake-n5" };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions") { Content = NativePlane.Chat(model, kind >= 2) };
        request.Headers.Add("x-request-id", id);
        using var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        if (answer.StatusCode == System.Net.HttpStatusCode.ServiceUnavailable)
            return Refused;
        if (!answer.IsSuccessStatusCode)
            Assert.Fail($"{answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}\n{_plane.Complaints}");
        if (kind < 2)
        {
            await answer.Content.ReadAsByteArrayAsync();
            return Stopwatch.GetTimestamp();
        }

        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync());
        while (await reader.ReadLineAsync() is { } line)
        {
            if (line == "data: [DONE]")
                return Stopwatch.GetTimestamp();
            if (line.StartsWith("data: ", StringComparison.Ordinal))
            {
                events.Add(Stopwatch.GetTimestamp());
                if (kind == 3)
                    _finished.Release();
                if (Stopwatch.GetElapsedTime(events[0]) > Long)
                    _long.TrySetResult();
            }
        }

        throw new IOException("the stream broke off");
    }
}
