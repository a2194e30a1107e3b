using System.Text;
using System.Text.Json;
using AiEdge.FakeUpstream;
using OpenAI.Chat;
using OpenAI.Responses;

namespace AiEdge.Sdk.Tests;

/// <summary>Function calls and structured output through the .NET client, whole and streamed.</summary>
public sealed class ToolTests
{
    private const string Schema = """
        {"type":"object","properties":{"city":{"type":"string"},"days":{"type":"integer"},"units":{"enum":["celsius","fahrenheit"]}},
        "required":["city","days","units"],"additionalProperties":false}
        """;

    /// <summary>What the provider makes of <see cref="Schema"/>.</summary>
    private const string Instance = """{"city":"café 日本","days":7,"units":"celsius"}""";

    private static readonly ChatTool Weather = ChatTool.CreateFunctionTool("weather", "Tells the weather.", BinaryData.FromString(Schema));

    [Fact]
    public async Task A_tool_loop_calls_answers_and_ends_in_text()
    {
        await using var plane = await Plane.StartAsync();
        var client = plane.Client().GetChatClient("fake-n12");
        var messages = new List<ChatMessage> { new UserChatMessage("How is the weather?") };
        var options = new ChatCompletionOptions { Tools = { Weather } };
        ChatCompletion asks = await client.CompleteChatAsync(messages, options);
        Assert.Equal(ChatFinishReason.ToolCalls, asks.FinishReason);
        var call = Assert.Single(asks.ToolCalls);
        Assert.Equal("weather", call.FunctionName);
        Assert.Equal(Instance, call.FunctionArguments.ToString());

        messages.Add(new AssistantChatMessage(asks));
        messages.Add(new ToolChatMessage(call.Id, "Rain."));
        ChatCompletion answer = await client.CompleteChatAsync(messages, options);
        Assert.Equal(ChatFinishReason.Stop, answer.FinishReason);
        Assert.Equal(FakeText.All(12), answer.Content[0].Text);

        await plane.Provider.NextRequestAsync();
        using var second = JsonDocument.Parse((await plane.Provider.NextRequestAsync()).Body);
        var last = second.RootElement.GetProperty("messages").EnumerateArray().Last();
        Assert.Equal(call.Id, last.GetProperty("tool_call_id").GetString());
    }

    [Theory]
    [InlineData("fake-n1")]
    [InlineData("fake-n1-split=utf8-gap=0")]
    [InlineData("fake-n1-b0")]
    public async Task Streamed_arguments_of_two_calls_join_to_what_the_provider_said(string model)
    {
        await using var plane = await Plane.StartAsync();
        var options = new ChatCompletionOptions
        {
            Tools = { Weather, ChatTool.CreateFunctionTool("places", "Finds places.", BinaryData.FromString(Schema)) },
        };
        var names = new SortedDictionary<int, string>();
        var arguments = new SortedDictionary<int, StringBuilder>();
        ChatFinishReason? finish = null;
        await foreach (var update in plane.Client().GetChatClient(model).CompleteChatStreamingAsync([new UserChatMessage("Weather?")], options))
        {
            finish ??= update.FinishReason;
            foreach (var part in update.ToolCallUpdates)
            {
                if (part.FunctionName is { Length: > 0 } name)
                    names.Add(part.Index, name);
                if (!arguments.TryGetValue(part.Index, out var text))
                    arguments.Add(part.Index, text = new StringBuilder());
                text.Append(part.FunctionArgumentsUpdate);
            }
        }

        Assert.Equal(ChatFinishReason.ToolCalls, finish);
        Assert.Equal(["weather", "places"], names.Values);
        Assert.Equal([Instance, Instance], arguments.Values.Select(text => text.ToString()));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Structured_output_is_an_instance_of_the_schema(bool stream)
    {
        await using var plane = await Plane.StartAsync();
        var client = plane.Client().GetChatClient("fake-n1-split=utf8-gap=0");
        var options = new ChatCompletionOptions
        {
            ResponseFormat = ChatResponseFormat.CreateJsonSchemaFormat("forecast", BinaryData.FromString(Schema), jsonSchemaIsStrict: true),
        };
        var text = new StringBuilder();
        if (stream)
        {
            await foreach (var update in client.CompleteChatStreamingAsync([new UserChatMessage("Forecast?")], options))
                text.Append(string.Concat(update.ContentUpdate.Select(part => part.Text)));
        }
        else
        {
            text.Append((await client.CompleteChatAsync([new UserChatMessage("Forecast?")], options)).Value.Content[0].Text);
        }

        Assert.Equal(Instance, text.ToString());
    }

    [Fact]
    public async Task Function_calls_of_the_responses_endpoint_stream_their_arguments()
    {
        await using var plane = await Plane.StartAsync();
        var options = new CreateResponseOptions("fake-n12", [ResponseItem.CreateUserMessageItem("Weather?")]) { StreamingEnabled = true };
        options.Tools.Add(ResponseTool.CreateFunctionTool("weather", BinaryData.FromString(Schema), strictModeEnabled: true));
        var arguments = new StringBuilder();
        ResponseResult? final = null;
        await foreach (var update in await plane.Responses().CreateResponseStreamingAsync(options))
        {
            if (update is StreamingResponseFunctionCallArgumentsDeltaUpdate delta)
                arguments.Append(delta.Delta);
            else if (update is StreamingResponseCompletedUpdate completed)
                final = completed.Response;
        }

        Assert.Equal(Instance, arguments.ToString());
        var call = Assert.IsType<FunctionCallResponseItem>(Assert.Single(final!.OutputItems));
        Assert.Equal(("weather", Instance), (call.FunctionName, call.FunctionArguments.ToString()));

        options.StreamingEnabled = false;
        options.InputItems.Add(call);
        options.InputItems.Add(ResponseItem.CreateFunctionCallOutputItem(call.CallId, "Rain."));
        ResponseResult answer = await plane.Responses().CreateResponseAsync(options);
        Assert.Equal(FakeText.All(12), answer.GetOutputText());
    }
}
