using System.Diagnostics;
using System.Globalization;
using AiEdge.FakeUpstream;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests.Fleet;

/// <summary>Data planes and a control plane with its store: what one limit admits over all of them, counted at the providers.</summary>
public sealed class SharedLimitTests : IAsyncLifetime
{
    private const int Rate = 50;
    private const int Burst = 100;
    private static readonly TimeSpan RefusedPause = TimeSpan.FromMilliseconds(10);

    private readonly List<LinkedEdge> _edges = [];
    private FakeUpstreamServer _provider = null!;
    private LiveControl _control = null!;

    public async Task InitializeAsync()
    {
        _provider = await FakeUpstreamServer.StartAsync(new FakeUpstreamOptions());
        _control = await LiveControl.StartAsync();
        await _control.PutAsync("providers/fake", $$"""{"dialect":"openai","baseUrl":"{{_provider.BaseUrl}}","key":"${env:AIEDGE_SECRET_FAKE}"}""");
        await _control.PutAsync("models/gpt-4o", """{"targets":[{"provider":"fake","model":"fake-n3"}]}""");
        await _control.PutAsync("keys/full", $$"""{"sha256":"{{EdgeSetup.Sha256(EdgeSetup.Key)}}"}""");
    }

    public async Task DisposeAsync()
    {
        foreach (var edge in _edges)
            await edge.DisposeAsync();
        await _control.DisposeAsync();
        await _provider.DisposeAsync();
    }

    [Fact]
    public async Task Planes_together_admit_what_the_limit_says_and_not_each()
    {
        await _control.PutAsync("limits/shared", $$"""{"requests":"{{Rate}}/s","burst":{{Burst}}}""");
        await StartPlanesAsync(3);
        var began = Stopwatch.StartNew();
        long refused = 0;
        for (var tries = 0; tries < 10 && (Admitted() < Burst / 2 || refused == 0); tries++)
            refused += await LoadAsync(TimeSpan.FromSeconds(4), _edges);
        var most = Burst + Rate * began.Elapsed.TotalSeconds;
        Assert.InRange(Admitted(), Burst / 2.0, most);
        Assert.True(refused > 0, "nothing was refused");
    }

    [Fact]
    public async Task A_small_burst_is_lent_from_the_first_request_on()
    {
        await _control.PutAsync("limits/shared", """{"requests":"10/s","burst":20}""");
        await StartPlanesAsync(2);
        var began = Stopwatch.StartNew();

        // How soon is told in virtual time by the allocator's own tests: here the machine may be busy.
        for (var tries = 0; tries < 20 && Admitted() < 12; tries++)
            await LoadAsync(TimeSpan.FromSeconds(1), _edges);
        Assert.InRange(Admitted(), 12.0, 20 + 10 * began.Elapsed.TotalSeconds);
    }

    [Fact]
    public async Task A_window_is_the_fleets_also_over_a_restart_of_the_control_plane()
    {
        await _control.PutAsync("limits/shared", """{"requests":"300/day","onOutage":"refuse"}""");
        await StartPlanesAsync(2);
        for (var tries = 0; tries < 20 && Admitted() == 0; tries++)
            await LoadAsync(TimeSpan.FromSeconds(1), _edges);
        Assert.InRange(Admitted(), 1L, 300L);
        await _control.StopAsync();
        await _control.GoOnAsync();

        // What was lent before is charged, and the planes have to find the new one: on a busy machine that takes a while.
        for (var tries = 0; tries < 10 && Admitted() < 60; tries++)
            await LoadAsync(TimeSpan.FromSeconds(4), _edges);
        Assert.InRange(Admitted(), 60L, 300L);
    }

    [Fact]
    public async Task As_many_at_once_as_the_fleet_may()
    {
        await _control.PutAsync("limits/shared", """{"concurrent":6}""");
        await StartPlanesAsync(2);
        var began = Stopwatch.StartNew();

        // On a busy machine the first slots may take a while to come.
        for (var tries = 0; tries < 10 && Admitted() < 20; tries++)
            await LoadAsync(TimeSpan.FromSeconds(3), _edges, "head=100000");

        // Each keeps its slot for a tenth of a second at least.
        Assert.InRange(Admitted(), 20.0, 6 * (began.Elapsed.TotalSeconds * 10 + 1));
    }

    [Theory]
    [InlineData("\"requests\":\"100/day\"")]
    [InlineData("\"requests\":\"6/min\",\"burst\":100")]
    public async Task Requests_are_made_less_of_by_what_all_planes_have_used(string amount)
    {
        await _control.PutAsync("models/small", """{"targets":[{"provider":"fake","model":"fake-small"}]}""");
        await _control.PutAsync("limits/shared", $$"""{{{amount}},"degrade":[{"at":"30%","model":"small"}]}""");
        await StartPlanesAsync(2);
        var (busy, idle) = (_edges[0], _edges[1]);
        Assert.Null((await idle.AskAsync(Ask.Chat())).Field("x-aiedge-degraded"));

        // One plane alone uses half of it. No plane holds so much that its own lease would say so.
        var own = 0;
        await busy.SeeAsync(async () => (own += (await busy.AskAsync(Ask.Chat())).Status == 200 ? 1 : 0) >= 50);
        foreach (var edge in (LinkedEdge[])[busy, idle])
        {
            await edge.SeeAsync(async () =>
            {
                // Each question uses up some of it: not more than there is before the figure comes, which a busy machine may take a second for.
                await Task.Delay(200);
                return (await edge.AskAsync(Ask.Chat())).Field("x-aiedge-degraded") == "shared;model=small";
            });
        }

        // The control plane knows it by what planes told it of, each when it asked last.
        await idle.SeeAsync(async () =>
        {
            var asked = await _control.DoAsync("POST", "explain", """{"key":"full","model":"gpt-4o"}""");
            return (string?)asked["limits"]![0]!["degraded"]?["model"] == "small";
        });
    }

    [Theory]
    [InlineData("\"requests\":\"200/day\"", 200, 0)]
    [InlineData("\"requests\":\"60/min\",\"burst\":200", 200, 1)]
    public async Task A_limit_that_is_given_another_name_goes_on_with_what_the_fleet_has_used(string amount, int most, int eachSecond)
    {
        await _control.PutAsync("limits/shared", $$"""{{{amount}},"onOutage":"refuse"}""");
        await StartPlanesAsync(2);
        var began = Stopwatch.StartNew();
        await AdmitAsync(most / 4);
        await RenameAsync("shared", "renamed");
        await AdmitAsync(most / 2);

        // What planes have used since they asked last is not known yet.
        await _edges[0].SeeAsync(async () => await UsedAsync() >= most / 4);
        Assert.InRange(await UsedAsync(), most / 4, most);

        // And so it is after a restart, and after another name.
        await _control.StopAsync();
        await _control.GoOnAsync();
        await RenameAsync("renamed", "again");
        for (var i = 0; i < 3; i++)
            await LoadAsync(TimeSpan.FromSeconds(1), _edges);
        Assert.InRange(Admitted(), most / 2, most + eachSecond * began.Elapsed.TotalSeconds);
        Assert.Equal("again;scope=global", await RefusedByAsync());

        async Task<long> UsedAsync()
        {
            var state = await _control.DoAsync("GET", "limits/renamed/state");
            return long.Parse((string)Assert.Single(state["buckets"]!.AsArray())!["used"]!, CultureInfo.InvariantCulture);
        }

        async Task AdmitAsync(long count)
        {
            // Where there is nothing at the moment planes ask again after a second.
            for (var since = Stopwatch.StartNew(); Admitted() < count;)
            {
                foreach (var edge in _edges)
                {
                    if ((await edge.AskAsync(Ask.Chat())).Status == 429)
                        await Task.Delay(RefusedPause);
                }

                Assert.True(since.Elapsed < TimeSpan.FromSeconds(60), $"{Admitted()} of {count}");
            }
        }
    }

    [Theory]
    [InlineData("\"requests\":\"100/day\"", 0)]
    [InlineData("\"requests\":\"6/min\",\"burst\":100", 1)]
    public async Task A_share_is_its_owners_on_whichever_plane_he_asks(string amount, int eachSecond)
    {
        await _control.PutAsync("keys/full", $$"""{"sha256":"{{EdgeSetup.Sha256(EdgeSetup.Key)}}","tags":{"env":"dev"} }""");
        await _control.PutAsync("keys/narrow", $$"""{"sha256":"{{EdgeSetup.Sha256(EdgeSetup.NarrowKey)}}","tags":{"env":"prod"} }""");
        await _control.PutAsync("limits/shared", $$"""{{{amount}},"shares":{"env=prod":"50%","env=dev":"20%"},"onOutage":"refuse"}""");
        await StartPlanesAsync(2);
        var began = Stopwatch.StartNew();

        // Its own part and what is nobody's, however long it asks.
        var dev = 0L;
        for (var tries = 0; tries < 20 && dev < 30; tries++)
        {
            await LoadAsync(TimeSpan.FromSeconds(1), _edges[..1]);
            dev = Admitted();
        }

        await LoadAsync(TimeSpan.FromSeconds(1), _edges[..1]);
        dev = Admitted();
        Assert.InRange(dev, 30, 56 + eachSecond * began.Elapsed.TotalSeconds);
        await _edges[1].SeeAsync(async () =>
        {
            if ((await _edges[1].AskAsync(Ask.Chat(key: EdgeSetup.NarrowKey))).Status == 429)
                await Task.Delay(RefusedPause);
            return Admitted() >= dev + 40;
        });
        Assert.InRange(Admitted(), dev + 40, 100 + eachSecond * began.Elapsed.TotalSeconds);
    }

    /// <summary>In one write of the whole document, so that there is no moment without the limit.</summary>
    private async Task RenameAsync(string from, string to)
    {
        var document = await _control.DoAsync("GET", "config");
        var limit = document["limits"]!.AsArray().Single(l => (string)l!["name"]! == from)!;
        (limit["name"], limit["was"]) = (to, from);

        // These are another owner's.
        document.AsObject().Remove("server");
        document.AsObject().Remove("timeouts");
        var changes = await _control.DoAsync("PUT", "config?dryRun=true", document.ToJsonString());
        Assert.Contains(to, changes.ToJsonString(), StringComparison.Ordinal);
        await _control.DoAsync("PUT", "config?wait=all&timeout=20s", document.ToJsonString());
    }

    private async Task<string?> RefusedByAsync()
    {
        for (var tries = 0; ; tries++)
        {
            var answer = await _edges[tries % 2].AskAsync(Ask.Chat());
            if (answer.Status == 429)
                return answer.Field("x-aiedge-limit");
            Assert.True(tries < 1000);
        }
    }

    private long Admitted() => _provider.RequestCount;

    private async Task StartPlanesAsync(int count)
    {
        for (var i = 0; i < count; i++)
        {
            var edge = await LinkedEdge.MakeAsync(_control.Grpc);
            _edges.Add(edge);
            await edge.StartAsync(LiveControl.JoinToken, planeId: $"plane-{i}");
        }
    }

    /// <summary>Asks over and over, eight clients a plane; says how many were refused.</summary>
    private static async Task<long> LoadAsync(TimeSpan time, IReadOnlyList<LinkedEdge> edges, string script = "")
    {
        long refused = 0;
        var began = Stopwatch.StartNew();
        await Task.WhenAll(edges.SelectMany(edge => Enumerable.Range(0, 8).Select(async _ =>
        {
            using var client = await edge.ConnectAsync();
            while (began.Elapsed < time)
            {
                var answer = await client.AskAsync(Ask.Chat(script));
                Assert.True(answer.Status is 200 or 429, answer.Text);
                if (answer.Status != 429)
                    continue;
                Interlocked.Increment(ref refused);

                // Whoever is refused leaves the processor to the others; a client waits longer.
                await Task.Delay(RefusedPause);
            }
        })));
        return refused;
    }
}
