using System.Text.Json;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests.Translate;

/// <summary>Thought that is bound to what stood before it, brought back by a client of chats to a provider that judges what it is sent.</summary>
public sealed class BoundThoughtTests
{
    private const string Details = ""","reasoning_details":[{"type":"reasoning.text","text":"t","signature":"aiedge.signed.0.SIG","index":0}]""";
    private const string Beta = "thinking-binding-controls-2026-08-01";

    private static EdgeSetup Setup => new()
    {
        Providers = $"  claude: {{ dialect: anthropic, baseUrl: \"ROOT\", key: \"{EdgeSetup.ProviderKey}\" }}\n"
            + $"  trying: {{ dialect: anthropic, baseUrl: \"ROOT\", accounts: {{ one: {{ key: \"{EdgeSetup.ProviderKey}\" }} }}, headers: {{ Anthropic-Beta: context-1m-2025-08-07 }} }}\n"
            + $"  vertex: {{ dialect: anthropic, hosting: vertex, baseUrl: \"ROOT/v1/projects/p/locations/l\", key: \"{EdgeSetup.ProviderKey}\" }}",
        Models = "  direct: { targets: [ { provider: claude, model: claude-opus-5-5 } ] }\n  tried: { targets: [ { provider: trying, model: claude-opus-5-5 } ] }\n  hosted: { targets: [ { provider: vertex, model: claude-opus-5-5 } ] }",
    };

    [Theory]
    [InlineData("direct", Details, Beta, null, "user assistant user system")]
    [InlineData("direct", "", null, null, "user assistant user system")]
    [InlineData("tried", Details, "context-1m-2025-08-07," + Beta, null, "user assistant user system")]
    [InlineData("tried", "", "context-1m-2025-08-07", null, "user assistant user system")]
    [InlineData("hosted", Details, Beta, "messages.role", "user assistant user")]
    [InlineData("hosted", "", null, "messages.role", "user assistant user")]
    public async Task A_later_word_of_the_system_s_is_taken(string model, string details, string? beta, string? losses, string roles)
    {
        await using var edge = await Edge.StartAsync(Setup);
        var messages = """[{"role":"user","content":"Q"},{"role":"assistant","content":"A"DETAILS},{"role":"user","content":"R"},{"role":"system","content":"late"}]"""
            .Replace("DETAILS", details, StringComparison.Ordinal);

        var answer = await edge.AskAsync(Ask.Post("/v1/chat/completions", $$"""{"model":"{{model}}","messages":{{messages}}}"""));

        Assert.True(answer.Status == 200, answer.Text);
        Assert.Equal(losses, answer.Field("x-aiedge-translation-loss"));
        var request = await edge.Fake.NextRequestAsync();
        Assert.Equal(beta, request.Header("anthropic-beta"));
        var body = JsonElement.Parse(request.BodyText);
        Assert.Equal(details.Length > 0, body.TryGetProperty("thinking", out var thinking) && thinking.TryGetProperty("block_binding", out _));
        Assert.Equal(roles, string.Join(' ', body.GetProperty("messages").EnumerateArray().Select(message => message.GetProperty("role").GetString())));
    }
}
