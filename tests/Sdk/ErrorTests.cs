using System.ClientModel;
using AiEdge.FakeUpstream;
using OpenAI.Chat;

namespace AiEdge.Sdk.Tests;

/// <summary>What the .NET client makes of errors, of the data plane and of the provider.</summary>
public sealed class ErrorTests
{
    private static readonly ChatMessage[] Hello = [new UserChatMessage("Hello")];

    [Fact]
    public async Task A_wrong_key_is_401_and_told_as_such()
    {
        await using var plane = await Plane.StartAsync();
        var error = await FailsAsync(plane.Client("sk-wrong").GetChatClient("fake-n1"));
        Assert.Equal(401, error.Status);
        Assert.Contains("invalid_api_key", error.Message, StringComparison.Ordinal);
        Assert.Contains("Incorrect API key provided.", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("sk-wrong", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, plane.Provider.RequestCount);
    }

    [Fact]
    public async Task A_model_that_does_not_exist_is_404()
    {
        await using var plane = await Plane.StartAsync();
        var error = await FailsAsync(plane.Client().GetChatClient("gpt-99"));
        Assert.Equal(404, error.Status);
        Assert.Contains("model_not_found", error.Message, StringComparison.Ordinal);
        Assert.Contains("The model does not exist.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_that_the_key_may_not_use_is_403()
    {
        await using var plane = await Plane.StartAsync();
        var error = await FailsAsync(plane.Client().GetChatClient("secret"));
        Assert.Equal(403, error.Status);
        Assert.Contains("model_not_allowed", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_that_is_not_JSON_is_400_and_reaches_no_provider()
    {
        await using var plane = await Plane.StartAsync();
        var client = plane.Client().GetChatClient("fake-n1");
        var error = await Assert.ThrowsAsync<ClientResultException>(
            async () => await client.CompleteChatAsync(BinaryContent.Create(BinaryData.FromString("""{"model":"fake-n1",""")), null));
        Assert.Equal(400, error.Status);
        Assert.Contains("invalid_request_error", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, plane.Provider.RequestCount);
    }

    [Theory]
    [InlineData("status=400", 400, "Invalid value.")]
    [InlineData("status=429", 429, "Rate limit reached for requests.")]
    [InlineData("status=500", 500, "The server had an error while processing your request.")]
    [InlineData("status=400; error=filter", 400, "content_filter")]
    [InlineData("status=401", 502, "upstream_auth")]
    [InlineData("status=404", 502, "upstream_auth")]
    [InlineData("status=429; error=quota", 502, "upstream_quota")]
    [InlineData("status=503; error=html", 502, "upstream_error")]
    [InlineData("badhead=garbage", 502, "upstream_error")]
    public async Task A_providers_error_passes_or_becomes_ours_as_documented(string script, int status, string text)
    {
        await using var plane = await Plane.StartAsync();
        foreach (var stream in (bool[])[false, true])
        {
            plane.Provider.Enqueue(script);
            var error = await FailsAsync(plane.Client().GetChatClient("fake-n1"), stream);
            Assert.Equal(status, error.Status);
            Assert.Contains(text, error.Message, StringComparison.Ordinal);

            // The provider's refusal of our credential quotes it.
            Assert.DoesNotContain("sk-fake", error.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("status=429; retryafter=1")]
    [InlineData("status=429; retryafterms=30")]
    [InlineData("status=503; retryafterms=10")]
    public async Task A_client_that_is_told_to_wait_tries_again_and_succeeds(string script)
    {
        await using var plane = await Plane.StartAsync();
        plane.Provider.Enqueue(script);
        ChatCompletion answer = await plane.Client(retries: null).GetChatClient("fake-n8").CompleteChatAsync(Hello);
        Assert.Equal(FakeText.All(8), answer.Content[0].Text);
        Assert.Equal(2, plane.Provider.RequestCount);
        var records = await plane.StopAsync();
        Assert.Equal(["200", script[7..10]], records.Select(r => r.GetProperty("status").ToString()).Order());

        // The data plane itself never repeats what a provider refused.
        Assert.All(records, r => Assert.Equal(1, r.GetProperty("attempts").GetInt32()));
    }

    [Fact]
    public async Task A_stream_is_tried_again_as_well()
    {
        await using var plane = await Plane.StartAsync();
        plane.Provider.Enqueue("status=429; retryafterms=10");
        var text = "";
        await foreach (var update in plane.Client(retries: null).GetChatClient("fake-n8").CompleteChatStreamingAsync(Hello))
            text += string.Concat(update.ContentUpdate.Select(part => part.Text));
        Assert.Equal(FakeText.All(8), text);
        Assert.Equal(2, plane.Provider.RequestCount);
    }

    [Fact]
    public async Task A_pooled_connection_that_the_provider_closed_is_replaced_unseen()
    {
        await using var plane = await Plane.StartAsync();
        var client = plane.Client().GetChatClient("fake-n3");
        await client.CompleteChatAsync(Hello);
        plane.Provider.Enqueue("stale=rst");
        ChatCompletion answer = await client.CompleteChatAsync(Hello);
        Assert.Equal(FakeText.All(3), answer.Content[0].Text);
        Assert.Contains(2, (await plane.StopAsync()).Select(r => r.GetProperty("attempts").GetInt32()));
    }

    [Fact]
    public async Task A_stream_that_is_aborted_ends_at_the_provider_at_once()
    {
        await using var plane = await Plane.StartAsync();
        using var enough = new CancellationTokenSource();
        var deltas = new List<string>();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            // It would go on for a quarter of an hour.
            await foreach (var update in plane.Client().GetChatClient("fake-n100000-d10000").CompleteChatStreamingAsync(Hello, null, enough.Token))
            {
                deltas.AddRange(update.ContentUpdate.Select(part => part.Text).Where(part => part.Length > 0));
                if (deltas.Count >= 5)
                    await enough.CancelAsync();
            }
        });
        await LeavesAsync(plane);
        Assert.Equal(ChatTests.Deltas(100).Take(deltas.Count), deltas);
        var record = Assert.Single(await plane.StopAsync());
        Assert.Equal("client_closed", record.GetProperty("end").GetString());
    }

    [Fact]
    public async Task A_whole_answer_that_is_not_awaited_is_cancelled_at_the_provider()
    {
        await using var plane = await Plane.StartAsync();
        using var enough = new CancellationTokenSource();
        var call = plane.Client().GetChatClient("fake-n5-f900000000").CompleteChatAsync(Hello, null, enough.Token);
        await plane.Provider.NextRequestAsync();
        await enough.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await call);
        await LeavesAsync(plane, received: true);
        var record = Assert.Single(await plane.StopAsync());
        Assert.Equal("client_closed", record.GetProperty("end").GetString());
    }

    /// <summary>The provider sees its connection closed, without waiting for a timeout of its own.</summary>
    private static async Task LeavesAsync(Plane plane, bool received = false)
    {
        var request = received ? plane.Provider.Requests[0] : await plane.Provider.NextRequestAsync();
        await plane.Provider.ConnectionClosedAsync(request.ConnectionId, TimeSpan.FromSeconds(20));
        Assert.Equal(RequestEnd.ClientLeft, await request.End);
    }

    private static async Task<ClientResultException> FailsAsync(ChatClient client, bool stream = false) =>
        await Assert.ThrowsAsync<ClientResultException>(async () =>
        {
            if (!stream)
                await client.CompleteChatAsync(Hello);
            await foreach (var _ in client.CompleteChatStreamingAsync(Hello))
            {
                // An error comes before the first event.
            }
        });
}
