using AiEdge.Contracts.Wire;
using AiEdge.FakeUpstream;
using AiEdge.Functional.Tests.Rig;
using Google.Protobuf;

namespace AiEdge.Functional.Tests.Fleet;

/// <summary>What a plane tells a control plane of accounts with providers, and what it does with what it is told.</summary>
public sealed class SharedAccountTests
{
    private static byte[] Left(int limit, int left, string reset) => Ask.Answer("""{"choices":[{}]}""",
        $"x-ratelimit-limit-requests: {limit}\r\nx-ratelimit-remaining-requests: {left}\r\nx-ratelimit-reset-requests: {reset}\r\n");

    [Fact]
    public async Task What_was_learnt_is_told_by_name_and_a_part_is_kept_to()
    {
        await using var control = await ScriptedControl.StartAsync();
        var (edge, _) = await LinkedEdge.ServeAsync(control);
        await using var _1 = edge;
        var sync = await GreetAsync(control, "accounts");
        edge.Fake.EnqueueRaw(Left(1000, 1000, "1ms"));
        Assert.Equal(200, (await edge.AskAsync(Ask.Chat())).Status);
        var (name, report) = await LearntAsync(sync);
        Assert.Equal(("fake", "", "fake-n3"), (name.Provider, name.Name, name.Model));
        var rate = Assert.Single(report.Rates);
        Assert.Equal((QuotaUnit.Requests, 1000ul, 1000ul, 0u), (rate.Unit, rate.Limit, rate.Remaining, rate.PartPpm));
        Assert.InRange(rate.FullMs, 59_000ul, 61_000ul);

        // A thousandth is one request, and the next comes back in a minute.
        await ShareAsync(sync, report.Account, 1_000, lengthMs: 60_000);
        await edge.SeeAdminAsync("/metrics", "aiedge_account_part_ratio{gen_ai_provider_name=\"fake\",account=\"\",target=\"fake-n3\",unit=\"requests\"} 0.001\n");
        edge.Fake.EnqueueRaw(Left(1000, 999, "60ms"));
        Assert.Equal(200, (await edge.AskAsync(Ask.Chat())).Status);
        var asked = edge.Fake.RequestCount;
        var refused = await edge.AskAsync(Ask.Chat());
        Assert.Equal((429, "provider", asked), (refused.Status, refused.Field("x-aiedge-limit"), edge.Fake.RequestCount));
    }

    [Fact]
    public async Task A_part_that_is_not_renewed_ends_also_where_the_control_plane_is_gone()
    {
        using var port = new HeldPort();
        var control = await ScriptedControl.StartAsync(port.Number);
        var (edge, _) = await LinkedEdge.ServeAsync(control);
        await using var _1 = edge;
        var sync = await GreetAsync(control, "accounts");
        edge.Fake.EnqueueRaw(Left(1000, 1000, "1ms"));
        Assert.Equal(200, (await edge.AskAsync(Ask.Chat())).Status);
        var (_, report) = await LearntAsync(sync);
        await ShareAsync(sync, report.Account, 1_000, lengthMs: 4_000);
        await edge.SeeAdminAsync("/metrics", "unit=\"requests\"} 0.001\n");
        await control.DisposeAsync();
        await edge.SeeAdminAsync("/metrics", "\naiedge_quota_connected 0\n");
        await edge.SeeAdminAsync("/metrics", "target=\"fake-n3\",unit=\"requests\"} 1\n");
        for (var i = 0; i < 5; i++)
            Assert.Equal(200, (await edge.AskAsync(Ask.Chat())).Status);
    }

    [Fact]
    public async Task What_another_plane_was_told_holds_before_this_one_has_asked_anything()
    {
        await using var control = await ScriptedControl.StartAsync();
        var (edge, _) = await LinkedEdge.ServeAsync(control);
        await using var _1 = edge;
        var sync = await GreetAsync(control, "accounts");
        var name = await NameAsync(sync, "fake-n3");
        var part = new AccountPart { Unit = QuotaUnit.Tokens, PartPpm = 500_000, Limit = 100_000, Remaining = 0, FullMs = 24 * 60 * 60 * 1000, AgeMs = 5 };
        await sync.SendAsync(new QuotaDown { Accounts = new() { LengthMs = 60_000, Accounts = { new AccountShare { Account = name.Account, Parts = { part } } } } });
        await edge.SeeAdminAsync("/metrics", "target=\"fake-n3\",unit=\"tokens\"} 0.5\n");
        var refused = await edge.AskAsync(Ask.Chat(more: ",\"max_tokens\":5000"));
        Assert.Equal((429, "provider", 0), (refused.Status, refused.Field("x-aiedge-limit"), edge.Fake.RequestCount));
    }

    [Fact]
    public async Task A_limit_that_was_spent_is_told_at_once_and_left_alone_and_so_is_what_another_was_refused()
    {
        await using var control = await ScriptedControl.StartAsync();
        var (edge, watch) = await LinkedEdge.ServeAsync(control);
        await using var _ = edge;
        var other = LinkedEdge.Entry("models", "other", """{"targets":[{"provider":"fake","model":"other"}]}""");
        await watch.ApplyAsync(new() { Generation = 8, BaseGeneration = 7, Entries = { other } });
        var sync = await GreetAsync(control, "accounts");
        var name = await NameAsync(sync, "other");

        // Such a pace that only what is told at once is told within the test's patience.
        await sync.SendAsync(new QuotaDown { Accounts = new() { AgainMs = 1_000_000 } });
        edge.Fake.EnqueueRaw(Encoded("HTTP/1.1 429 Too Many Requests\r\nRetry-After: 50\r\nContent-Length: 0\r\nx-ratelimit-limit-requests: 1000\r\n"
            + "x-ratelimit-remaining-requests: 0\r\nx-ratelimit-reset-requests: 50s\r\n\r\n"));
        Assert.Equal(429, (await edge.AskAsync(Ask.Chat())).Status);
        var pauses = new Dictionary<string, uint>();
        while (pauses.Count < 2)
        {
            foreach (var report in (await NextAsync(sync)).Accounts)
            {
                if (report.PauseMs > 0)
                    pauses[_names[report.Account].Model] = report.PauseMs;
            }
        }

        Assert.InRange(pauses[""], 40_000u, 50_000u);
        Assert.InRange(pauses["fake-n3"], 40_000u, 50_000u);
        var asked = edge.Fake.RequestCount;
        Assert.Equal(429, (await edge.AskAsync(Ask.Chat())).Status);
        Assert.Equal(asked, edge.Fake.RequestCount);

        // Of another model nothing is known, until another plane says so.
        edge.Fake.EnqueueRaw(Left(1000, 900, "6s"));
        Assert.Equal(200, (await edge.AskAsync(Ask.Chat(model: "other"))).Status);
        await sync.SendAsync(new QuotaDown { Accounts = new() { Accounts = { new AccountShare { Account = name.Account, PauseMs = 50_000 } } } });
        await edge.SeeAsync(async () => (await edge.AskAsync(Ask.Chat(model: "other"))).Status == 429);
    }

    [Fact]
    public async Task A_control_plane_that_does_not_know_of_accounts_is_told_nothing_of_them()
    {
        await using var control = await ScriptedControl.StartAsync();
        var (edge, _) = await LinkedEdge.ServeAsync(control);
        await using var _1 = edge;
        var sync = await GreetAsync(control, "something-else");
        edge.Fake.EnqueueRaw(Left(1000, 1000, "1ms"));
        for (var i = 0; i < 5; i++)
            Assert.Equal(200, (await edge.AskAsync(Ask.Chat())).Status);
        Assert.False(sync.TryNext(out var told) && told!.KindCase == QuotaUp.KindOneofCase.Accounts, told?.ToString());

        // Parts that come all the same are of no account that was named.
        await ShareAsync(sync, 1, 1_000, lengthMs: 60_000);
        Assert.Equal(200, (await edge.AskAsync(Ask.Chat())).Status);
    }

    [Fact]
    public async Task No_key_is_told_nor_anything_made_of_one()
    {
        await using var control = await ScriptedControl.StartAsync();
        var (edge, watch) = await LinkedEdge.ServeAsync(control);
        await using var _ = edge;
        var pool = LinkedEdge.Entry("providers", "pool", $$$"""{"dialect":"openai","baseUrl":"{{{edge.Fake.BaseUrl}}}","accounts":{"one":{"key":"${env:AIEDGE_SECRET_FAKE}"},"two":{"key":"${env:AIEDGE_SECRET_FAKE}"} } }""");
        var model = LinkedEdge.Entry("models", "pool", """{"targets":[{"provider":"pool","model":"m"}]}""");
        await watch.ApplyAsync(new() { Generation = 8, BaseGeneration = 7, Entries = { pool, model } });
        var sync = await GreetAsync(control, "accounts");
        edge.Fake.EnqueueRaw(Left(1000, 1000, "1ms"));
        Assert.Equal(200, (await edge.AskAsync(Ask.Chat(model: "pool"))).Status);
        await LearntAsync(sync);
        Assert.Equal(
            ["fake//", "fake//fake-n3", "pool/one/", "pool/one/m", "pool/two/", "pool/two/m"],
            _names.Values.Select(name => $"{name.Provider}/{name.Name}/{name.Model}").Order(StringComparer.Ordinal));
        var hash = EdgeSetup.Sha256(EdgeSetup.ProviderKey);
        foreach (var text in _heard)
        {
            Assert.DoesNotContain(EdgeSetup.ProviderKey, text, StringComparison.Ordinal);
            Assert.DoesNotContain(hash, text, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain(Convert.ToBase64String(Convert.FromHexString(hash)), text, StringComparison.Ordinal);
        }
    }

    private readonly Dictionary<uint, AccountName> _names = [];
    private readonly List<string> _heard = [];

    private static async Task<SyncStream> GreetAsync(ScriptedControl control, string feature)
    {
        var sync = await control.SyncAsync();
        await sync.SendAsync(new QuotaDown { Hello = new() { StoreId = ByteString.CopyFrom(control.Book.StoreId), Features = { feature } } });
        return sync;
    }

    private static Task ShareAsync(SyncStream sync, uint account, uint partPpm, uint lengthMs) => sync.SendAsync(new QuotaDown
    {
        Accounts = new()
        {
            LengthMs = lengthMs,
            Accounts = { new AccountShare { Account = account, Parts = { new AccountPart { Unit = QuotaUnit.Requests, PartPpm = partPpm } } } },
        },
    });

    private async Task<AccountReports> NextAsync(SyncStream sync)
    {
        while (true)
        {
            var up = await sync.NextAsync();
            if (up.KindCase != QuotaUp.KindOneofCase.Accounts)
                continue;
            _heard.Add(up.ToString());
            foreach (var name in up.Accounts.Names)
                _names.Add(name.Account, name);
            return up.Accounts;
        }
    }

    /// <summary>The first that is told of what a provider said.</summary>
    private async Task<(AccountName Name, AccountReport Report)> LearntAsync(SyncStream sync)
    {
        while (true)
        {
            foreach (var report in (await NextAsync(sync)).Accounts)
            {
                if (report.Rates.Any(static rate => rate.Limit > 0))
                    return (_names[report.Account], report);
            }
        }
    }

    private async Task<AccountName> NameAsync(SyncStream sync, string model)
    {
        while (true)
        {
            await NextAsync(sync);
            if (_names.Values.FirstOrDefault(name => name.Model == model) is { } found)
                return found;
        }
    }

    private static byte[] Encoded(string text) => System.Text.Encoding.ASCII.GetBytes(text);
}

/// <summary>Planes and a control plane with its store before one account: what its provider has to refuse.</summary>
public sealed class SharedAccountFleetTests
{
    [Theory]
    [InlineData("models/gpt-4o", ",\"model\":\"m\"", "m")]
    [InlineData("models/gpt-*", "", "gpt-4o")]
    public async Task A_limit_that_one_plane_has_used_up_is_known_to_the_other(string rule, string upstream, string model)
    {
        await using var provider = await FakeUpstreamServer.StartAsync(new FakeUpstreamOptions
        {
            Script = "n=1; d=0",
            Limits = new ProviderLimits { Requests = 40, Period = TimeSpan.FromHours(24) },
        });
        await using var control = await LiveControl.StartAsync();
        await control.PutAsync("providers/fake", $$"""{"dialect":"openai","baseUrl":"{{provider.BaseUrl}}","key":"${env:AIEDGE_SECRET_FAKE}"}""");
        await control.PutAsync(rule, $$"""{"targets":[ {"provider":"fake"{{upstream}} } ],"retry":{"waitMax":"1ms"} }""");
        await control.PutAsync("keys/full", $$"""{"sha256":"{{EdgeSetup.Sha256(EdgeSetup.Key)}}"}""");
        await using var one = await LinkedEdge.MakeAsync(control.Grpc);
        await using var two = await LinkedEdge.MakeAsync(control.Grpc);
        await one.StartAsync(LiveControl.JoinToken, planeId: "one");
        await two.StartAsync(LiveControl.JoinToken, planeId: "two");
        Assert.Equal(200, (await one.AskAsync(Ask.Chat())).Status);
        var answered = 1;

        // A name that clients chose a plane knows of since its own first answer.
        if (model != "m")
        {
            Assert.Equal(200, (await two.AskAsync(Ask.Chat())).Status);
            answered++;
        }

        foreach (var edge in (LinkedEdge[])[one, two])
            await edge.SeeAdminAsync("/metrics", $"aiedge_account_part_ratio{{gen_ai_provider_name=\"fake\",account=\"\",target=\"{model}\",unit=\"requests\"}} 0.");

        // Each is refused by itself once what is its own is used up, and its own is never more than there is.
        foreach (var edge in (LinkedEdge[])[one, two, one, two])
        {
            while ((await edge.AskAsync(Ask.Chat())).Status == 200)
                answered++;
        }

        Assert.Equal((0, (long)answered), (provider.LimitedCount, provider.Admitted.Requests));
        Assert.InRange(answered, 20, 40);
    }
}
