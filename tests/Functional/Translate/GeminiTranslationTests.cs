using System.Text.Json;
using AiEdge.Functional.Tests.Anthropic;
using AiEdge.Functional.Tests.Gemini;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests.Translate;

/// <summary>Gemini's dialect on either side: its provider behind clients of others, its clients before providers of others.</summary>
public sealed class GeminiTranslationTests
{
    private const string Model = "gemini-2.5-flash";
    private const string ChatTools = ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"weather\",\"parameters\":{\"type\":\"object\",\"properties\":{\"city\":{\"type\":\"string\"}}}}}]";
    private const string GemTools = ",\"tools\":[{\"functionDeclarations\":[{\"name\":\"weather\",\"parameters\":{\"type\":\"OBJECT\",\"properties\":{\"city\":{\"type\":\"STRING\"}}}}]}]";

    private static EdgeSetup Both => Gem.Setup with { Providers = Gem.Setup.Providers + "\n" + Claude.Setup.Providers, Models = Gem.Setup.Models + "\n" + Claude.Setup.Models };

    [Fact]
    public async Task A_chat_is_answered_by_gemini()
    {
        await using var edge = await Edge.StartAsync(Gem.Setup);

        var answer = await edge.AskAsync(Ask.Chat("n=3; cached=5", Model, ",\"max_tokens\":50,\"temperature\":1.5,\"response_format\":{\"type\":\"json_object\"}"));

        Assert.Equal(200, answer.Status);
        Assert.Equal("stop", answer.Json.GetProperty("choices")[0].GetProperty("finish_reason").GetString());
        Assert.NotEqual("", answer.Json.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString());
        Assert.Equal(212, answer.Json.GetProperty("usage").GetProperty("prompt_tokens").GetInt32());
        var request = await edge.Fake.NextRequestAsync();
        Assert.Equal("/v1beta/models/fake-n3:generateContent", request.Target);
        Assert.Equal(
            $$"""{"contents":[{"role":"user","parts":[{"text":"{{EdgeSetup.Prompt}}"}]}],"generationConfig":{"maxOutputTokens":50,"temperature":1.5,"""
            + "\"responseMimeType\":\"application/json\"}}",
            request.BodyText);
        Assert.Equal("done", (await edge.RecordAsync()).GetProperty("end").GetString());
    }

    [Fact]
    public async Task Where_the_provider_reports_no_usage_the_translated_answers_texts_are_counted()
    {
        await using var edge = await Edge.StartAsync(Gem.Setup with { Limits = ["name: many, per: key, tokens: 1m/hour"] });

        Assert.Equal(200, (await edge.AskAsync(Ask.Chat("n=40; usage=off", Model))).Status);

        var record = await edge.RecordAsync();
        Assert.InRange(record.GetProperty("countedOutputTokens").GetInt64(), 20, 120);
        Assert.True(record.GetProperty("estimate").GetBoolean());
    }

    [Fact]
    public async Task A_chat_is_streamed_by_gemini()
    {
        await using var edge = await Edge.StartAsync(Gem.Setup);

        var answer = await edge.AskAsync(Ask.Stream("n=3", Model, ",\"stream_options\":{\"include_usage\":true}"));

        Assert.Equal("[DONE]", answer.Events[^1]);
        Assert.Equal(3, JsonElement.Parse(answer.Events[^2]).GetProperty("usage").GetProperty("completion_tokens").GetInt32());
        Assert.Equal("/v1beta/models/fake-n3:streamGenerateContent?alt=sse", (await edge.Fake.NextRequestAsync()).Target);
    }

    [Fact]
    public async Task A_message_is_streamed_by_gemini()
    {
        await using var edge = await Edge.StartAsync(Gem.Setup);

        var answer = await edge.AskAsync(Claude.Stream("n=3", Model));

        Assert.Equal(["content_block_stop", "message_delta", "message_stop"], Claude.Names(answer)[^3..]);
        Assert.NotEqual("", Claude.Text(answer));
    }

    [Fact]
    public async Task Tools_of_a_chat_are_called_by_gemini_and_their_results_go_back()
    {
        await using var edge = await Edge.StartAsync(Gem.Setup);

        var called = (await edge.AskAsync(Ask.Chat("", Model, ChatTools))).Json.GetProperty("choices")[0];

        Assert.Equal("tool_calls", called.GetProperty("finish_reason").GetString());
        var call = called.GetProperty("message").GetProperty("tool_calls")[0];
        Assert.Equal("weather", call.GetProperty("function").GetProperty("name").GetString());
        var answer = await edge.AskAsync(Ask.Post("/v1/chat/completions",
            $$$"""{"model":"{{{Model}}}","messages":[{"role":"user","content":"a"},{"role":"assistant","tool_calls":[{{{call.GetRawText()}}}]},"""
            + $$$"""{"role":"tool","tool_call_id":"{{{call.GetProperty("id").GetString()}}}","content":"fine"}]{{{ChatTools}}}}"""));

        Assert.Equal("stop", answer.Json.GetProperty("choices")[0].GetProperty("finish_reason").GetString());
        await edge.Fake.NextRequestAsync();
        Assert.Contains(
            "{\"functionResponse\":{\"name\":\"weather\",\"response\":{\"result\":\"fine\"}}}", (await edge.Fake.NextRequestAsync()).BodyText, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gemini-2.0-flash", false)]
    [InlineData("gemini-3.5-flash", true)]
    public async Task A_result_goes_back_with_the_id_that_gemini_gave_its_call(string model, bool hasId)
    {
        await using var edge = await Edge.StartAsync(Gem.Setup with { Models = $"  {model}: {{ targets: [ {{ provider: google }} ] }}" });

        var message = (await edge.AskAsync(Ask.Chat("", model, ChatTools))).Json.GetProperty("choices")[0].GetProperty("message");
        var id = message.GetProperty("tool_calls")[0].GetProperty("id").GetString();
        var answer = await edge.AskAsync(Ask.Post("/v1/chat/completions",
            $$"""{"model":"{{model}}","messages":[{"role":"user","content":"a"},{{message.GetRawText()}},{"role":"tool","tool_call_id":"{{id}}","content":"fine"}]{{ChatTools}}}"""));

        Assert.Equal(200, answer.Status);
        Assert.Equal(hasId, id!.StartsWith("callfake", StringComparison.Ordinal));
        await edge.Fake.NextRequestAsync();
        Assert.Equal(hasId ? 2 : 0, (await edge.Fake.NextRequestAsync()).BodyText.Split($"\"id\":\"{id}\"").Length - 1);
    }

    [Theory]
    [InlineData("gemini-2.0-flash")]
    [InlineData("gemini-3-pro-preview")]
    public async Task A_picture_that_a_tool_has_answered_is_seen_by_gemini(string model)
    {
        await using var edge = await Edge.StartAsync(Gem.Setup with { Models = $"  {model}: {{ targets: [ {{ provider: google }} ] }}" });

        var answer = await edge.AskAsync(Ask.Post("/v1/messages",
            $$$"""{"model":"{{{model}}}","max_tokens":50,"messages":[{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"tool_use","id":"c","name":"f","input":{}}]},"""
            + """{"role":"user","content":[{"type":"tool_result","tool_use_id":"c","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AA=="}}]}]}]}"""));

        Assert.Equal((200, (string?)null), (answer.Status, answer.Field("x-aiedge-translation-loss")));
        Assert.Contains("{\"inlineData\":{\"mimeType\":\"image/png\",\"data\":\"AA==\"}}", (await edge.Fake.NextRequestAsync()).BodyText, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gpt-4o", "/v1/chat/completions")]
    [InlineData("claude-sonnet-4-5", "/v1/messages")]
    public async Task A_client_of_gemini_s_dialect_is_answered_by_others(string model, string path)
    {
        await using var edge = await Edge.StartAsync(Both);

        var answer = await edge.AskAsync(Gem.Ask("n=3", model, ""","systemInstruction":{"parts":[{"text":"Be brief."}]},"generationConfig":{"maxOutputTokens":60}"""));

        Assert.Equal(200, answer.Status);
        var candidate = answer.Json.GetProperty("candidates")[0];
        Assert.Equal("STOP", candidate.GetProperty("finishReason").GetString());
        Assert.NotEqual("", candidate.GetProperty("content").GetProperty("parts")[0].GetProperty("text").GetString());
        Assert.Equal((212, 3), (
            answer.Json.GetProperty("usageMetadata").GetProperty("promptTokenCount").GetInt32(), answer.Json.GetProperty("usageMetadata").GetProperty("candidatesTokenCount").GetInt32()));
        var request = await edge.Fake.NextRequestAsync();
        Assert.Equal(path, request.Target);
        Assert.Contains("\"max_tokens\":60", request.BodyText, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gpt-4o")]
    [InlineData("claude-sonnet-4-5")]
    public async Task A_stream_of_gemini_s_dialect_comes_from_others_and_calls_stand_whole_in_it(string model)
    {
        await using var edge = await Edge.StartAsync(Both);

        var answer = await edge.AskAsync(Gem.Stream("n=3", model));
        var called = await edge.AskAsync(Gem.Stream("", model, GemTools));

        Assert.NotEqual("", Gem.Text(answer));
        Assert.Equal("STOP", JsonElement.Parse(answer.Events[^1]).GetProperty("candidates")[0].GetProperty("finishReason").GetString());
        var part = JsonElement.Parse(called.Events[^2]).GetProperty("candidates")[0].GetProperty("content").GetProperty("parts")[0];
        Assert.Equal("weather", part.GetProperty("functionCall").GetProperty("name").GetString());
        Assert.True(part.GetProperty("functionCall").GetProperty("args").TryGetProperty("city", out _));
        await edge.Fake.NextRequestAsync();
        Assert.Contains("{\"type\":\"object\",\"properties\":{\"city\":{\"type\":\"string\"}}}", (await edge.Fake.NextRequestAsync()).BodyText, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gpt-4o")]
    [InlineData("claude-sonnet-4-5")]
    public async Task Calls_without_ids_get_them_on_the_way_to_others(string model)
    {
        await using var edge = await Edge.StartAsync(Both);

        var answer = await edge.AskAsync(Ask.Post($"/v1beta/models/{model}:generateContent",
            """{"contents":[{"parts":[{"text":"a"}]},{"role":"model","parts":[{"functionCall":{"name":"f","args":{"x":1}}},{"functionCall":{"name":"f","args":{}}}]},"""
            + """{"role":"user","parts":[{"functionResponse":{"name":"f","response":{"r":"one"}}},{"functionResponse":{"name":"f","response":{"r":"two"}}}]}]}"""));

        Assert.Equal(200, answer.Status);
        var body = (await edge.Fake.NextRequestAsync()).BodyText;
        Assert.Contains("\"call_0\"", body, StringComparison.Ordinal);
        Assert.Contains("\"call_1\"", body, StringComparison.Ordinal);
        Assert.Contains("{\\\"r\\\":\\\"two\\\"}", body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("n=3; b=0; cut=3; how=fin")]
    [InlineData("n=3; b=0; fail=3")]
    public async Task A_stream_that_fails_is_told_in_gemini_s_dialect(string script)
    {
        await using var edge = await Edge.StartAsync(Both);

        var answer = await edge.AskAsync(Gem.Stream(script, "gpt-4o"));

        Assert.True(answer.IsWhole);
        Assert.Equal("UNAVAILABLE", JsonElement.Parse(answer.Events[^1]).GetProperty("error").GetProperty("status").GetString());
        Assert.DoesNotContain("finishReason", answer.Text, StringComparison.Ordinal);
        Assert.Equal("upstream_fault", (await edge.RecordAsync()).GetProperty("end").GetString());
    }

    [Theory]
    [InlineData("n=3; b=0; cut=2; how=fin")]
    [InlineData("n=3; finish=off")]
    public async Task A_stream_of_gemini_s_that_breaks_off_has_no_end_for_others(string script)
    {
        await using var edge = await Edge.StartAsync(Gem.Setup);

        var answer = await edge.AskAsync(Ask.Stream(script, Model));

        Assert.Equal("upstream_error", JsonElement.Parse(answer.Events[^1]).GetProperty("error").GetProperty("code").GetString());
        Assert.DoesNotContain("[DONE]", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_limit_cuts_a_translated_stream_in_gemini_s_way()
    {
        await using var edge = await Edge.StartAsync(Both with { Runaway = "outputTokens: 12" });

        var answer = await edge.AskAsync(Gem.Stream("n=500; cap=off", "gpt-4o"));

        Assert.Equal("MAX_TOKENS", JsonElement.Parse(answer.Events[^1]).GetProperty("candidates")[0].GetProperty("finishReason").GetString());
        Assert.Equal("cut", (await edge.RecordAsync()).GetProperty("end").GetString());
    }

    [Theory]
    [InlineData("status=400", 400, "INVALID_ARGUMENT")]
    [InlineData("status=429", 429, "RESOURCE_EXHAUSTED")]
    [InlineData("status=503", 503, "UNAVAILABLE")]
    public async Task An_error_of_another_provider_has_gemini_s_shape(string script, int status, string name)
    {
        await using var edge = await Edge.StartAsync(Both);

        var answer = await edge.AskAsync(Gem.Ask(script, "claude-sonnet-4-5"));

        Assert.Equal(status, answer.Status);
        Gem.Error(answer.Json, status, name);
    }
}
