using System.Net;
using System.Text;
using System.Text.Json;
using AiEdge.FakeUpstream;
using Anthropic;
using Anthropic.Exceptions;
using Anthropic.Models.Messages;

namespace AiEdge.Sdk.Tests;

/// <summary>Anthropic's .NET client through the data plane.</summary>
public sealed class AnthropicTests
{
    private const string Instance = """{"city":"café 日本","days":7}""";

    private static readonly Tool Weather = new()
    {
        Name = "weather",
        InputSchema = new InputSchema
        {
            Properties = new Dictionary<string, JsonElement>
            {
                ["city"] = JsonElement.Parse("""{"type":"string"}"""),
                ["days"] = JsonElement.Parse("""{"type":"integer"}"""),
            },
            Required = ["city", "days"],
        },
    };

    [Theory]
    [InlineData("claude")]
    [InlineData("answers")]
    public async Task A_message_is_answered_whole(string provider)
    {
        await using var plane = await Plane.StartAsync(provider: provider);
        using var client = Client(plane);
        var message = await client.Messages.Create(Ask("fake-n40"));
        Assert.True(Assert.Single(message.Content).TryPickText(out var block));
        Assert.Equal(FakeText.All(40), block!.Text);
        Assert.Equal("end_turn", message.StopReason!.Raw());
        Assert.Equal(40, message.Usage.OutputTokens);
    }

    [Theory]
    [InlineData("fake-n60", "claude")]
    [InlineData("fake-n60-split=utf8-gap=0", "claude")]
    [InlineData("fake-n60-encoding=gzip", "claude")]
    [InlineData("fake-n60", "answers")]
    [InlineData("fake-n60-split=utf8-gap=0", "answers")]
    public async Task A_stream_brings_every_delta_and_its_end(string model, string provider)
    {
        await using var plane = await Plane.StartAsync(provider: provider);
        using var client = Client(plane);
        var text = new StringBuilder();
        var ended = false;
        await foreach (var happening in client.Messages.CreateStreaming(Ask(model)))
        {
            if (happening.TryPickContentBlockDelta(out var delta) && delta!.Delta.TryPickText(out var piece))
                text.Append(piece!.Text);
            ended |= happening.TryPickStop(out _);
        }

        Assert.Equal(FakeText.All(60), text.ToString());
        Assert.True(ended);
    }

    [Theory]
    [InlineData("claude")]
    [InlineData("answers")]
    public async Task A_tool_loop_calls_answers_and_ends_in_text(string provider)
    {
        await using var plane = await Plane.StartAsync(provider: provider);
        using var client = Client(plane);
        var asks = await client.Messages.Create(Ask("fake-n12") with { Tools = [Weather] });
        Assert.Equal("tool_use", asks.StopReason!.Raw());
        Assert.True(Assert.Single(asks.Content).TryPickToolUse(out var call));
        Assert.Equal("weather", call!.Name);
        Assert.Equal(7, call.Input["days"].GetInt32());

        var answer = await client.Messages.Create(Ask("fake-n12") with
        {
            Tools = [Weather],
            Messages =
            [
                new UserMessageParam("How is the weather?"),
                new MessageParam(JsonElement.Parse($$"""{"role":"assistant","content":[{"type":"tool_use","id":"{{call.ID}}","name":"weather","input":{{Instance}}}]}""")),
                new MessageParam(JsonElement.Parse($$"""{"role":"user","content":[{"type":"tool_result","tool_use_id":"{{call.ID}}","content":"Rain."}]}""")),
            ],
        });
        Assert.True(Assert.Single(answer.Content).TryPickText(out var block));
        Assert.Equal(FakeText.All(12), block!.Text);
    }

    [Fact]
    public async Task A_prompts_tokens_are_counted()
    {
        await using var plane = await Plane.StartAsync(provider: "claude");
        using var client = Client(plane);
        var count = await client.Messages.CountTokens(new MessageCountTokensParams { Model = "fake-n1", Messages = [new UserMessageParam("one two three four five six")] });
        Assert.InRange(count.InputTokens, 8, 20);
    }

    [Theory]
    [InlineData("gpt-99", HttpStatusCode.NotFound)]
    [InlineData("secret", HttpStatusCode.Forbidden)]
    public async Task What_is_refused_is_an_error_of_its_status(string model, HttpStatusCode status)
    {
        await using var plane = await Plane.StartAsync(provider: "claude");
        using var client = Client(plane);
        var error = await Assert.ThrowsAnyAsync<AnthropicApiException>(() => client.Messages.Create(Ask(model)));
        Assert.Equal(status, error.StatusCode);
    }

    [Theory]
    [InlineData("fin")]
    [InlineData("rst")]
    public async Task A_broken_stream_is_never_taken_for_an_end(string how)
    {
        await using var plane = await Plane.StartAsync(provider: "claude");
        using var client = Client(plane);
        await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            await foreach (var happening in client.Messages.CreateStreaming(Ask($"fake-n50-cut=20-how={how}")))
                Assert.False(happening.TryPickStop(out _), "the stream was said to have stopped");
        });
    }

    [Fact]
    public async Task A_stream_that_is_aborted_ends_at_the_provider()
    {
        await using var plane = await Plane.StartAsync(provider: "claude");
        using var client = Client(plane);
        var count = 0;
        await foreach (var happening in client.Messages.CreateStreaming(Ask("fake-n100000-d10000") with { MaxTokens = 100_000 }))
        {
            if (happening.TryPickContentBlockDelta(out _) && ++count == 5)
                break;
        }

        var request = await plane.Provider.NextRequestAsync();
        Assert.Equal(RequestEnd.ClientLeft, await request.End.WaitAsync(TimeSpan.FromSeconds(20)));
    }

    private static AnthropicClient Client(Plane plane) =>
        new() { BaseUrl = plane.Endpoint.GetLeftPart(UriPartial.Authority), ApiKey = Plane.Key, MaxRetries = 0 };

    private static MessageCreateParams Ask(string model) => new() { Model = model, MaxTokens = 1024, Messages = [new UserMessageParam("Hello")] };
}
