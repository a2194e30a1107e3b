using System.Text.Json;
using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Tests.Translate;

/// <summary>How much is to be thought, in the words of each model; what a model refuses is not sent, and what cannot be said is reported.</summary>
public sealed class ThoughtTests
{
    private const int Restless = (int)(Efforts.Low | Efforts.Medium | Efforts.High | Efforts.XHigh | Efforts.Max);
    private const int Rested = Restless | (int)Efforts.Off;
    private const string Off = """{"model":"c","max_tokens":99,"messages":[{"role":"user","content":"Q"}],"thinking":{"type":"disabled"}}""";

    [Theory]
    [InlineData("gpt-5.1", "\"reasoning_effort\":\"none\"", "")]
    [InlineData("gpt-5", "\"reasoning_effort\":\"minimal\"", "thinking")]
    [InlineData("o3", "\"reasoning_effort\":\"low\"", "thinking")]
    [InlineData("gpt-6-sol", "\"reasoning_effort\":\"none\"", "")]
    [InlineData("gpt-6.1-sol", "\"reasoning_effort\":\"low\"", "thinking")]
    [InlineData("gpt-4o", "", "")]
    [InlineData("qwen3", "", "thinking")]
    public void Silence_is_asked_of_a_chat_s_model_or_reported(string model, string expected, string losses)
    {
        var told = Translating.Request(RequestShape.Messages, RequestShape.Chat, Off, out var lost, model);
        Assert.Equal(losses, lost);
        Assert.Contains(expected, told, StringComparison.Ordinal);
        Assert.Equal(expected.Length > 0, told.Contains("reasoning_effort", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("gpt-5.6", ",\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":2048}", "none", "thinking")]
    [InlineData("gpt-5.6-terra", "", "none", "")]
    [InlineData("gpt-5.5", ",\"thinking\":{\"type\":\"adaptive\"}", "none", "thinking")]
    [InlineData("gpt-5.4-mini", ",\"thinking\":{\"type\":\"disabled\"}", "none", "")]
    [InlineData("gpt-5.4", "", "", "")]
    [InlineData("gpt-5.4", ",\"thinking\":{\"type\":\"adaptive\"}", "none", "thinking")]
    [InlineData("gpt-5.2", ",\"thinking\":{\"type\":\"adaptive\"}", "medium", "")]
    [InlineData("gpt-5.2", ",\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":2048}", "low", "")]
    [InlineData("openai/gpt-5.6", ",\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":2048}", "low", "")]
    public void Thought_gives_way_to_functions_in_chats_that_refuse_both(string model, string thinking, string effort, string losses)
    {
        var body = """{"model":"c","max_tokens":99,"temperature":0.5,"messages":[{"role":"user","content":"Q"}],"tools":[{"name":"f","input_schema":{"type":"object"}}]""" + thinking + "}";
        var told = JsonElement.Parse(Translating.Request(RequestShape.Messages, RequestShape.Chat, body, out var lost, model));
        Assert.Equal(effort, told.TryGetProperty("reasoning_effort", out var word) ? word.GetString() : "");

        // Who does not think is told how warm to be.
        Assert.Equal(effort is "low" or "medium", !told.TryGetProperty("temperature", out _));
        Assert.Equal((losses + (effort is "low" or "medium" ? "temperature" : "")).Trim(','), lost);
    }

    /// <summary>Without tools it is as good as none; with tools what is thought between them has a place at Claude that has the same alone.</summary>
    [Theory]
    [InlineData("chat", "gpt-5.1", "\"reasoning_effort\":\"none\"", "", "thinking")]
    [InlineData("chat", "gpt-5.6", "\"reasoning_effort\":\"none\"", "", "thinking")]
    [InlineData("chat", "gpt-5", "\"reasoning_effort\":\"minimal\"", "thinking", "thinking")]
    [InlineData("chat", "gpt-4o", "\"max_tokens\":99", "", "thinking")]
    [InlineData("chat", "qwen3", "\"max_tokens\":99", "thinking", "thinking")]
    [InlineData("responses", "gpt-5.6", "\"reasoning\":{\"effort\":\"none\"}", "", "thinking")]
    [InlineData("responses", "gpt-6.2-sol", "\"reasoning\":{\"effort\":\"low\"},\"include\":[\"reasoning.encrypted_content\"]", "thinking", "thinking")]
    [InlineData("contents", "gemini-2.5-flash", "\"thinkingConfig\":{\"thinkingBudget\":0}", "", "thinking")]
    [InlineData("contents", "gemini-3-pro-preview", "\"thinkingConfig\":{\"thinkingLevel\":\"LOW\"}", "thinking", "thinking")]
    [InlineData("messages", "claude-sonnet-5-5", "\"thinking\":{\"type\":\"between_tools\"}", "", "")]
    [InlineData("messages", "claude-sonnet-5", "\"thinking\":{\"type\":\"disabled\"}", "", "thinking")]
    [InlineData("messages", "claude-opus-4-7", "\"max_tokens\":99", "", "thinking")]
    [InlineData("messages", "claude-opus-5-5", "\"max_tokens\":99", "thinking", "thinking")]
    public void Thought_between_tools_alone_becomes_the_least_that_there_is(string upstream, string model, string expected, string losses, string lossesWithTools)
    {
        foreach (var (tools, losing) in new[] { ("", losses), (",\"tools\":[{\"name\":\"f\",\"input_schema\":{\"type\":\"object\"}}]", lossesWithTools) })
        {
            var body = """{"model":"c","max_tokens":99,"messages":[{"role":"user","content":"Q"}],"thinking":{"type":"between_tools"}""" + tools + "}";
            var told = Translating.Request(RequestShape.Messages, Dialects.SpokenShape.Named(upstream).Shape, body, out var lost, model);
            Assert.Contains(expected, told.Replace("max_completion_tokens", "max_tokens", StringComparison.Ordinal), StringComparison.Ordinal);
            Assert.Equal(losing, lost);
        }
    }

    [Theory]
    [InlineData("gpt-5.2", "\"reasoning\":{\"effort\":\"none\"}", "")]
    [InlineData("gpt-5", "\"reasoning\":{\"effort\":\"minimal\"}", "generationConfig.thinkingConfig")]
    public void And_of_a_response_s(string model, string expected, string losses)
    {
        const string body = """{"contents":[{"parts":[{"text":"Q"}]}],"generationConfig":{"thinkingConfig":{"thinkingBudget":0}}}""";
        Assert.Contains(expected, Translating.Request(RequestShape.Contents, RequestShape.Responses, body, out var lost, model), StringComparison.Ordinal);
        Assert.Equal(losses, lost);
    }

    [Theory]
    [InlineData("none", "gemini-2.5-pro", "{\"thinkingBudget\":128}", "reasoning_effort")]
    [InlineData("none", "gemini-2.5-flash", "{\"thinkingBudget\":0}", "")]
    [InlineData("none", "gemini-3-pro-preview", "{\"thinkingLevel\":\"LOW\"}", "reasoning_effort")]
    [InlineData("none", "gemini-2.0-flash", "", "")]
    [InlineData("low", "gemini-2.0-flash", "", "reasoning_effort")]
    [InlineData("low", "gemini-2.5-flash-image", "", "reasoning_effort")]
    [InlineData("none", "gemini-2.5-flash-image-preview", "", "")]
    [InlineData("low", "gemini-2.5-flash-lite", "{\"thinkingBudget\":1024,\"includeThoughts\":true}", "")]
    [InlineData("minimal", "gemini-3-flash-preview", "{\"thinkingLevel\":\"MINIMAL\",\"includeThoughts\":true}", "")]
    [InlineData("medium", "gemini-3-pro-preview", "{\"thinkingLevel\":\"HIGH\",\"includeThoughts\":true}", "reasoning_effort")]
    [InlineData("high", "models-own-name", "{\"thinkingBudget\":24576,\"includeThoughts\":true}", "")]
    public void Gemini_is_told_what_its_model_takes(string effort, string model, string expected, string losses)
    {
        var body = $$"""{"model":"a","messages":[{"role":"user","content":"Q"}],"reasoning_effort":"{{effort}}"}""";
        var told = Translating.Request(RequestShape.Chat, RequestShape.Contents, body, out var lost, model);
        Assert.Equal(losses, lost);
        Assert.Contains(expected.Length > 0 ? $"\"thinkingConfig\":{expected}" : "\"generationConfig\":{}", told, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("claude-opus-4-7", "high", "\"thinking\":{\"type\":\"adaptive\",\"display\":\"summarized\"},\"output_config\":{\"effort\":\"high\"}", "")]
    [InlineData("claude-opus-4-7", "xhigh", "\"output_config\":{\"effort\":\"xhigh\"}", "")]
    [InlineData("claude-sonnet-4-6", "xhigh", "\"output_config\":{\"effort\":\"high\"}", "reasoning_effort")]
    [InlineData("claude-opus-4-7", "minimal", "\"output_config\":{\"effort\":\"low\"}", "reasoning_effort")]
    [InlineData("claude-sonnet-4-5-20250929", "low", "\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":2048}", "")]
    [InlineData("claude-3-5-haiku-20241022", "low", "\"max_tokens\":9000,", "reasoning_effort")]
    [InlineData("claude-opus-5", "none", "\"thinking\":{\"type\":\"disabled\"}", "")]
    [InlineData("claude-opus-4-7", "none", "\"max_tokens\":9000,", "")]
    [InlineData("claude-fable-5", "none", "\"max_tokens\":9000,", "reasoning_effort")]
    [InlineData("claude-opus-5-5", "none", "\"max_tokens\":9000,", "reasoning_effort")]
    [InlineData("claude-haiku-5-5", "none", "\"thinking\":{\"type\":\"disabled\"}", "")]
    [InlineData("claude-sonnet-5", "none", "\"thinking\":{\"type\":\"disabled\"}", "")]
    [InlineData("claude-sonnet-5-5", "none", "\"thinking\":{\"type\":\"between_tools\"}", "")]
    [InlineData("claude-sonnet-5-5", "low", "\"thinking\":{\"type\":\"adaptive\",\"display\":\"summarized\"},\"output_config\":{\"effort\":\"low\"}", "")]
    public void Claude_is_told_what_its_model_takes(string model, string effort, string expected, string losses)
    {
        var body = $$"""{"model":"a","max_tokens":9000,"messages":[{"role":"user","content":"Q"}],"reasoning_effort":"{{effort}}"}""";
        Assert.Contains(expected, Translating.Request(RequestShape.Chat, RequestShape.Messages, body, out var lost, model), StringComparison.Ordinal);
        Assert.Equal(losses, lost);
    }

    private static string Asking(string client, string wish) => client switch
    {
        "contents" => "{\"contents\":[{\"parts\":[{\"text\":\"Q\"}]}],\"generationConfig\":{\"thinkingConfig\":{" + wish + "}}}",
        "responses" => "{\"input\":\"Q\",\"reasoning\":{" + wish + "}}",
        _ => "{\"messages\":[{\"role\":\"user\",\"content\":\"Q\"}]," + wish + "}",
    };

    [Theory]
    [InlineData("chat", "\"reasoning_effort\":\"high\"", "claude-opus-4-7", true)]
    [InlineData("chat", "\"reasoning_effort\":\"high\"", "claude-opus-4-6", false)]
    [InlineData("chat", "\"reasoning_effort\":\"none\"", "claude-opus-5", false)]
    [InlineData("responses", "\"effort\":\"high\",\"summary\":\"auto\"", "claude-opus-4-8", true)]
    [InlineData("responses", "\"effort\":\"high\",\"summary\":null", "claude-opus-4-8", false)]
    [InlineData("responses", "\"summary\":\"detailed\"", "claude-opus-5", true)]
    [InlineData("responses", "\"summary\":\"detailed\"", "claude-opus-4-8", false)]
    [InlineData("contents", "\"thinkingLevel\":\"HIGH\",\"includeThoughts\":true", "claude-opus-4-8", true)]
    [InlineData("contents", "\"thinkingLevel\":\"HIGH\"", "claude-opus-4-8", false)]
    [InlineData("contents", "\"thinkingBudget\":-1,\"includeThoughts\":true", "claude-opus-4-8", true)]
    [InlineData("contents", "\"includeThoughts\":true", "claude-opus-5", true)]
    public void Claude_that_hides_its_thought_is_asked_to_tell_it_to_who_wants_it(string client, string wish, string model, bool isAsked)
    {
        var told = Translating.Request(Dialects.SpokenShape.Named(client).Shape, RequestShape.Messages, Asking(client, wish), out var lost, model);
        Assert.Equal(isAsked, told.Contains("\"thinking\":{\"type\":\"adaptive\",\"display\":\"summarized\"}", StringComparison.Ordinal));
        Assert.Equal(isAsked, told.Contains("display", StringComparison.Ordinal));
        Assert.Equal("", lost);
    }

    [Theory]
    [InlineData("messages", "claude-opus-5", true)]
    [InlineData("messages", "claude-opus-4-7", false)]
    [InlineData("messages", "claude-sonnet-4-5", false)]
    [InlineData("messages", "m", false)]
    [InlineData("chat", "gpt-5", false)]
    [InlineData("chat", "gpt-4o", false)]
    [InlineData("responses", "gpt-5", true)]
    [InlineData("responses", "gpt-4o", false)]
    public void Thought_that_is_to_be_seen_and_does_not_come_for_that_is_reported(string upstream, string model, bool comes)
    {
        Translating.Request(RequestShape.Contents, Dialects.SpokenShape.Named(upstream).Shape, Asking("contents", "\"includeThoughts\":true"), out var lost, model);
        Assert.Equal(comes ? "" : "generationConfig.thinkingConfig.includeThoughts", lost);
    }

    [Theory]
    [InlineData("claude-opus-4-7", "")]
    [InlineData("claude-sonnet-4-5", "generationConfig.thinkingConfig")]
    public void Thought_as_claude_finds_right_is_asked_for_or_reported(string model, string losses)
    {
        var told = Translating.Request(RequestShape.Contents, RequestShape.Messages, Asking("contents", "\"thinkingBudget\":-1"), out var lost, model);
        Assert.Equal(losses.Length == 0, told.Contains("\"thinking\":{\"type\":\"adaptive\"}", StringComparison.Ordinal));
        Assert.Equal(losses, lost);
    }

    [Fact]
    public void Claude_that_always_thinks_is_not_forced_to_call()
    {
        const string body = """{"model":"a","max_tokens":9,"messages":[{"role":"user","content":"Q"}],"tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":"required"}""";
        Assert.Contains("\"tool_choice\":{\"type\":\"auto\"}", Translating.Request(RequestShape.Chat, RequestShape.Messages, body, out var lost, "claude-opus-5-5"), StringComparison.Ordinal);
        Assert.Equal("tool_choice", lost);
        Assert.Contains("{\"type\":\"any\"}", Translating.Request(RequestShape.Chat, RequestShape.Messages, body, out _, "claude-opus-4-8"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gemini-2.5-flash", ",\"generationConfig\":{\"maxOutputTokens\":9,\"thinkingConfig\":{\"includeThoughts\":true}}", "")]
    [InlineData("gemini-2.0-flash", ",\"generationConfig\":{\"maxOutputTokens\":9}", "thinking")]
    public void Thought_as_the_model_finds_right_is_seen(string model, string expected, string losses)
    {
        const string body = """{"model":"c","max_tokens":9,"messages":[{"role":"user","content":"Q"}],"thinking":{"type":"adaptive"}}""";
        Assert.Contains(expected, Translating.Request(RequestShape.Messages, RequestShape.Contents, body, out var lost, model), StringComparison.Ordinal);
        Assert.Equal(losses, lost);
    }

    [Theory]
    [InlineData("\"thinking\":{\"type\":\"disabled\"}", "\"output_config\":{\"effort\":\"high\"}", "none")]
    [InlineData("\"thinking\":{\"type\":\"between_tools\"}", "\"output_config\":{\"effort\":\"high\"}", "none")]
    [InlineData("\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":2000}", "\"output_config\":{\"effort\":\"high\"}", "low")]
    [InlineData("\"thinking\":{\"type\":\"adaptive\"}", "\"output_config\":{\"effort\":\"high\"}", "high")]
    public void The_order_of_members_does_not_matter(string one, string other, string effort)
    {
        foreach (var members in (string[])[$"{one},{other}", $"{other},{one}"])
        {
            var body = "{\"model\":\"c\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":\"Q\"}]," + members + "}";
            Assert.Contains($"\"reasoning_effort\":\"{effort}\"", Translating.Request(RequestShape.Messages, RequestShape.Chat, body, out var lost, "gpt-5.1"), StringComparison.Ordinal);
            Assert.Equal(effort == "high" ? "" : "output_config.effort", lost);
        }
    }

    [Theory]
    [InlineData("gpt-5", "temperature,top_p,presence_penalty,frequency_penalty,stop")]
    [InlineData("o3", "temperature,top_p,presence_penalty,frequency_penalty,stop")]
    [InlineData("gpt-5.1", "")]
    [InlineData("gpt-4o", "")]
    public void Models_that_think_are_sent_no_sampling(string model, string losses)
    {
        const string body = """{"contents":[{"parts":[{"text":"Q"}]}],"generationConfig":{"temperature":0.2,"topP":0.5,"presencePenalty":1,"frequencyPenalty":1,"stopSequences":["X"]}}""";
        foreach (var shape in (RequestShape[])[RequestShape.Chat, RequestShape.Responses])
        {
            var told = Translating.Request(RequestShape.Contents, shape, body, out var lost, model);
            Assert.Equal(losses.Length == 0, told.Contains("temperature", StringComparison.Ordinal));
            Assert.Equal(losses.Length > 0, lost.Contains("generationConfig.temperature,generationConfig.topP", StringComparison.Ordinal));
            Assert.Equal(losses.Length > 0 || shape == RequestShape.Responses, lost.Contains("stopSequences", StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData("claude-sonnet-4-5", "\"temperature\":0.7", "\"top_p\"", "top_p")]
    [InlineData("claude-sonnet-4", "\"temperature\":0.7,\"top_p\":0.9,\"top_k\":5", "\"x\"", "")]
    [InlineData("claude-opus-4-7", "\"max_tokens\":128000", "\"t", "temperature,top_p,top_k")]
    public void Claude_is_sent_the_sampling_that_it_takes(string model, string expected, string not, string losses)
    {
        const string body = """{"model":"a","messages":[{"role":"user","content":"Q"}],"temperature":0.7,"top_p":0.9,"top_k":5}""";
        var told = Translating.Request(RequestShape.Chat, RequestShape.Messages, body, out var lost, model);
        Assert.Contains(expected, told, StringComparison.Ordinal);
        Assert.DoesNotContain(not, told.Replace("\"type\"", "", StringComparison.Ordinal).Replace("\"text\"", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Equal(losses, lost);
    }

    [Theory]
    [InlineData("gpt-5-mini-2025-08-07", (int)(Efforts.Minimal | Efforts.Low | Efforts.Medium | Efforts.High))]
    [InlineData("openai/gpt-5.2-pro", (int)(Efforts.Medium | Efforts.High | Efforts.XHigh))]
    [InlineData("gpt-5-chat-latest", (int)(Efforts.None))]
    [InlineData("gpt-5.6-sol", Rested)]
    [InlineData("gpt-6-astra", Restless)]
    [InlineData("openai/gpt-6-astra-2026-09-03", Restless)]
    [InlineData("gpt-6-sol", Rested)]
    [InlineData("gpt-6-luna", Rested)]
    [InlineData("gpt-6.1-sol", Restless)]
    [InlineData("gpt-6.1-terra", Rested)]
    [InlineData("gpt-6.2-astra", Restless)]
    [InlineData("gpt-6.2-sol", Restless)]
    [InlineData("gpt-7", Restless)]
    [InlineData("GPT-5.1-Codex-Max", (int)(Efforts.Low | Efforts.Medium | Efforts.High | Efforts.XHigh))]
    [InlineData("us.anthropic.claude-opus-4-6-v1", (int)(Efforts.Off | Efforts.Low | Efforts.Medium | Efforts.High | Efforts.Max))]
    [InlineData("claude-sonnet-4@20250514", (int)(Efforts.Off))]
    [InlineData("gemini-3.8-flash", (int)(Efforts.Low | Efforts.Medium | Efforts.High))]
    public void A_name_tells_the_words_that_a_model_takes(string model, int words) =>
        Assert.Equal((Efforts)words, ModelAbilities.Of(System.Text.Encoding.ASCII.GetBytes(model)).Words);

    /// <summary>The minor stands right behind the major: what a deployment's name has further on is none.</summary>
    [Theory]
    [InlineData("gpt-5-prod-2", (int)(Efforts.Minimal | Efforts.Low | Efforts.Medium | Efforts.High))]
    [InlineData("gpt-5-v2", (int)(Efforts.Minimal | Efforts.Low | Efforts.Medium | Efforts.High))]
    [InlineData("gpt-5-2025-08-07", (int)(Efforts.Minimal | Efforts.Low | Efforts.Medium | Efforts.High))]
    [InlineData("gpt-5-2", (int)(Efforts.Off | Efforts.Low | Efforts.Medium | Efforts.High | Efforts.XHigh))]
    [InlineData("gpt-5.4", (int)(Efforts.Off | Efforts.Low | Efforts.Medium | Efforts.High | Efforts.XHigh))]
    [InlineData("gemini-3-pro-preview-11-2025", (int)(Efforts.Low | Efforts.High))]
    [InlineData("gemini-2.5-flash", (int)(Efforts.Off))]
    [InlineData("claude-opus-4[1m]", (int)(Efforts.Off))]
    [InlineData("claude-opus-4-7[1m]", Rested)]
    [InlineData("claude-sonnet-4-5-20250929", (int)(Efforts.Off))]
    public void A_minor_version_stands_right_behind_the_major(string model, int words) => A_name_tells_the_words_that_a_model_takes(model, words);

    [Theory]
    [InlineData("claude-fable-5[1m]", false, true)]
    [InlineData("claude-fable-5-v1:0", false, true)]
    [InlineData("claude-fable-5-1[1m]", true, true)]
    [InlineData("claude-opus-4[1m]", false, false)]
    [InlineData("claude-opus-4-1[1m]", false, true)]
    public void Nor_is_a_tag_one(string model, bool binds, bool takesOneSampler)
    {
        var abilities = ModelAbilities.Of(System.Text.Encoding.ASCII.GetBytes(model));
        Assert.Equal((binds, takesOneSampler), (abilities.BindsThought, abilities.TakesOneSampler));
    }

    [Theory]
    [InlineData("gpt-6-astra")]
    [InlineData("gpt-6.1-sol")]
    [InlineData("gpt-6.2-sol")]
    [InlineData("gpt-7-nova")]
    public void A_family_that_is_newer_than_gpt_5_is_asked_as_one_that_thinks(string model)
    {
        const string body = """
            {"model":"c","max_tokens":99,"temperature":0.5,"top_p":0.9,"stop_sequences":["x"],"messages":[{"role":"user","content":"Q"}],"output_config":{"effort":"max"}}
            """;
        var chat = Translating.Request(RequestShape.Messages, RequestShape.Chat, body, out var lost, model);
        Assert.Contains("\"max_completion_tokens\":99", chat, StringComparison.Ordinal);
        Assert.Contains("\"reasoning_effort\":\"xhigh\"", chat, StringComparison.Ordinal);
        Assert.Equal("temperature,top_p,stop_sequences,thinking", lost);
        var response = Translating.Request(RequestShape.Messages, RequestShape.Responses, body, out lost, model);
        Assert.Contains("\"reasoning\":{\"effort\":\"max\"", response, StringComparison.Ordinal);
        Assert.Equal("temperature,top_p,stop_sequences", lost);
    }

    [Fact]
    public void The_tokens_of_the_provider_s_own_model_are_capped_by_the_name_it_is_asked_for_by()
    {
        var exchange = new Exchange { Target = new TargetModel { Provider = null!, Timeouts = null!, UpstreamModel = [.. "prod-chat"u8] } };
        exchange.SetAskedModel("gpt-5"u8);
        Assert.True(ModelAbilities.Of(exchange).TakesCompletionTokens);
        exchange.SetAskedModel("another"u8);
        Assert.False(ModelAbilities.Of(exchange).TakesCompletionTokens);
    }

    [Fact]
    public void A_chat_s_own_word_goes_from_responses_as_it_is()
    {
        const string body = """{"model":"a","input":"Q","reasoning":{"effort":"xhigh"},"text":{"verbosity":"low"},"service_tier":"flex","prompt_cache_key":"k"}""";
        var told = Translating.Request(RequestShape.Responses, RequestShape.Chat, body, out var lost, "gpt-5.2");
        Assert.Equal("", lost);
        Assert.Contains("\"reasoning_effort\":\"xhigh\",\"service_tier\":\"flex\",\"prompt_cache_key\":\"k\",\"verbosity\":\"low\"", told, StringComparison.Ordinal);
        Translating.Request(RequestShape.Responses, RequestShape.Chat, body, out lost, "qwen3");
        Assert.Equal("reasoning.effort,service_tier,prompt_cache_key,text.verbosity", lost);
        Assert.Contains("\"reasoning_effort\":\"high\"", Translating.Request(RequestShape.Responses, RequestShape.Chat, body, out lost, "gpt-oss-120b"), StringComparison.Ordinal);
        Assert.Equal("reasoning.effort,service_tier,prompt_cache_key,text.verbosity", lost);
    }
}
