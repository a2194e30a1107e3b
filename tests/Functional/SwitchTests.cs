using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests;

/// <summary>What is switched off in the configuration, as a client meets it.</summary>
public sealed class SwitchTests
{
    [Fact]
    public async Task What_is_switched_off_is_refused_and_not_listed_and_nothing_is_sent()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup
        {
            Models = """
                  off: { targets: [ { provider: fake, model: fake-n3 } ], disabled: true }
                  "offs-*": { targets: [ { provider: fake } ], disabled: true }
                """,
        });
        foreach (var model in (string[])["off", "offs-1"])
        {
            var answer = await edge.AskAsync(Ask.Chat(model: model));
            Assert.Equal((403, RawAnswer.Error("The model is switched off.", "invalid_request_error", "model_not_allowed", "model")), (answer.Status, answer.Text));
        }

        Assert.DoesNotContain("\"off\"", (await edge.AskAsync(Ask.Get("/v1/models"))).Text, StringComparison.Ordinal);
        Assert.Equal(404, (await edge.AskAsync(Ask.Get("/v1/models/off"))).Status);
        Assert.Equal(200, (await edge.AskAsync(Ask.Chat())).Status);
        Assert.Equal("fake-n3", (await edge.Fake.NextRequestAsync()).Model);
    }

    [Fact]
    public async Task A_client_changes_its_secret_without_being_refused()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup
        {
            KeyFields = $"previous: {{ sha256: \"{EdgeSetup.Sha256("sk-old")}\", until: 2099-01-01 }}",
            Keys = $"  - {{ name: late, sha256: \"{EdgeSetup.Sha256("sk-new")}\", previous: {{ sha256: \"{EdgeSetup.Sha256("sk-over")}\", until: 2020-01-01 }} }}",
        });
        foreach (var secret in (string[])[EdgeSetup.Key, "sk-old"])
        {
            Assert.Equal(200, (await edge.AskAsync(Ask.Chat(key: secret))).Status);
            Assert.Equal("full", (await edge.RecordAsync()).GetProperty("key").GetString());
        }

        Assert.Equal(200, (await edge.AskAsync(Ask.Chat(key: "sk-new"))).Status);
        Assert.Equal(401, (await edge.AskAsync(Ask.Chat(key: "sk-over"))).Status);
    }
}
