using AiEdge.Functional.Tests.Anthropic;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests.Translate;

/// <summary>Chats that OpenAI takes and Anthropic would refuse as they stand, and the cap that Anthropic wants and chats need not have.</summary>
public sealed class RefusedByAnthropicTests
{
    private const string Picture = "{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/TYPE;base64,AAAA\"}}";

    [Theory]
    [InlineData("""{"role":"user","content":"Hi"}],"stop":["\n","END"]""", "stop")]
    [InlineData("""{"role":"user","content":"Hi"}],"stop":"\n" """, "stop")]
    [InlineData("""{"role":"user","content":"Hi"}],"user":"someone@example.com" """, "user")]
    [InlineData("""{"role":"user","content":"Hi"}],"user":"+49 151 2345678" """, "user")]
    [InlineData("""{"role":"user","content":"Hi"},{"role":"assistant","content":" \n"},{"role":"user","content":"\t"}]""", null)]
    [InlineData("""{"role":"system","content":[{"type":"text","text":" "},{"type":"text","text":"Be brief."}]},{"role":"user","content":"Hi"}]""", null)]
    [InlineData("""{"role":"system","content":"Count to three."}]""", "messages.role")]
    [InlineData("""{"role":"user","content":[{"type":"text","text":"Hi"},PICTURE/jpg]}]""", null)]
    [InlineData("""{"role":"user","content":[{"type":"text","text":"Hi"},PICTURE/bmp]}]""", "messages.content.image_url")]
    [InlineData("""{"role":"user","content":"Hi"}],"tools":[{"type":"function","function":{"name":"f","parameters":{}}}]""", null)]
    [InlineData("""{"role":"user","content":"Hi"}],"tools":[{"type":"function","function":{"name":"f","strict":true,"parameters":{"properties":{}}}}]""", null)]
    public async Task What_anthropic_would_refuse_is_fitted_or_left_out_and_reported(string rest, string? loss)
    {
        await using var edge = await Edge.StartAsync(Claude.Setup);
        foreach (var type in (string[])["jpg", "bmp"])
            rest = rest.Replace($"PICTURE/{type}", Picture.Replace("TYPE", type, StringComparison.Ordinal), StringComparison.Ordinal);

        var answer = await edge.AskAsync(Ask.Post("/v1/chat/completions", $$"""{"model":"claude-sonnet-4-5","messages":[{{rest}}}"""));

        Assert.True(answer.Status == 200, answer.Text);
        Assert.Equal(loss, answer.Field("x-aiedge-translation-loss"));
    }

    [Theory]
    [InlineData("claude-unheard-of", "", "4096", 4096)]
    [InlineData("claude-unheard-of", ",\"max_tokens\":9000", null, 9000)]
    [InlineData("claude-sonnet-4-5-20250929", "", null, 64_000)]
    public async Task A_cap_that_nobody_knows_is_told_and_one_of_the_target_s_model_is_its_own(string model, string more, string? told, int sent)
    {
        await using var edge = await Edge.StartAsync(Claude.Setup with
        {
            Models = $"  assistant: {{ targets: [ {{ provider: claude, model: {model} }}, {{ provider: fake, model: llama, priority: 1 }} ] }}",
        });

        var answer = await edge.AskAsync(Ask.Chat("", "assistant", more));

        Assert.True(answer.Status == 200, answer.Text);
        Assert.Equal(told, answer.Field("x-aiedge-max-tokens"));
        Assert.Contains($"\"max_tokens\":{sent},", (await edge.Fake.NextRequestAsync()).BodyText, StringComparison.Ordinal);
        var record = await edge.RecordAsync();
        Assert.Equal(told, record.TryGetProperty("maxTokens", out var max) ? max.GetRawText() : null);
    }

    [Fact]
    public async Task A_cap_that_was_made_up_for_a_target_that_failed_is_not_told_of_the_next()
    {
        await using var edge = await Edge.StartAsync(Claude.Setup with
        {
            Models = "  assistant: { targets: [ { provider: claude, model: claude-unheard-of }, { provider: fake, model: llama, priority: 1 } ] }",
        });
        edge.Fake.EnqueueRaw("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n"u8.ToArray());

        var answer = await edge.AskAsync(Ask.Chat("", "assistant"));

        Assert.Equal((200, "fake"), (answer.Status, answer.Field("x-aiedge-provider")));
        Assert.Null(answer.Field("x-aiedge-max-tokens"));
    }
}
