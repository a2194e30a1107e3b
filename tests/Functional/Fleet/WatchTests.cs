using AiEdge.Contracts.Wire;
using AiEdge.Functional.Tests.Rig;
using AiEdge.Grpc;
using Google.Protobuf;

namespace AiEdge.Functional.Tests.Fleet;

/// <summary>A configuration that comes from a control plane.</summary>
public sealed class WatchTests
{
    [Fact]
    public async Task A_plane_joins_once_is_not_ready_before_it_has_a_configuration_and_then_serves_it()
    {
        await using var control = await ScriptedControl.StartAsync();
        await using var edge = await LinkedEdge.MakeAsync(control);
        var starting = edge.StartAsync(planeId: "blue-1");
        var admin = int.Parse((await edge.Log.SeeAsync("waiting for a configuration")).Split(':')[^1], System.Globalization.CultureInfo.InvariantCulture);
        var watch = await control.WatchAsync();
        Assert.Equal(("no configuration yet\n", 503), await ReadyAsync(admin));
        Assert.Equal(200, (await LinkedEdge.AdminAsync(admin, "/healthz")).Status);
        Assert.Contains("\naiedge_control_plane_connected 0\n", (await LinkedEdge.AdminAsync(admin, "/metrics")).Text);

        await watch.GreetAsync(control.Book.StoreId);
        await watch.ApplyAsync(edge.Whole(7));
        Assert.Empty(await starting);

        Assert.Equal(("ready\n", 200), await ReadyAsync(edge.Host.Admin.Port));
        var answer = await edge.AskAsync(Ask.Chat());
        Assert.Equal(200, answer.Status);
        Assert.Equal("7", answer.Field("x-aiedge-config"));
        Assert.Equal("Bearer " + EdgeSetup.ProviderKey, (await edge.Fake.NextRequestAsync()).Header("authorization"));
        Assert.Equal("blue-1", watch.Hello.Plane.PlaneId);
        Assert.Equal(16, watch.Hello.Plane.Epoch.Length);
        Assert.Equal(0UL, watch.Hello.Generation);
        Assert.Equal("blue-1", Assert.Single(control.Book.Joins).PlaneId);
        Assert.Contains("\naiedge_control_plane_connected 1\n", (await edge.AdminAsync("/metrics")).Text);
        if (!OperatingSystem.IsWindows())
        {
            foreach (var file in (string[])["plane.credential", "plane.config"])
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(edge.DataDir, file)));
        }

        async Task<(string, int)> ReadyAsync(int port)
        {
            var ready = await LinkedEdge.AdminAsync(port, "/readyz");
            return (ready.Text, ready.Status);
        }
    }

    [Fact]
    public async Task An_answer_to_joining_that_is_lost_is_asked_for_again_with_the_same_hash()
    {
        await using var control = await ScriptedControl.StartAsync();
        control.Book.AnswersToLose = 1;
        var (edge, _) = await LinkedEdge.ServeAsync(control);
        await using var _1 = edge;
        Assert.Equal(2, control.Book.Joins.Count);
        Assert.Single(control.Book.Joins.Select(join => join.CredentialSha256).Distinct());
    }

    [Fact]
    public async Task A_wrong_join_token_is_said_and_nothing_is_served()
    {
        await using var control = await ScriptedControl.StartAsync();
        await using var edge = await LinkedEdge.MakeAsync(control);
        var fault = Assert.Single(await edge.StartAsync(joinToken: "another"));
        Assert.Contains("no such join token", fault.Message);
    }

    [Fact]
    public async Task A_change_is_built_upon_what_is_served_and_comes_in_parts()
    {
        await using var control = await ScriptedControl.StartAsync();
        var (edge, watch) = await LinkedEdge.ServeAsync(control);
        await using var _ = edge;
        Assert.Equal(401, (await edge.AskAsync(Ask.Chat(key: "sk-late"))).Status);

        await watch.ChangeAsync(new() { Generation = 9, BaseGeneration = 7, HasMore = true, Entries = { LinkedEdge.Key("late", "sk-late") } });
        await watch.ApplyAsync(new() { Generation = 9, BaseGeneration = 7, Removals = { new ConfigRemoval { Section = "keys", Name = "narrow" } } });

        var answer = await edge.AskAsync(Ask.Chat(key: "sk-late"));
        Assert.Equal((200, "9"), (answer.Status, answer.Field("x-aiedge-config")));
        Assert.Equal(401, (await edge.AskAsync(Ask.Chat(key: EdgeSetup.NarrowKey))).Status);
        Assert.Equal(200, (await edge.AskAsync(Ask.Chat())).Status);
    }

    [Fact]
    public async Task A_change_with_faults_is_refused_with_them_and_the_next_is_built_upon_what_is_served()
    {
        await using var control = await ScriptedControl.StartAsync();
        var (edge, watch) = await LinkedEdge.ServeAsync(control);
        await using var _ = edge;

        await watch.ChangeAsync(new() { Generation = 8, BaseGeneration = 7, Entries = { LinkedEdge.Entry("models", "other", """{"targets":[{"provider":"nobody"}],"odd":1}""") } });
        var rejected = (await watch.NextAsync()).Rejected;

        Assert.Equal(8UL, rejected.Generation);
        Assert.Equal(2U, rejected.FaultCount);
        Assert.Contains(rejected.Faults, fault => fault.Path == "models.other.targets[0].provider");
        Assert.Contains(rejected.Faults, fault => fault.Path == "models.other.odd");
        Assert.Equal("7", (await edge.AskAsync(Ask.Chat())).Field("x-aiedge-config"));
        await watch.ApplyAsync(new() { Generation = 9, BaseGeneration = 7, Entries = { LinkedEdge.Key("late", "sk-late") } });
        Assert.Equal(200, (await edge.AskAsync(Ask.Chat(key: "sk-late"))).Status);
        Assert.Contains("\naiedge_config_rejected_total 1\n", (await edge.AdminAsync("/metrics")).Text);
    }

    [Theory]
    [InlineData("${env:HOME}", "may name variables AIEDGE_SECRET_")]
    [InlineData("${file:/etc/hostname}", "under --secrets-dir only")]
    [InlineData("${file:../data/plane.credential}", "under --secrets-dir only")]
    [InlineData("${store:nothing}", "sent no secret")]
    public async Task References_reach_only_what_was_set_aside_for_them(string reference, string complaint)
    {
        await using var control = await ScriptedControl.StartAsync();
        var (edge, watch) = await LinkedEdge.ServeAsync(control);
        await using var _ = edge;
        await watch.ChangeAsync(edge.Whole(8, reference));
        var fault = Assert.Single((await watch.NextAsync()).Rejected.Faults);
        Assert.Equal("providers.fake.key", fault.Path);
        Assert.Contains(complaint, fault.Message);
    }

    [Fact]
    public async Task Vocabularies_are_files_of_the_folder_and_no_word_of_one_that_is_none_is_told()
    {
        await using var control = await ScriptedControl.StartAsync();
        var (edge, watch) = await LinkedEdge.ServeAsync(control);
        await using var _ = edge;
        Directory.CreateDirectory(Path.Combine(edge.SecretsDir, "own"));
        var ranks = string.Concat(Enumerable.Range(0, 256).Select(b => $"{Convert.ToBase64String([(byte)b])} {b}\n")) + "YWI= 256\n";
        await File.WriteAllTextAsync(Path.Combine(edge.SecretsDir, "own", "ab.tiktoken"), ranks);
        await File.WriteAllTextAsync(Path.Combine(edge.SecretsDir, "provider-key"), "sk-canary-of-a-file");
        await File.WriteAllTextAsync(Path.Combine(edge.Folder, "outside.tiktoken"), ranks);

        await watch.ApplyAsync(With(8, """{"own":{"file":"own/ab.tiktoken","split":"qwen2"}}"""));
        Assert.Equal(200, (await edge.AskAsync(Ask.Chat())).Status);
        Assert.Contains("own/ab.tiktoken", (await edge.AdminAsync("/config")).Text);
        foreach (var (generation, file, complaint) in new[]
        {
            (9UL, "provider-key", "it is no vocabulary of its format"), (10UL, "../outside.tiktoken", "under --secrets-dir only"),
            (11UL, Path.Combine(edge.Folder, "outside.tiktoken"), "under --secrets-dir only"), (12UL, "/etc/hostname", "under --secrets-dir only"),
        })
        {
            await watch.ChangeAsync(With(generation, $$"""{"own": {"file":"{{file}}","format":"tiktoken","split":"qwen2"} }"""));
            var fault = Assert.Single((await watch.NextAsync()).Rejected.Faults);
            Assert.Equal("tokenizers.own.file", fault.Path);
            Assert.Contains(complaint, fault.Message);
            Assert.DoesNotContain("canary", fault.Message);
        }

        ConfigChange With(ulong generation, string tokenizers)
        {
            var change = edge.Whole(generation);
            change.Entries.Add(LinkedEdge.Entry("settings", "tokenizers", tokenizers));
            change.Entries.Add(LinkedEdge.Entry("models", "counted", """{"targets":[{"provider":"fake"}],"tokenizer":"own"}"""));
            return change;
        }
    }

    [Fact]
    public async Task Secrets_of_the_store_and_of_the_folder_are_used_and_the_stores_lie_sealed()
    {
        await using var control = await ScriptedControl.StartAsync();
        var (edge, watch) = await LinkedEdge.ServeAsync(control);
        await using var _ = edge;
        var change = edge.Whole(8, "${store:fake-key}");
        change.Secrets.Add(new ConfigSecret { Name = LinkedEdge.SecretName, Value = ByteString.CopyFromUtf8("sk-stored-canary-11") });
        await watch.ApplyAsync(change);
        await AskAsync("sk-stored-canary-11");
        Assert.Equal(-1, File.ReadAllBytes(Path.Combine(edge.DataDir, "plane.config")).AsSpan().IndexOf("sk-stored-canary-11"u8));
        Assert.DoesNotContain("sk-stored-canary-11", (await edge.AdminAsync("/config")).Text);

        await edge.StopAsync();
        await edge.StartAsync(joinToken: null);
        await AskAsync("sk-stored-canary-11");

        Directory.CreateDirectory(edge.SecretsDir);
        var file = Path.Combine(edge.SecretsDir, "fake");
        await File.WriteAllTextAsync(file, "sk-filed-1");
        watch = await control.WatchAsync();
        await watch.GreetAsync(control.Book.StoreId);
        await watch.ApplyAsync(edge.Whole(9, "${file:fake}"));
        await AskAsync("sk-filed-1");
        await edge.Log.SeeAsync("configuration 9 in force");
        await File.WriteAllTextAsync(file, "sk-filed-two");
        await edge.Log.SeeAsync("configuration 9 in force");
        await AskAsync("sk-filed-two");

        async Task AskAsync(string providerKey)
        {
            Assert.Equal(200, (await edge.AskAsync(Ask.Chat())).Status);
            Assert.Equal("Bearer " + providerKey, (await edge.Fake.NextRequestAsync()).Header("authorization"));
        }
    }

    [Fact]
    public async Task A_plane_comes_back_after_a_cut_and_says_what_it_serves()
    {
        await using var control = await ScriptedControl.StartAsync();
        var (edge, watch) = await LinkedEdge.ServeAsync(control);
        await using var _ = edge;

        watch.End(new(GrpcCode.Unavailable, "stops"));

        watch = await control.WatchAsync();
        Assert.Equal(7UL, watch.Hello.Generation);
        Assert.Equal(control.Book.StoreId, watch.Hello.StoreId.ToByteArray());
        Assert.Equal(Hash(edge.Whole(7)), watch.Hello.EntriesSha256.ToByteArray());
        await watch.GreetAsync(control.Book.StoreId);
        await watch.ApplyAsync(new() { Generation = 8, BaseGeneration = 7, Entries = { LinkedEdge.Key("late", "sk-late") } });
        Assert.Equal(200, (await edge.AskAsync(Ask.Chat(key: "sk-late"))).Status);
        Assert.Single(control.Book.Joins);
    }

    [Fact]
    public async Task A_control_plane_that_hangs_is_given_up_and_tried_again_while_requests_are_served()
    {
        await using var control = await ScriptedControl.StartAsync();
        var (edge, watch) = await LinkedEdge.ServeAsync(control, helloTimeoutMs: 4000);
        await using var _ = edge;
        watch.End(new(GrpcCode.Unavailable, "stops"));

        // No hello comes on this one.
        var hung = await control.WatchAsync();
        Assert.Equal(200, (await edge.AskAsync(Ask.Chat())).Status);

        Assert.NotSame(hung, await control.WatchAsync());
        await hung.Ended.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Theory]
    [InlineData("a change to generation 5, and 7 is served")]
    [InlineData("generation 6 after 7")]
    [InlineData("a part of generation 9 among those of 8")]
    [InlineData("something else came between")]
    [InlineData("a second hello")]
    public async Task What_breaks_the_order_ends_the_stream_and_all_is_asked_for_where_the_two_disagree(string complaint)
    {
        await using var control = await ScriptedControl.StartAsync();
        var (edge, watch) = await LinkedEdge.ServeAsync(control);
        await using var _ = edge;
        await (complaint[..8] switch
        {
            "a change" => watch.ChangeAsync(new() { Generation = 8, BaseGeneration = 5 }),
            "generati" => watch.ChangeAsync(edge.Whole(6)),
            "a part o" => TwoAsync(new() { Change = new() { Generation = 9, BaseGeneration = 7 } }),
            "somethin" => TwoAsync(new() { Lease = new() { MaxAgeMs = 1000 } }),
            _ => watch.GreetAsync(control.Book.StoreId),
        });

        await edge.Log.SeeAsync(complaint);
        await watch.Ended.WaitAsync(TimeSpan.FromSeconds(30));
        watch = await control.WatchAsync();
        Assert.Equal(complaint.Contains('7', StringComparison.Ordinal) ? 0UL : 7UL, watch.Hello.Generation);
        await watch.GreetAsync(control.Book.StoreId);
        await watch.ApplyAsync(edge.Whole(8));
        Assert.Equal("8", (await edge.AskAsync(Ask.Chat())).Field("x-aiedge-config"));

        async Task TwoAsync(ConfigDown second)
        {
            await watch.ChangeAsync(new() { Generation = 8, BaseGeneration = 7, HasMore = true });
            await watch.SendAsync(second);
        }
    }

    [Fact]
    public async Task A_store_that_was_restored_begins_anew_even_with_a_lower_generation()
    {
        await using var control = await ScriptedControl.StartAsync();
        var (edge, watch) = await LinkedEdge.ServeAsync(control);
        await using var _ = edge;
        watch.End(new(GrpcCode.Unavailable, "stops"));
        watch = await control.WatchAsync();
        await watch.GreetAsync([.. Enumerable.Repeat((byte)8, 16)]);
        await watch.ApplyAsync(edge.Whole(3));
        Assert.Equal("3", (await edge.AskAsync(Ask.Chat())).Field("x-aiedge-config"));
    }

    private static byte[] Hash(ConfigChange change)
    {
        var bytes = new MemoryStream();
        foreach (var entry in change.Entries.OrderBy(e => e.Section, StringComparer.Ordinal).ThenBy(e => e.Name, StringComparer.Ordinal))
        {
            foreach (var text in (ByteString[])[ByteString.CopyFromUtf8(entry.Section), ByteString.CopyFromUtf8(entry.Name), entry.Json])
            {
                text.WriteTo(bytes);
                bytes.WriteByte(0);
            }
        }

        return System.Security.Cryptography.SHA256.HashData(bytes.ToArray());
    }
}
