using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using AiEdge.FakeUpstream;

namespace AiEdge.FleetTest.Faults;

/// <summary>
/// Completions on a schedule that waits for no answer, each read to its end and judged: whole, broken and told, or neither. Times count from
/// when a request was due.
/// </summary>
internal sealed class Caller(IPEndPoint plane, ClientForm form, int chunks) : IDisposable
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(2);

    private readonly HttpClient _http = new(new SocketsHttpHandler { MaxConnectionsPerServer = 4096, UseProxy = false, UseCookies = false })
    {
        Timeout = TimeSpan.FromSeconds(30),
    };

    private readonly Uri _url = new($"http://{plane}{form.Path}");
    private readonly string _text = FakeText.All(chunks);
    private readonly List<Outcome> _outcomes = [];
    private readonly Stopwatch _watch = new();
    private int _begun;

    /// <summary>Milliseconds since the load began.</summary>
    public double Now => _watch.Elapsed.TotalMilliseconds;

    public int Begun => Volatile.Read(ref _begun);

    /// <summary>Calls at a rate for a time, and waits for the last of them to end.</summary>
    /// <param name="isStream">Whether the request of that number asks for a stream.</param>
    public async Task<IReadOnlyList<Outcome>> RunAsync(double rate, TimeSpan time, Func<int, bool> isStream)
    {
        var calls = new List<Task>();
        using var timer = new PeriodicTimer(Step);
        _watch.Start();
        while (Now < time.TotalMilliseconds)
        {
            for (; _begun * 1000 / rate is var due && due <= Now; _begun++)
                calls.Add(CallAsync(due, isStream(_begun)));
            await timer.WaitForNextTickAsync();
        }

        await Task.WhenAll(calls);
        return _outcomes;
    }

    public void Dispose() => _http.Dispose();

    /// <summary>Calls until so many have been answered: what both sides compile at first use is compiled then.</summary>
    public async Task WarmAsync(int count)
    {
        for (var i = 0; i < count; i += 20)
            await Task.WhenAll(Enumerable.Range(i, 20).Select(i => CallAsync(0, i % 4 > 0)));
        _outcomes.Clear();
    }

    private async Task CallAsync(double due, bool isStream)
    {
        await Task.Yield();
        var outcome = await JudgeAsync(due, isStream);
        lock (_outcomes)
            _outcomes.Add(outcome);
    }

    private async Task<Outcome> JudgeAsync(double due, bool isStream)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, _url);
            request.Content = new StringContent(form.Ask(isStream), Encoding.UTF8, "application/json");
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", StandalonePlane.ClientKey);
            using var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            if (answer.StatusCode != HttpStatusCode.OK)
                return new(OutcomeKind.Refused, due, -1, $"{(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
            return isStream ? await ReadStreamAsync(answer, due) : await ReadWholeAsync(answer, due);
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            return new(OutcomeKind.Lost, due, -1, e.Message);
        }
    }

    private async Task<Outcome> ReadWholeAsync(HttpResponseMessage answer, double due)
    {
        try
        {
            var text = form.TextOf(JsonElement.Parse(await answer.Content.ReadAsByteArrayAsync()));
            return text == _text ? new(OutcomeKind.Whole, due, -1) : new(OutcomeKind.Untold, due, -1, "another text");
        }
        catch (Exception e) when (e is HttpRequestException or IOException or JsonException)
        {
            return new(OutcomeKind.Untold, due, -1, e.Message);
        }
    }

    private async Task<Outcome> ReadStreamAsync(HttpResponseMessage answer, double due)
    {
        var (text, first, last, kind) = (new StringBuilder(), -1.0, "", EventKind.Part);
        try
        {
            using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(), Encoding.UTF8);
            while (await reader.ReadLineAsync() is { } line)
            {
                if (!line.StartsWith("data:", StringComparison.Ordinal))
                    continue;
                first = first < 0 ? Now - due : first;
                if (kind != EventKind.Part)
                    return new(OutcomeKind.Untold, due, first, "an event behind the end");
                last = line[5..].Trim();
                kind = form.Take(last, text);
            }
        }
        catch (Exception e) when (e is HttpRequestException or IOException or JsonException)
        {
            return new(OutcomeKind.Untold, due, first, e.Message);
        }

        if (kind == EventKind.Error)
            return new(_text.StartsWith(text.ToString(), StringComparison.Ordinal) ? OutcomeKind.Told : OutcomeKind.Untold, due, first, "told: " + last);
        return kind == EventKind.End && text.ToString() == _text
            ? new(OutcomeKind.Whole, due, first)
            : new(OutcomeKind.Untold, due, first, $"{text.Length} of {_text.Length} characters, and {last}");
    }
}
