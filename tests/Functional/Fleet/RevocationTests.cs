using AiEdge.Contracts.Wire;
using AiEdge.FakeUpstream;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests.Fleet;

/// <summary>What is taken away by a control plane, and what becomes of that which rests on it.</summary>
public sealed class RevocationTests
{
    [Fact]
    public async Task A_revoked_key_ends_its_open_streams_as_errors_and_no_others()
    {
        await using var control = await ScriptedControl.StartAsync();
        var (edge, watch) = await LinkedEdge.ServeAsync(control);
        await using var _ = edge;
        using var revoked = await edge.ConnectAsync();
        using var other = await edge.ConnectAsync();
        await revoked.SendAsync(Ask.Stream("n=9; b=0; stall=4", key: EdgeSetup.NarrowKey));
        await revoked.SeeAsync("data: ");
        var upstream = await edge.Fake.NextRequestAsync();
        await other.SendAsync(Ask.Stream("n=100; b=0; d=10000"));
        await other.SeeAsync("data: ");

        await watch.ApplyAsync(Without("narrow", endsExchanges: true));
        var answer = await revoked.ReadAnswerAsync();

        Assert.Equal("data: " + RawAnswer.Error("The API key has been revoked.", "invalid_request_error", "revoked") + "\n\n", answer.Frames[^1]);
        Assert.True(answer.IsWhole);
        await revoked.SeeEndAsync();
        Assert.Equal(RequestEnd.ClientLeft, await upstream.End.WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.Equal("[DONE]", (await other.ReadAnswerAsync()).Events[^1]);

        // Which of them ends first is a matter of the machine.
        var first = (await edge.Records.NextJsonAsync()).GetProperty("end").GetString();
        var second = (await edge.Records.NextJsonAsync()).GetProperty("end").GetString();
        Assert.Equal(["done", "revoked"], new[] { first, second }.Order(StringComparer.Ordinal));
        Assert.Equal(401, (await edge.AskAsync(Ask.Chat(key: EdgeSetup.NarrowKey))).Status);
    }

    [Fact]
    public async Task A_request_that_waits_for_its_answer_gets_401_when_its_key_is_revoked()
    {
        await using var control = await ScriptedControl.StartAsync();
        var (edge, watch) = await LinkedEdge.ServeAsync(control);
        await using var _ = edge;
        using var waiting = await edge.ConnectAsync();
        await waiting.SendAsync(Ask.Chat("noanswer=hang", key: EdgeSetup.NarrowKey));
        await edge.Fake.NextRequestAsync();

        await watch.ApplyAsync(Without("narrow", endsExchanges: true));

        var answer = await waiting.ReadAnswerAsync();
        Assert.Equal(401, answer.Status);
        Assert.Equal(RawAnswer.Error("The API key has been revoked.", "invalid_request_error", "invalid_api_key"), answer.Text);
    }

    [Fact]
    public async Task A_key_that_ends_otherwise_lets_its_streams_finish()
    {
        await using var control = await ScriptedControl.StartAsync();
        var (edge, watch) = await LinkedEdge.ServeAsync(control);
        await using var _ = edge;
        using var client = await edge.ConnectAsync();
        await client.SendAsync(Ask.Stream("n=50; b=0; d=10000", key: EdgeSetup.NarrowKey));
        await client.SeeAsync("data: ");

        await watch.ApplyAsync(Without("narrow", endsExchanges: false));

        Assert.Equal("[DONE]", (await client.ReadAnswerAsync()).Events[^1]);
        Assert.Equal(401, (await edge.AskAsync(Ask.Chat(key: EdgeSetup.NarrowKey))).Status);
    }

    [Fact]
    public async Task What_a_refused_change_takes_away_is_gone_all_the_same()
    {
        await using var control = await ScriptedControl.StartAsync();
        var (edge, watch) = await LinkedEdge.ServeAsync(control);
        await using var _ = edge;
        using var revoked = await edge.ConnectAsync();
        await revoked.SendAsync(Ask.Stream("n=9; b=0; stall=4", key: EdgeSetup.NarrowKey));
        await revoked.SeeAsync("data: ");

        var change = Without("narrow", endsExchanges: true);
        change.Entries.Add(Faulty());
        await watch.ChangeAsync(change);
        Assert.Equal(8UL, (await watch.NextAsync()).Rejected.Generation);

        var answer = await revoked.ReadAnswerAsync();
        Assert.Equal("data: " + RawAnswer.Error("The API key has been revoked.", "invalid_request_error", "revoked") + "\n\n", answer.Frames[^1]);
        Assert.Equal(401, (await edge.AskAsync(Ask.Chat(key: EdgeSetup.NarrowKey))).Status);
        Assert.Equal(200, (await edge.AskAsync(Ask.Chat())).Status);

        // The next one is built upon what was in force before, and takes the same away again.
        var next = Without("narrow", endsExchanges: true);
        next.Generation = 9;
        await watch.ApplyAsync(next);
        Assert.Equal(401, (await edge.AskAsync(Ask.Chat(key: EdgeSetup.NarrowKey))).Status);
    }

    [Fact]
    public async Task What_a_refused_change_takes_away_stays_away_over_a_restart_without_the_control_plane()
    {
        await using var control = await ScriptedControl.StartAsync();
        var (edge, watch) = await LinkedEdge.ServeAsync(control);
        await using var _ = edge;
        var change = Without("narrow", endsExchanges: true);
        change.Entries.Add(Faulty());
        await watch.ChangeAsync(change);
        Assert.Equal(8UL, (await watch.NextAsync()).Rejected.Generation);
        Assert.Equal(401, (await edge.AskAsync(Ask.Chat(key: EdgeSetup.NarrowKey))).Status);

        await edge.StopAsync();
        await edge.StartAsync(joinToken: null);
        Assert.Equal(401, (await edge.AskAsync(Ask.Chat(key: EdgeSetup.NarrowKey))).Status);
        Assert.Equal(200, (await edge.AskAsync(Ask.Chat())).Status);
    }

    [Fact]
    public async Task A_key_of_which_a_refused_change_revokes_one_secret_goes_on_with_the_other()
    {
        await using var control = await ScriptedControl.StartAsync();
        var (edge, watch) = await LinkedEdge.ServeAsync(control);
        await using var _ = edge;
        var change = Without("narrow", endsExchanges: true);
        change.Entries.Add(LinkedEdge.Key("narrow", "sk-narrow-two"));
        change.Entries.Add(Faulty());
        await watch.ChangeAsync(change);
        Assert.Equal(8UL, (await watch.NextAsync()).Rejected.Generation);
        Assert.Equal(401, (await edge.AskAsync(Ask.Chat(key: EdgeSetup.NarrowKey))).Status);
        Assert.Equal(200, (await edge.AskAsync(Ask.Chat(key: "sk-narrow-two"))).Status);
    }

    [Fact]
    public async Task Keys_that_a_whole_configuration_does_not_have_any_more_end_their_streams_and_others_go_on()
    {
        await using var control = await ScriptedControl.StartAsync();
        var (edge, watch) = await LinkedEdge.ServeAsync(control);
        await using var _ = edge;
        using var gone = await edge.ConnectAsync();
        await gone.SendAsync(Ask.Stream("n=9; b=0; stall=4", key: EdgeSetup.NarrowKey));
        await gone.SeeAsync("data: ");
        using var rotated = await edge.ConnectAsync();
        await rotated.SendAsync(Ask.Stream("n=100; b=0; d=10000"));
        await rotated.SeeAsync("data: ");

        var whole = edge.Whole(8);
        var keys = whole.Entries.Where(e => e.Section == "keys").ToList();
        keys.ForEach(key => whole.Entries.Remove(key));
        whole.Entries.Add(LinkedEdge.Key("full", "sk-another-secret"));
        await watch.ApplyAsync(whole);

        Assert.Equal("data: " + RawAnswer.Error("The API key has been revoked.", "invalid_request_error", "revoked") + "\n\n", (await gone.ReadAnswerAsync()).Frames[^1]);
        Assert.Equal("[DONE]", (await rotated.ReadAnswerAsync()).Events[^1]);
    }

    [Fact]
    public async Task A_team_that_a_whole_configuration_has_switched_off_ends_its_streams()
    {
        await using var control = await ScriptedControl.StartAsync();
        var (edge, watch) = await LinkedEdge.ServeAsync(control);
        await using var _ = edge;
        var with = new ConfigChange
        {
            Generation = 8,
            BaseGeneration = 7,
            Entries = { LinkedEdge.Entry("teams", "blue", "{}"), LinkedEdge.Key("blue", "sk-blue", ""","team":"blue" """) },
        };
        await watch.ApplyAsync(with);
        using var client = await edge.ConnectAsync();
        await client.SendAsync(Ask.Stream("n=9; b=0; stall=4", key: "sk-blue"));
        await client.SeeAsync("data: ");

        var whole = edge.Whole(9);
        whole.Entries.AddRange([LinkedEdge.Entry("teams", "blue", """{"disabled":true}"""), with.Entries[1]]);
        await watch.ApplyAsync(whole);
        Assert.Contains("revoked", (await client.ReadAnswerAsync()).Frames[^1], StringComparison.Ordinal);
    }

    private static ConfigEntry Faulty() => new()
    {
        Section = "models",
        Name = "faulty",
        Json = Google.Protobuf.ByteString.CopyFromUtf8("""{"targets":[{"provider":"nobody"}]}"""),
    };

    private static ConfigChange Without(string key, bool endsExchanges) => new()
    {
        Generation = 8,
        BaseGeneration = 7,
        Removals = { new ConfigRemoval { Section = "keys", Name = key, EndsExchanges = endsExchanges } },
    };
}
