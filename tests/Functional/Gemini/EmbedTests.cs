using System.Buffers.Binary;
using System.Text.Json;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests.Gemini;

/// <summary>Embeddings by Gemini's paths and by OpenAI's, of providers of both dialects.</summary>
public sealed class EmbedTests
{
    private const string Path = "/v1beta/models/gemini-2.5-flash";

    private static EdgeSetup Setup => Gem.Setup with
    {
        Providers = Gem.Setup.Providers + $$"""

              claude: { dialect: anthropic, baseUrl: "ROOT", key: "{{EdgeSetup.ProviderKey}}" }
              strict: { dialect: gemini, baseUrl: "ROOT", key: "{{EdgeSetup.ProviderKey}}", translation: strict }
            """,
        Models = Gem.Setup.Models + """

              fake-n7: { targets: [ { provider: google } ] }
              claudes: { targets: [ { provider: claude, model: fake-n3 } ] }
              stricts: { targets: [ { provider: strict, model: fake-n3 } ] }
            """,
    };

    [Theory]
    [InlineData("gemini-2.5-flash", """{"model":"models/NAME", "content":{"parts":[{"text":"a"}]},"later":1}""")]
    [InlineData("gemini-2.5-flash", """{ "content" : {"parts":[{"text":"models/NAME"}]} }""")]
    [InlineData("fake-n7", """{"content":{"parts":[{"text":"a"}]},"model":"models/NAME"}""")]
    public async Task Gemini_embeds_with_its_bytes_but_for_the_name_of_its_model(string model, string body)
    {
        await using var edge = await Edge.StartAsync(Setup);
        var sent = body.Replace("\"models/NAME\",", $"\"models/{model}\",", StringComparison.Ordinal).Replace("\"models/NAME\"}", $"\"models/{model}\"}}", StringComparison.Ordinal);

        var answer = await edge.AskAsync(Ask.Post($"/v1beta/models/{model}:embedContent", sent));

        Assert.True(answer.Status == 200, answer.Text);
        Assert.Equal(768, answer.Json.GetProperty("embedding").GetProperty("values").GetArrayLength());
        var request = await edge.Fake.NextRequestAsync();
        var name = model == "fake-n7" ? model : "fake-n3";
        Assert.Equal($"/v1beta/models/{name}:embedContent", request.Target);
        Assert.Equal(sent.Replace($"\"model\":\"models/{model}\"", $"\"model\":\"models/{name}\"", StringComparison.Ordinal), request.BodyText);
        var record = await edge.RecordAsync();
        Assert.Equal(("/v1beta/models/", "done"), (record.GetProperty("path").GetString(), record.GetProperty("end").GetString()));
    }

    [Fact]
    public async Task Each_request_of_a_batch_is_told_the_providers_name()
    {
        await using var edge = await Edge.StartAsync(Setup);
        var one = """{"model":"models/gemini-2.5-flash","content":{"parts":[{"text":"models/gemini-2.5-flash"}]},"outputDimensionality":5}""";
        var sent = $$"""{"requests":[{{string.Join(" ,", Enumerable.Repeat(one, 100))}}]}""";

        var answer = await edge.AskAsync(Ask.Post(Path + ":batchEmbedContents", sent));

        Assert.True(answer.Status == 200, answer.Text);
        Assert.Equal(100, answer.Json.GetProperty("embeddings").GetArrayLength());
        Assert.Equal(
            sent.Replace("\"model\":\"models/gemini-2.5-flash\"", "\"model\":\"models/fake-n3\"", StringComparison.Ordinal), (await edge.Fake.NextRequestAsync()).BodyText);
    }

    [Theory]
    [InlineData(":embedContent", """{"model":"models/other","content":{"parts":[{"text":"a"}]}}""")]
    [InlineData(":embedContent", """{"model":1,"content":{"parts":[{"text":"a"}]}}""")]
    [InlineData(":batchEmbedContents", """{"requests":[{"model":"models/gemini-2.5-flash","content":{}},{"model":"models/other","content":{}}]}""")]
    public async Task A_body_that_names_another_model_than_the_path_is_refused(string method, string body)
    {
        await using var edge = await Edge.StartAsync(Setup);

        var answer = await edge.AskAsync(Ask.Post(Path + method, body));

        Assert.Contains("The body names another model than the path.", Gem.Error(answer.Json, 400, "INVALID_ARGUMENT"));
        Assert.Equal(0, edge.Fake.RequestCount);
    }

    [Fact]
    public async Task What_is_embedded_counts_against_limits_and_is_recorded()
    {
        await using var edge = await Edge.StartAsync(Setup with { Limits = ["name: few, per: key, tokens: 400/hour"] });
        var body = "{\"content\":{\"parts\":[{\"text\":\"" + EdgeSetup.Prompt + "\"}]}}";

        Assert.Equal(200, (await edge.AskAsync(Ask.Post(Path + ":embedContent", body))).Status);
        var record = await edge.RecordAsync();
        Assert.True(record.GetProperty("inputTokens").GetInt64() is > 3 and < 60 && record.GetProperty("estimate").GetBoolean(), record.ToString());
        var longer = body.Replace(EdgeSetup.Prompt, string.Join(' ', Enumerable.Repeat(EdgeSetup.Prompt, 200)), StringComparison.Ordinal);
        Assert.Equal(413, (await edge.AskAsync(Ask.Post(Path + ":embedContent", longer))).Status);
        Assert.Equal(1, edge.Fake.RequestCount);
    }

    [Fact]
    public async Task OpenAis_clients_are_given_embeddings_by_gemini()
    {
        await using var edge = await Edge.StartAsync(Setup);

        var answer = await edge.AskAsync(Ask.Post("/v1/embeddings", """{"model":"gemini-2.5-flash","input":["a","b"],"dimensions":3,"user":"u"}"""));

        Assert.True(answer.Status == 200, answer.Text);
        Assert.Equal("user", answer.Field("x-aiedge-translation-loss"));
        var request = await edge.Fake.NextRequestAsync();
        Assert.Equal("/v1beta/models/fake-n3:batchEmbedContents", request.Target);
        Assert.Equal(EdgeSetup.ProviderKey, request.Header("x-goog-api-key"));
        var data = answer.Json.GetProperty("data");
        Assert.Equal([0, 1], data.EnumerateArray().Select(item => item.GetProperty("index").GetInt32()));
        Assert.All(data.EnumerateArray(), item => Assert.Equal(3, item.GetProperty("embedding").GetArrayLength()));
        Assert.Equal("gemini-2.5-flash", answer.Json.GetProperty("model").GetString());
        Assert.True(answer.Json.GetProperty("usage").GetProperty("prompt_tokens").GetInt32() > 0);
        Assert.Equal("done", (await edge.RecordAsync()).GetProperty("end").GetString());
    }

    [Fact]
    public async Task In_base64_they_are_the_same_numbers()
    {
        await using var edge = await Edge.StartAsync(Setup);
        const string Body = """{"model":"gemini-2.5-flash","input":["a","b"],"dimensions":50,"encoding_format":"FORMAT"}""";

        var numbers = (await edge.AskAsync(Ask.Post("/v1/embeddings", Body.Replace("FORMAT", "float", StringComparison.Ordinal)))).Json;
        var base64 = (await edge.AskAsync(Ask.Post("/v1/embeddings", Body.Replace("FORMAT", "base64", StringComparison.Ordinal)))).Json;

        for (var i = 0; i < 2; i++)
        {
            var bytes = base64.GetProperty("data")[i].GetProperty("embedding").GetBytesFromBase64();
            var floats = Enumerable.Range(0, bytes.Length / 4).Select(at => BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(at * 4)));
            Assert.Equal(numbers.GetProperty("data")[i].GetProperty("embedding").EnumerateArray().Select(number => number.GetSingle()), floats);
        }
    }

    [Theory]
    [InlineData(":embedContent", """{"content":{"parts":[{"text":"a"}]},"taskType":"CLUSTERING"}""", "taskType")]
    [InlineData(":batchEmbedContents", """{"requests":[{"model":"models/gpt-4o","content":{"parts":[{"text":"a"}]}},{"content":{"parts":[{"text":"b"}]}}]}""", null)]
    public async Task Geminis_clients_are_given_embeddings_by_openai(string method, string body, string? lost)
    {
        await using var edge = await Edge.StartAsync(Setup);

        var answer = await edge.AskAsync(Ask.Post("/v1beta/models/gpt-4o" + method, body));

        Assert.True(answer.Status == 200, answer.Text);
        Assert.Equal(lost, answer.Field("x-aiedge-translation-loss"));
        var request = await edge.Fake.NextRequestAsync();
        Assert.Equal("/v1/embeddings", request.Target);
        Assert.Equal($$"""{"model":"fake-n3","input":[{{(lost is null ? "\"a\",\"b\"" : "\"a\"")}}]}""", request.BodyText);
        var first = lost is null ? answer.Json.GetProperty("embeddings")[0] : answer.Json.GetProperty("embedding");
        Assert.Equal(1536, first.GetProperty("values").GetArrayLength());
        Assert.Equal(212, (await edge.RecordAsync()).GetProperty("inputTokens").GetInt64());
    }

    [Theory]
    [InlineData("/v1/embeddings", """{"model":"claudes","input":"a"}""", 400)]
    [InlineData("/v1/embeddings", """{"model":"gemini-2.5-flash","input":[1,2]}""", 400)]
    [InlineData("/v1/embeddings", """{"model":"gemini-2.5-flash","input":"a","stream":true}""", 400)]
    [InlineData("/v1/embeddings", """{"model":"stricts","input":"a","user":"u"}""", 400)]
    [InlineData("/v1beta/models/gpt-4o:embedContent", """{"content":{"parts":[{"inlineData":{"mimeType":"image/png","data":"AA=="}}]}}""", 400)]
    [InlineData("/v1beta/models/gpt-4o:embedContent", "{}", 400)]
    [InlineData("/v1beta/models/gpt-4o:batchEmbedContents", """{"requests":[{"content":{"parts":[{"text":"a"}]},"outputDimensionality":1},{"content":{"parts":[{"text":"a"}]}}]}""", 400)]
    [InlineData("/v1beta/models/gpt-4o:batchEmbedContents", """{"requests":[{"content":{"parts":[{"text":"a"}]},"outputDimensionality":1},{"content":{"parts":[{"text":"a"}]},"outputDimensionality":2}]}""", 400)]
    public async Task What_cannot_be_carried_is_refused_before_anybody_is_asked(string path, string body, int status)
    {
        await using var edge = await Edge.StartAsync(Setup);

        Assert.Equal(status, (await edge.AskAsync(Ask.Post(path, body))).Status);
        Assert.Equal(0, edge.Fake.RequestCount);
    }

    [Fact]
    public async Task An_error_of_the_provider_is_told_in_the_clients_dialect()
    {
        await using var edge = await Edge.StartAsync(Setup);

        var answer = await edge.AskAsync(Ask.Post("/v1/embeddings", """{"model":"gemini-2.5-flash","input":"a"}""", Ask.Script("status=429; retryafter=7")));

        Assert.Equal((429, "7"), (answer.Status, answer.Field("retry-after")));
        Assert.Equal(JsonValueKind.String, answer.Json.GetProperty("error").GetProperty("message").ValueKind);
    }
}
