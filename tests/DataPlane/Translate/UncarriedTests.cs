using System.Text;
using System.Text.Json;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects;
using AiEdge.DataPlane.Tests.Dialects;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Tests.Translate;

/// <summary>What a provider would refuse is not sent, and what cannot be carried is reported, or refused where the rest would be another question.</summary>
public sealed class UncarriedTests
{
    [Theory]
    [InlineData("contents", """{"cachedContent":"cachedContents/x","contents":[]}""", "cachedContent")]
    [InlineData("messages", """{"container":{"id":"c"},"messages":[]}""", "container")]
    [InlineData("messages", """{"messages":[{"role":"user","content":[{"type":"document","source":{"type":"file","file_id":"f"}}]}]}""", "messages.content.source.file_id")]
    [InlineData("chat", """{"messages":[{"role":"user","content":[{"type":"file","file":{"file_id":"f"}}]}]}""", "messages.content.file.file_id")]
    [InlineData("responses", """{"input":[{"role":"user","content":[{"type":"input_image","file_id":"f"}]}]}""", "input.content.file_id")]
    [InlineData("responses", """{"input":"Q","previous_response_id":"r"}""", "previous_response_id")]
    public void What_lies_at_another_provider_is_refused(string client, string body, string field)
    {
        var reader = Translations.Of(SpokenShape.Named(client).Shape).NewRequestReader!();
        var request = new NeutralRequest();
        request.Reset(new TextBuffer().Add(Encoding.UTF8.GetBytes(body)), reader.Names);
        var error = reader.Read(request);
        Assert.Equal(ErrorKind.InvalidRequest, error.Kind);
        Assert.Equal(field, error.Param);
    }

    [Theory]
    [InlineData("""{"type":"ephemeral"}""", true, "")]
    [InlineData("""{"type":"ephemeral","ttl":"5m"}""", true, "")]
    [InlineData("""{"type":"ephemeral","ttl":"1h"}""", true, "messages.content.cache_control")]
    [InlineData("""{"type":"ephemeral","ttl":"5m"}""", false, "messages.content.cache_control")]
    public void A_mark_of_the_cache_is_lost_only_on_models_that_keep_less_unasked(string mark, bool keepsAll, string losses)
    {
        var body = $$"""{"max_tokens":9,"messages":[{"role":"user","content":[{"type":"text","text":"Q","cache_control":{{mark}}}]}]}""";
        Translating.Request(RequestShape.Messages, RequestShape.Chat, body, out var lost, keepsAll ? "gpt-5" : "m");
        Assert.Equal(losses, lost);
    }

    /// <summary>OpenAI keeps prompts from gpt-4o on.</summary>
    [Theory]
    [InlineData("gpt-4o", true)]
    [InlineData("gpt-4o-mini", true)]
    [InlineData("gpt-4.1", true)]
    [InlineData("gpt-4.1-mini", true)]
    [InlineData("gpt-5", true)]
    [InlineData("o3", true)]
    [InlineData("gpt-4-turbo", false)]
    [InlineData("gpt-3.5-turbo", false)]
    public void What_a_model_keeps_unasked_is_known_by_its_name(string model, bool keeps)
    {
        const string body = """{"max_tokens":9,"messages":[{"role":"user","content":[{"type":"text","text":"Q","cache_control":{"type":"ephemeral"}}]}]}""";
        Translating.Request(RequestShape.Messages, RequestShape.Chat, body, out var lost, model);
        Assert.Equal(keeps ? "" : "messages.content.cache_control", lost);
    }

    [Fact]
    public void Sound_in_a_result_is_lost_where_it_has_no_place()
    {
        const string sound = """{"type":"input_audio","input_audio":{"data":"UklG","format":"wav"}}""";
        const string call = """{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]}""";
        var result = $$"""{"role":"tool","tool_call_id":"c","content":[{"type":"text","text":"r"},{{sound}}]}""";
        var body = $$"""{"messages":[{"role":"user","content":"Q"},{{call}},{{result}}]}""";
        var told = Translating.Request(RequestShape.Chat, RequestShape.Responses, body, out var lost);
        Assert.Equal("messages.content.input_audio", lost);
        Assert.Equal("r", JsonElement.Parse(told).GetProperty("input").EnumerateArray().Last().GetProperty("output").GetString());
    }

    /// <summary>The provider tells it by itself: it is what it is where nobody has asked for more.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_mean_that_stands_alone_is_lost_whether_or_not_more_was_asked_for(bool hides)
    {
        var reader = Translations.Of(RequestShape.Contents).NewAnswerReader!();
        reader.Reset();
        var heard = new Hearing { Losses = new LossReport() };
        Assert.True(reader.OnWhole("""{"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"STOP","avgLogprobs":-0.5}]}"""u8, new LogprobsProbe().Over(heard, hides)));
        Assert.Equal("answer.avgLogprobs", Encoding.ASCII.GetString(heard.Losses.Names));
    }

    [Theory]
    [InlineData("chat", ""","x_groq":{"id":"r"},"provider":"Groq","timings":{"prompt_ms":1}""", ""","content_filter_results":{"hate":{"filtered":false}},"native_finish_reason":"stop","stop_reason":128009""", "", false)]
    [InlineData("chat", ""","citations":["https://example.com"]""", "", "", true)]
    [InlineData("chat", "", ""","grounds":1""", "", true)]
    [InlineData("chat", "", "", ""","provider":"x","annotations":[{"type":"url_citation"}]""", true)]
    [InlineData("contents", ""","promptFeedback":{"safetyRatings":[{"category":"c"}]}""", ""","avgLogprobs":-0.5,"safetyRatings":[{"category":"c"}]""", ""","thoughtSignature":"S" """, false)]
    [InlineData("contents", "", ""","groundingMetadata":{"x":1}""", "", true)]
    [InlineData("contents", "", "", ""","inlineData":{"data":"x"}""", true)]
    public void What_servers_add_unasked_is_told_apart(string upstream, string top, string choice, string message, bool isOfSubstance)
    {
        var answer = upstream == "chat"
            ? $$"""{"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"A"{{message}}},"finish_reason":"stop"{{choice}}}]{{top}}}"""
            : $$"""{"candidates":[{"content":{"parts":[{"text":"A"{{message}}}]},"finishReason":"STOP"{{choice}}}]{{top}}}""";
        var lost = Translating.Heard(SpokenShape.Named(upstream).Shape, answer, isStream: false).Losses!;
        Assert.False(lost.IsEmpty);
        Assert.Equal(isOfSubstance, lost.HasSubstance);
        lost.Clear();
        Assert.False(lost.HasSubstance);
    }

    [Fact]
    public void A_search_is_asked_for_by_an_empty_object()
    {
        Translating.Request(RequestShape.Chat, RequestShape.Messages, """{"messages":[{"role":"user","content":"Q"}],"web_search_options":{},"metadata":{}}""", out var lost);
        Assert.Equal("web_search_options", lost);
    }

    [Theory]
    [InlineData("chat", "\"messages\":[{\"role\":\"user\",\"content\":\"Q\"}]")]
    [InlineData("contents", "\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"Q\"}]}]")]
    public void A_turn_of_which_nothing_is_left_is_left_out(string upstream, string expected)
    {
        const string body = """{"model":"c","max_tokens":9,"messages":[{"role":"user","content":[{"type":"document","source":{"type":"url","url":"https://e.com/a"}}]},{"role":"user","content":"Q"}]}""";
        Assert.Contains(expected, Translating.Request(RequestShape.Messages, SpokenShape.Named(upstream).Shape, body, out var lost), StringComparison.Ordinal);
        Assert.Equal("messages.content.document", lost);
    }

    [Theory]
    [InlineData("gemini-2.0-flash", true)]
    [InlineData("gemini-2.5-flash", false)]
    [InlineData("gemini-3-pro-preview", false)]
    [InlineData("gemini-flash-latest", false)]
    public void Penalties_go_to_models_that_have_them(string model, bool hasThem)
    {
        const string body = """{"messages":[{"role":"user","content":"Q"}],"presence_penalty":0.5,"frequency_penalty":0}""";
        Assert.Equal(hasThem, Translating.Request(RequestShape.Chat, RequestShape.Contents, body, out var lost, model).Contains("presencePenalty", StringComparison.Ordinal));
        Assert.Equal(hasThem ? "" : "presence_penalty", lost);
    }

    [Fact]
    public void An_empty_text_beside_a_call_is_not_told_to_gemini()
    {
        const string body = """{"messages":[{"role":"user","content":"Q"},{"role":"assistant","content":""},{"role":"user","content":"R"},"""
            + """{"role":"assistant","content":"","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c","content":""}]}""";
        var told = JsonElement.Parse(Translating.Request(RequestShape.Chat, RequestShape.Contents, body, out var lost)).GetProperty("contents");
        Assert.Equal("", lost);
        Assert.Equal(["user 2", "model 1", "user 1"], told.EnumerateArray().Select(turn => $"{turn.GetProperty("role")} {turn.GetProperty("parts").GetArrayLength()}"));
        Assert.True(told[1].GetProperty("parts")[0].TryGetProperty("functionCall", out _));
    }

    [Theory]
    [InlineData("chat", "gpt-4o", 64)]
    [InlineData("chat", "m", 128)]
    [InlineData("responses", "gpt-4o", 64)]
    [InlineData("responses", "m", 64)]
    public void Who_asks_is_told_as_long_as_the_provider_takes_it(string upstream, string model, int most)
    {
        foreach (var isTold in (bool[])[true, false])
        {
            var body = """{"max_tokens":99,"messages":[{"role":"user","content":"Q"}],"metadata":{"user_id":"USER"}}"""
                .Replace("USER", new string('u', isTold ? most : most + 1), StringComparison.Ordinal);
            Assert.Equal(isTold, Translating.Request(RequestShape.Messages, SpokenShape.Named(upstream).Shape, body, out var lost, model).Contains("\"user\":", StringComparison.Ordinal));
            Assert.Equal(isTold ? "" : "metadata.user_id", lost);
        }
    }

    [Theory]
    [InlineData("u-1", true)]
    [InlineData("12345678901", true)]
    [InlineData("3f2b1c9e-0d4a-4a6e-9a57-0123456789ab", true)]
    [InlineData("team@home", true)]
    [InlineData("@handle.x", true)]
    [InlineData("someone@example.com", false)]
    [InlineData("id of someone@mail.example.com, perhaps", false)]
    [InlineData("+49 151 2345678", false)]
    [InlineData("(555) 123-4567", false)]
    public void Who_asks_is_told_anthropic_as_long_as_it_is_opaque(string user, bool isTold)
    {
        foreach (var (name, one, isWell) in ((string, string, bool)[])[("user", user, isTold), ("safety_identifier", user, isTold), ("user", new string('u', 256), true), ("user", new string('u', 257), false)])
        {
            var body = $$"""{"messages":[{"role":"user","content":"Q"}],"{{name}}":"{{one}}"}""";
            Assert.Equal(isWell, Translating.Request(RequestShape.Chat, RequestShape.Messages, body, out var lost).Contains($"\"user_id\":\"{one}\"", StringComparison.Ordinal));
            Assert.Equal(isWell ? "" : name, lost);
        }
    }

    [Fact]
    public void Results_stand_first_in_a_turn_of_messages()
    {
        const string body = """{"contents":[{"role":"model","parts":[{"functionCall":{"name":"f","args":{}}}]},"""
            + """{"role":"user","parts":[{"text":"so"},{"functionResponse":{"name":"f","response":{}}}]},{"role":"user","parts":[{"text":"on"}]}]}""";
        var told = JsonElement.Parse(Translating.Request(RequestShape.Contents, RequestShape.Messages, body, out _));
        var turn = told.GetProperty("messages")[1].GetProperty("content").EnumerateArray().Select(block => block.GetProperty("type").GetString());
        Assert.Equal(["tool_result", "text", "text"], turn);
        Assert.Equal(2, told.GetProperty("messages").GetArrayLength());
    }

    [Theory]
    [InlineData("text/plain", "SGkgInUi", "{\"type\":\"text\",\"media_type\":\"text/plain\",\"data\":\"Hi \\\"u\\\"\"}", "")]
    [InlineData("text/csv", "YSxi", "{\"type\":\"text\",\"media_type\":\"text/plain\",\"data\":\"a,b\"}", "")]
    [InlineData("application/pdf", "JVBE", "{\"type\":\"base64\",\"media_type\":\"application/pdf\",\"data\":\"JVBE\"}", "")]
    [InlineData("text/plain", "/w==", "\"Q\"", "messages.content.file")]
    [InlineData("application/zip", "AAAA", "\"Q\"", "messages.content.file")]
    public void A_file_is_what_messages_take(string media, string data, string expected, string losses)
    {
        var body = """{"messages":[{"role":"user","content":[{"type":"text","text":"Q"},{"type":"file","file":{"file_data":"data:MEDIA;base64,DATA"}}]}]}"""
            .Replace("MEDIA", media, StringComparison.Ordinal).Replace("DATA", data, StringComparison.Ordinal);
        Assert.Contains(expected, Translating.Request(RequestShape.Chat, RequestShape.Messages, body, out var lost), StringComparison.Ordinal);
        Assert.Equal(losses, lost);
    }

    [Theory]
    [InlineData("messages", "messages.content.image_url")]
    [InlineData("contents", "messages.content.image_url")]
    public void A_picture_in_a_system_prompt_is_reported(string upstream, string losses)
    {
        const string body = """{"messages":[{"role":"system","content":[{"type":"text","text":"S"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AA=="}}]},{"role":"user","content":"Q"}]}""";
        Translating.Request(RequestShape.Chat, SpokenShape.Named(upstream).Shape, body, out var lost);
        Assert.Equal(losses, lost);
    }

    [Fact]
    public void A_system_instruction_may_be_a_text()
    {
        const string body = """{"systemInstruction":"Be brief.","contents":[{"parts":[{"text":"Q"}]}]}""";
        Assert.Contains("Be brief.", Translating.Request(RequestShape.Contents, RequestShape.Chat, body, out _), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://e.com/a.PNG?x=.y", "{\"fileData\":{\"mimeType\":\"image/png\",\"fileUri\":\"https://e.com/a.PNG?x=.y\"}}", "")]
    [InlineData("https://e.com/picture", "\"Q\"", "messages.content.image_url")]
    [InlineData("http://e.com/a.png", "\"Q\"", "messages.content.image_url")]
    public void Gemini_fetches_what_lies_at_a_url(string url, string expected, string losses)
    {
        var body = """{"messages":[{"role":"user","content":[{"type":"text","text":"Q"},{"type":"image_url","image_url":{"url":"URL"}}]}]}""".Replace("URL", url, StringComparison.Ordinal);
        Assert.Contains(expected, Translating.Request(RequestShape.Chat, RequestShape.Contents, body, out var lost), StringComparison.Ordinal);
        Assert.Equal(losses, lost);
    }

    [Theory]
    [InlineData("""{"type":"OBJECT","propertyOrdering":["a"],"properties":{"a":{"type":"ARRAY","minItems":"1","items":{"type":"STRING","enum":["OBJECT"],"nullable":true}},"type":{"type":"INTEGER"}}}""",
        """{"type":"object","properties":{"a":{"type":"array","minItems":1,"items":{"type":["string","null"],"enum":["OBJECT",null]}},"type":{"type":"integer"}},"additionalProperties":false}""")]
    [InlineData("""{"type":"OBJECT","minItems":"0","properties":{"a":{"anyOf":[{"type":"OBJECT","properties":{"b":{}}},{"type":"NULL"}],"default":{"type":"X"}}}}""",
        """{"type":"object","minItems":0,"properties":{"a":{"anyOf":[{"type":"object","properties":{"b":{}},"additionalProperties":false},{"type":"null"}],"default":{"type":"X"}}},"additionalProperties":false}""")]
    public void A_schema_of_google_s_becomes_json_s(string schema, string expected)
    {
        var body = """{"contents":[{"parts":[{"text":"Q"}]}],"generationConfig":{"responseMimeType":"application/json","responseModalities":["TEXT"],"responseSchema":SCHEMA}}""".Replace("SCHEMA", schema, StringComparison.Ordinal);
        Assert.Contains($"\"schema\":{expected}", Translating.Request(RequestShape.Contents, RequestShape.Messages, body, out var lost), StringComparison.Ordinal);
        Assert.Equal("", lost);
        Assert.Contains($"\"schema\":{expected.Replace(",\"additionalProperties\":false", "", StringComparison.Ordinal)}", Translating.Request(RequestShape.Contents, RequestShape.Chat, body, out _), StringComparison.Ordinal);
    }

    [Fact]
    public void That_calls_be_made_as_declared_is_reported_and_a_text_may_have_members_behind_it()
    {
        const string body = """{"contents":[{"parts":[{"text":"Q"}]}],"tools":[{"functionDeclarations":[{"name":"f"}]}],"toolConfig":{"functionCallingConfig":{"mode":"VALIDATED"}}}""";
        Translating.Request(RequestShape.Contents, RequestShape.Chat, body, out var lost);
        Assert.Equal("toolConfig.functionCallingConfig.mode", lost);
        Assert.Contains("\"a\"", Translating.Request(RequestShape.EmbedContent, RequestShape.Embeddings, """{"content":{"parts":[{"text":"a","thought":false,"videoMetadata":{"fps":1}}]}}""", out lost), StringComparison.Ordinal);
        Assert.Equal("content.parts.videoMetadata", lost);
    }

    [Fact]
    public void Thought_that_has_two_names_is_told_once()
    {
        const string chunk = """{"model":"m","choices":[{"index":0,"delta":{"reasoning":"hm","reasoning_content":"hm"}}]}""";
        var told = Translating.Answer(RequestShape.Messages, RequestShape.Chat, [chunk], isStream: true, out _);
        Assert.Equal(1, told.Split("thinking_delta").Length - 1);
    }

    [Theory]
    [InlineData("contents", """{"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"MALFORMED_FUNCTION_CALL","finishMessage":"Bad call"}],"modelVersion":"g"}""")]
    [InlineData("contents", """{"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"UNEXPECTED_TOOL_CALL"}],"modelVersion":"g"}""")]
    [InlineData("chat", """{"model":"m","choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"error"}]}""")]
    public void What_failed_is_told_as_an_error(string upstream, string data)
    {
        var reader = Translations.Of(SpokenShape.Named(upstream).Shape).NewAnswerReader!();
        var writer = Translations.Of(RequestShape.Messages).NewStreamWriter!();
        reader.Reset();
        writer.Begin(new AnswerFacts("id-1"u8, "asked"u8, 1700000000, wantsUsage: true, promptTokens: 0));
        Assert.True(reader.OnEvent(Encoding.UTF8.GetBytes(data), writer));
        writer.End();
        var told = Encoding.UTF8.GetString(writer.Out.Written);
        Assert.Contains("event: error", told, StringComparison.Ordinal);
        Assert.DoesNotContain("message_stop", told, StringComparison.Ordinal);
        writer.Release();
    }

    [Theory]
    [InlineData("contents", """{"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"NEWS","urlContextMetadata":{"x":1},"safetyRatings":[{}],"finishMessage":"m"}],"modelVersion":"g"}""",
        "answer.urlContextMetadata,answer.safetyRatings,answer.finishMessage,answer.finishReason.NEWS")]
    [InlineData("messages", """{"type":"message","model":"m","content":[{"type":"text","text":"a","citations":[{"x":1}]}],"container":{"id":"c"},"stop_reason":"end_turn"}""", "answer.container,answer.citations")]
    [InlineData("chat", """{"model":"m","citations":["u"],"choices":[{"index":0,"message":{"content":"a"},"logprobs":{"content":[{}]},"content_filter_results":{"a":{}},"stop_reason":"x","finish_reason":"stop"}]}""",
        "answer.citations,answer.content_filter_results,answer.stop_reason")]
    [InlineData("chat", """{"id":"i","created":1,"model":"m","usage":{"a":1},"prompt_filter_results":[{}],"choices":[{"index":0,"message":{"content":"a","audio":{"id":"x"}},"native_finish_reason":"x","finish_reason":"stop"}]}""",
        "answer.prompt_filter_results,answer.native_finish_reason,answer.audio")]
    [InlineData("messages", """{"type":"message","model":"m","content":[{"type":"text","text":"a"}],"usage":{"a":1},"context_management":{"applied_edits":[]},"stop_reason":"end_turn"}""", "answer.context_management")]
    [InlineData("contents", """{"candidates":[{"content":{"parts":[{"text":"a"}],"role":"model"},"finishReason":"STOP"}],"modelVersion":"g","usageMetadata":{"a":1},"responseId":"r","modelStatus":{"x":1}}""", "answer.modelStatus")]
    public void What_an_answer_has_besides_is_reported(string upstream, string body, string losses)
    {
        Translating.Answer(RequestShape.Responses, SpokenShape.Named(upstream).Shape, [body], isStream: false, out var lost);
        Assert.Equal(losses, lost);
    }

    [Fact]
    public void What_is_added_to_a_response_that_nobody_knows_is_reported()
    {
        string[] events =
        [
            """{"type":"response.created","response":{"model":"m"}}""",
            """{"type":"response.audio.transcript.delta","delta":"a"}""",
            """{"type":"response.completed","response":{"model":"m","output":[]}}""",
        ];
        Translating.Answer(RequestShape.Chat, RequestShape.Responses, events, isStream: true, out var lost);
        Assert.Equal("answer.response.audio.transcript.delta", lost);
        Translating.Answer(RequestShape.Chat, RequestShape.Messages, ["""{"type":"message_delta","delta":{},"context_management":{"applied_edits":[1]}}"""], isStream: true, out lost);
        Assert.Equal("answer.context_management", lost);
    }

    [Theory]
    [InlineData("""{"error":{"code":429,"details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay": "34.5s"}]}}""", 34500)]
    [InlineData("""{"error":{"code":429,"details":[{"retryDelay":"9"}]}}""", 0)]
    [InlineData("""{"error":{"code":429}}""", 0)]
    public void Gemini_s_refusals_say_in_their_body_when_to_come_again(string body, int ms)
    {
        Assert.Equal(TimeSpan.FromMilliseconds(ms), DialectTable.Of(Dialect.Gemini).RetryDelay(Encoding.UTF8.GetBytes(body)));
        Assert.Equal(TimeSpan.Zero, DialectTable.Of(Dialect.OpenAi).RetryDelay(Encoding.UTF8.GetBytes(body)));
    }

    [Fact]
    public void The_tier_of_an_answer_s_head_holds_until_its_body_tells_one()
    {
        var exchange = new Exchange();
        exchange.SetTierAtHead("flex"u8);
        exchange.SetReported(default, default);
        Assert.Equal("flex", Encoding.ASCII.GetString(exchange.ServedTier));
        exchange.SetReported(default, "priority"u8);
        Assert.Equal("priority", Encoding.ASCII.GetString(exchange.ServedTier));
        Assert.Equal("x-gemini-service-tier", Encoding.ASCII.GetString(DialectTable.Of(Dialect.Gemini).TierHeader!));
    }

    [Fact]
    public void The_tier_that_served_is_told()
    {
        Assert.Contains("\"service_tier\":\"flex\"", Tiered(RequestShape.Responses, "flex"u8), StringComparison.Ordinal);
        Assert.Contains("\"service_tier\":\"default\"", Tiered(RequestShape.Chat, "standard"u8), StringComparison.Ordinal);
    }

    private static string Tiered(RequestShape client, ReadOnlySpan<byte> tier)
    {
        var writer = Translations.Of(client).NewAnswerWriter!();
        writer.Begin(new AnswerFacts("id-1"u8, "asked"u8, 1700000000, wantsUsage: true, promptTokens: 0));
        writer.Take(new NeutralEvent(NeutralKind.Text, "a"u8));
        writer.SetTier(tier);
        writer.End();
        return Encoding.UTF8.GetString(writer.Out.Written);
    }
}
