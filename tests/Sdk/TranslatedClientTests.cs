using System.ClientModel;
using System.Text;
using System.Text.Json;
using AiEdge.FakeUpstream;
using Anthropic;
using Anthropic.Exceptions;
using Anthropic.Models.Messages;
using OpenAI.Chat;
using OpenAI.Responses;

namespace AiEdge.Sdk.Tests;

/// <summary>The .NET clients of OpenAI and Anthropic before providers of other dialects, of their own, and before Azure and Vertex: whole, streamed, tools, pictures, schemas, refusals, aborts.</summary>
public sealed class TranslatedClientTests
{
    private const string Schema = """{"type":"object","properties":{"city":{"type":"string"}},"required":["city"],"additionalProperties":false}""";
    private const string Cut = "fake-n50-cut=20";
    private const string Long = "fake-n100000-d10000";

    /// <summary>A name that Anthropic takes and others refuse.</summary>
    private const string LongName = "mcp__weather_of_the_whole_world__the_weather_of_a_city_by_its_name_and_country";

    private static readonly (int Status, int Told)[] ToOpenAi = [(400, 400), (429, 429), (500, 502), (529, 503)];
    private static readonly (int Status, int Told)[] ToAnthropic = [(400, 400), (429, 429), (500, 502), (529, 529)];
    private static readonly byte[] Picture = Convert.FromBase64String("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==");
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static TheoryData<string> OfChats => ["claude", "google", "answers"];

    public static TheoryData<string> OfResponses => ["claude", "google", "plain"];

    public static TheoryData<string> OfMessages => ["fake", "google", "answers"];

    [Theory]
    [MemberData(nameof(OfChats))]
    [InlineData("azure")]
    public async Task A_chat_is_answered_whole_and_streamed_and_calls_tools(string provider)
    {
        await using var plane = await Plane.StartAsync(provider: provider);
        var client = plane.Client().GetChatClient("fake-n40");
        ChatCompletion whole = await client.CompleteChatAsync([new UserChatMessage("Hello")]);
        Assert.Equal((FakeText.All(40), 40), (whole.Content[0].Text, whole.Usage.OutputTokenCount));

        var text = new StringBuilder();
        ChatFinishReason? finish = null;
        await foreach (var update in client.CompleteChatStreamingAsync([new UserChatMessage("Hello")]))
        {
            finish ??= update.FinishReason;
            foreach (var part in update.ContentUpdate)
                text.Append(part.Text);
        }

        Assert.Equal((FakeText.All(40), ChatFinishReason.Stop), (text.ToString(), finish));

        var options = new ChatCompletionOptions { Tools = { ChatTool.CreateFunctionTool("weather", "Tells it.", BinaryData.FromString(Schema)) } };
        var messages = new List<ChatMessage> { new UserChatMessage("Weather?") };
        ChatCompletion asks = await client.CompleteChatAsync(messages, options);
        var call = Assert.Single(asks.ToolCalls);
        Assert.Equal("weather", call.FunctionName);
        Assert.NotEqual("", JsonElement.Parse(call.FunctionArguments.ToString()).GetProperty("city").GetString());
        messages.AddRange([new AssistantChatMessage(asks), new ToolChatMessage(call.Id, "Rain.")]);
        ChatCompletion told = await client.CompleteChatAsync(messages, options);
        Assert.Equal(FakeText.All(40), told.Content[0].Text);
    }

    [Theory]
    [MemberData(nameof(OfChats))]
    [InlineData("fake")]
    [InlineData("azure")]
    public async Task A_chat_sees_a_picture_keeps_to_a_schema_and_is_told_of_a_break(string provider)
    {
        await using var plane = await Plane.StartAsync(provider: provider);
        ChatCompletion seen = await plane.Client().GetChatClient("fake-n5").CompleteChatAsync(
            [new UserChatMessage(ChatMessageContentPart.CreateTextPart("What is it?"), ChatMessageContentPart.CreateImagePart(BinaryData.FromBytes(Picture), "image/png"))]);
        Assert.Equal(FakeText.All(5), seen.Content[0].Text);

        var options = new ChatCompletionOptions { ResponseFormat = ChatResponseFormat.CreateJsonSchemaFormat("forecast", BinaryData.FromString(Schema), jsonSchemaIsStrict: true) };
        ChatCompletion kept = await plane.Client().GetChatClient("fake-n1").CompleteChatAsync([new UserChatMessage("Forecast?")], options);
        Assert.Equal(JsonValueKind.String, JsonElement.Parse(kept.Content[0].Text).GetProperty("city").ValueKind);

        // This client passes over error events in silence: what it can tell is that nothing was finished.
        var text = new StringBuilder();
        await foreach (var update in plane.Client().GetChatClient(Cut).CompleteChatStreamingAsync([new UserChatMessage("Hello")]))
        {
            Assert.Null(update.FinishReason);
            foreach (var part in update.ContentUpdate)
                text.Append(part.Text);
        }

        Assert.StartsWith(text.ToString(), FakeText.All(50), StringComparison.Ordinal);
        Assert.NotEqual(0, text.Length);
    }

    [Theory]
    [MemberData(nameof(OfResponses))]
    [InlineData("fake")]
    public async Task A_response_sees_a_picture_keeps_to_a_schema_and_is_told_of_a_break(string provider)
    {
        await using var plane = await Plane.StartAsync(provider: provider);
        var shown = new CreateResponseOptions("fake-n5",
            [ResponseItem.CreateUserMessageItem([ResponseContentPart.CreateInputTextPart("What is it?"), ResponseContentPart.CreateInputImagePart(new Uri("data:image/png;base64," + Convert.ToBase64String(Picture)))])]);
        ResponseResult seen = await plane.Responses().CreateResponseAsync(shown);
        Assert.Equal(FakeText.All(5), seen.GetOutputText());

        var asked = Ask("fake-n1");
        asked.TextOptions = new ResponseTextOptions { TextFormat = ResponseTextFormat.CreateJsonSchemaFormat("forecast", BinaryData.FromString(Schema), jsonSchemaIsStrict: true) };
        ResponseResult kept = await plane.Responses().CreateResponseAsync(asked);
        Assert.Equal(JsonValueKind.String, JsonElement.Parse(kept.GetOutputText()).GetProperty("city").ValueKind);

        StreamingResponseUpdate? last = null;
        await foreach (var update in await plane.Responses().CreateResponseStreamingAsync(Ask(Cut, stream: true)))
            last = update;
        Assert.IsType<StreamingResponseFailedUpdate>(last);
    }

    [Theory]
    [MemberData(nameof(OfMessages))]
    [InlineData("claude")]
    [InlineData("vertex-claude")]
    public async Task A_message_sees_a_picture_keeps_to_a_schema_and_is_told_of_a_break(string provider)
    {
        await using var plane = await Plane.StartAsync(provider: provider);
        using var client = Client(plane);
        var picture = """{"role":"user","content":[{"type":"text","text":"Q"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"DATA"}}]}"""
            .Replace("DATA", Convert.ToBase64String(Picture), StringComparison.Ordinal);
        var seen = await client.Messages.Create(Say("fake-n5") with { Messages = [new MessageParam(JsonElement.Parse(picture))] });
        Assert.True(Assert.Single(seen.Content).TryPickText(out var block));
        Assert.Equal(FakeText.All(5), block!.Text);

        var schema = JsonElement.Parse(Schema).EnumerateObject().ToDictionary(member => member.Name, member => member.Value);
        var kept = await client.Messages.Create(Say("fake-n1") with { OutputConfig = new OutputConfig { Format = new JsonOutputFormat { Schema = schema } } });
        Assert.True(Assert.Single(kept.Content).TryPickText(out block));
        Assert.Equal(JsonValueKind.String, JsonElement.Parse(block!.Text).GetProperty("city").ValueKind);

        await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            await foreach (var happening in client.Messages.CreateStreaming(Say(Cut)))
                Assert.False(happening.TryPickStop(out _));
        });
    }

    [Theory]
    [MemberData(nameof(OfChats))]
    public async Task A_chat_fails_by_its_status_and_is_aborted(string provider)
    {
        await using var plane = await Plane.StartAsync(provider: provider);
        foreach (var (status, expected) in ToOpenAi)
        {
            var failure = await Assert.ThrowsAsync<ClientResultException>(
                async () => await plane.Client().GetChatClient($"fake-n3-status={status}").CompleteChatAsync([new UserChatMessage("Hello")]));
            Assert.Equal(expected, failure.Status);
        }

        using var enough = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var update in plane.Client().GetChatClient(Long).CompleteChatStreamingAsync([new UserChatMessage("Hello")], cancellationToken: enough.Token))
            {
                if (update.ContentUpdate.Count > 0)
                    await enough.CancelAsync();
            }
        });
        await LeftAsync(plane);
    }

    [Theory]
    [MemberData(nameof(OfResponses))]
    public async Task A_response_is_answered_whole_and_streamed_and_calls_tools(string provider)
    {
        await using var plane = await Plane.StartAsync(provider: provider);
        var client = plane.Responses();
        ResponseResult whole = await client.CreateResponseAsync("fake-n25", "Hello");
        Assert.Equal((FakeText.All(25), 25), (whole.GetOutputText(), whole.Usage.OutputTokenCount));

        var text = new StringBuilder();
        ResponseResult? final = null;
        await foreach (var update in await client.CreateResponseStreamingAsync(Ask("fake-n25", stream: true)))
        {
            if (update is StreamingResponseOutputTextDeltaUpdate delta)
                text.Append(delta.Delta);
            else if (update is StreamingResponseCompletedUpdate completed)
                final = completed.Response;
        }

        Assert.Equal((FakeText.All(25), FakeText.All(25)), (text.ToString(), final?.GetOutputText()));

        var tool = ResponseTool.CreateFunctionTool("weather", BinaryData.FromString(Schema), strictModeEnabled: true, "Tells it.");
        var asked = Ask("fake-n25");
        asked.Tools.Add(tool);
        ResponseResult asks = await client.CreateResponseAsync(asked);
        var call = Assert.Single(asks.OutputItems.OfType<FunctionCallResponseItem>());
        var more = Ask("fake-n25");
        more.Tools.Add(tool);
        more.InputItems.Add(call);
        more.InputItems.Add(ResponseItem.CreateFunctionCallOutputItem(call.CallId, "Rain."));
        ResponseResult told = await client.CreateResponseAsync(more);
        Assert.Equal(FakeText.All(25), told.GetOutputText());
    }

    [Theory]
    [MemberData(nameof(OfResponses))]
    public async Task A_response_fails_by_its_status_and_is_aborted(string provider)
    {
        await using var plane = await Plane.StartAsync(provider: provider);
        foreach (var (status, expected) in ToOpenAi)
        {
            var failure = await Assert.ThrowsAsync<ClientResultException>(async () => await plane.Responses().CreateResponseAsync($"fake-n3-status={status}", "Hello"));
            Assert.Equal(expected, failure.Status);
        }

        using var enough = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var update in await plane.Responses().CreateResponseStreamingAsync(Ask(Long, stream: true), enough.Token))
            {
                if (update is StreamingResponseOutputTextDeltaUpdate)
                    await enough.CancelAsync();
            }
        });
        await LeftAsync(plane);
    }

    [Theory]
    [MemberData(nameof(OfMessages))]
    [InlineData("vertex-claude")]
    public async Task A_message_is_answered_whole_and_streamed_and_calls_tools(string provider)
    {
        await using var plane = await Plane.StartAsync(provider: provider);
        using var client = Client(plane);
        var whole = await client.Messages.Create(Say("fake-n40"));
        Assert.True(Assert.Single(whole.Content).TryPickText(out var block));
        Assert.Equal((FakeText.All(40), 40), (block!.Text, whole.Usage.OutputTokens));

        var text = new StringBuilder();
        var ended = false;
        await foreach (var happening in client.Messages.CreateStreaming(Say("fake-n40")))
        {
            if (happening.TryPickContentBlockDelta(out var delta) && delta!.Delta.TryPickText(out var piece))
                text.Append(piece!.Text);
            ended |= happening.TryPickStop(out _);
        }

        Assert.Equal((FakeText.All(40), true), (text.ToString(), ended));

        var tool = new Tool
        {
            Name = LongName,
            InputSchema = new InputSchema { Properties = new Dictionary<string, JsonElement> { ["city"] = JsonElement.Parse("""{"type":"string"}""") }, Required = ["city"] },
        };
        var asks = await client.Messages.Create(Say("fake-n12") with { Tools = [tool] });
        Assert.True(Assert.Single(asks.Content).TryPickToolUse(out var call));
        Assert.Equal(LongName, call!.Name);
        var told = await client.Messages.Create(Say("fake-n12") with
        {
            Tools = [tool],
            Messages =
            [
                new UserMessageParam("Weather?"),
                new MessageParam(JsonElement.Parse($$"""{"role":"assistant","content":[{"type":"tool_use","id":"{{call.ID}}","name":"{{LongName}}","input":{"city":"x"} }]}""")),
                new MessageParam(JsonElement.Parse($$"""{"role":"user","content":[{"type":"tool_result","tool_use_id":"{{call.ID}}","content":"Rain."}]}""")),
            ],
        });
        Assert.True(Assert.Single(told.Content).TryPickText(out block));
        Assert.Equal(FakeText.All(12), block!.Text);
    }

    [Theory]
    [MemberData(nameof(OfMessages))]
    public async Task A_message_fails_by_its_status_and_is_aborted(string provider)
    {
        await using var plane = await Plane.StartAsync(provider: provider);
        using var client = Client(plane);
        foreach (var (status, expected) in ToAnthropic)
        {
            var failure = await Assert.ThrowsAnyAsync<AnthropicApiException>(() => client.Messages.Create(Say($"fake-n3-status={status}")));
            Assert.Equal(expected, (int)failure.StatusCode);
        }

        await foreach (var happening in client.Messages.CreateStreaming(Say(Long) with { MaxTokens = 100_000 }))
        {
            if (happening.TryPickContentBlockDelta(out _))
                break;
        }

        await LeftAsync(plane);
    }

    private static async Task LeftAsync(Plane plane)
    {
        var request = Assert.Single(plane.Provider.Requests, request => request.Model == Long);
        Assert.Equal(RequestEnd.ClientLeft, await request.End.WaitAsync(Patience));
    }

    private static AnthropicClient Client(Plane plane) =>
        new() { BaseUrl = plane.Endpoint.GetLeftPart(UriPartial.Authority), ApiKey = Plane.Key, MaxRetries = 0 };

    private static MessageCreateParams Say(string model) => new() { Model = model, MaxTokens = 1000, Messages = [new UserMessageParam("How is the weather?")] };

    private static CreateResponseOptions Ask(string model, bool stream = false) =>
        new(model, [ResponseItem.CreateUserMessageItem("Hello")]) { StreamingEnabled = stream };
}
