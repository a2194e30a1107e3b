using System.Text.Json;
using AiEdge.Functional.Tests.Anthropic;
using AiEdge.Functional.Tests.Gemini;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests.Hosted;

/// <summary>Providers whose API another hosts: the paths, the credential and the body are as that host wants them, whatever dialect a client speaks.</summary>
public sealed class HostedTests
{
    private const string Deployment = "/openai/deployments/fake-n3/chat/completions?api-version=2024-10-21";
    private const string Publishers = "/v1/projects/p/locations/l/publishers/";

    private static EdgeSetup Setup => new()
    {
        Providers = $$"""
              azure: { dialect: openai, hosting: azure, apiVersion: "2024-10-21", baseUrl: "ROOT/openai", key: "{{EdgeSetup.ProviderKey}}" }
              claude: { dialect: anthropic, hosting: vertex, baseUrl: "ROOT/v1/projects/p/locations/l", key: "{{EdgeSetup.ProviderKey}}" }
              google: { dialect: gemini, hosting: vertex, baseUrl: "ROOT/v1/projects/p/locations/l", key: "{{EdgeSetup.ProviderKey}}" }
            """,
        Models = """
              deployed: { targets: [ { provider: azure, model: fake-n3 } ] }
              dated: { targets: [ { provider: claude, model: "fake-n3@2025/x" } ] }
              claude: { targets: [ { provider: claude, model: fake-n3 } ] }
              gem: { targets: [ { provider: google, model: fake-n3 } ] }
            """,
    };

    [Theory]
    [InlineData("", "")]
    [InlineData("?api-version=2020-01-01", "")]
    [InlineData("?a=b&API%2DVersion=2020-01-01&c", "&a=b&c")]
    public async Task Azure_is_asked_by_its_deployment_and_by_the_configured_version(string query, string kept)
    {
        await using var edge = await Edge.StartAsync(Setup);

        var answer = await edge.AskAsync(Ask.Post("/v1/chat/completions" + query, Ask.ChatBody("deployed")));

        Assert.Equal(200, answer.Status);
        var request = await edge.Fake.NextRequestAsync();
        Assert.Equal(Deployment + kept, request.Target);
        Assert.Equal(EdgeSetup.ProviderKey, request.Header("api-key"));
        Assert.Null(request.Header("authorization"));
    }

    [Theory]
    [InlineData("/v1/embeddings", """{"model":"deployed","input":"x"}""", "/openai/deployments/fake-n3/embeddings?api-version=2024-10-21")]
    [InlineData("/v1/responses", """{"model":"deployed","input":"x"}""", "/openai/responses?api-version=2024-10-21")]
    public async Task Azure_has_some_paths_below_deployments_and_some_beside_them(string path, string body, string target)
    {
        await using var edge = await Edge.StartAsync(Setup);

        Assert.Equal(200, (await edge.AskAsync(Ask.Post(path, body))).Status);
        Assert.Equal(target, (await edge.Fake.NextRequestAsync()).Target);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_client_of_messages_is_answered_by_a_deployment(bool stream)
    {
        await using var edge = await Edge.StartAsync(Setup);

        var answer = await edge.AskAsync(stream ? Claude.Stream(model: "deployed") : Claude.Ask(model: "deployed"));

        Assert.Equal(200, answer.Status);
        Assert.Equal(Deployment, (await edge.Fake.NextRequestAsync()).Target);
        Assert.Equal("done", (await edge.RecordAsync()).GetProperty("end").GetString());
    }

    [Theory]
    [InlineData(true, ":streamRawPredict")]
    [InlineData(false, ":rawPredict")]
    public async Task Messages_on_Vertex_keep_their_bytes_but_for_the_model_which_the_path_has(bool stream, string method)
    {
        await using var edge = await Edge.StartAsync(Setup);
        const string More = ""","unheard":1,"x":{"model":2}""";

        var answer = await edge.AskAsync(stream ? Claude.Stream("rules=off", "claude", More) : Claude.Ask("rules=off", "claude", More));

        Assert.Equal(200, answer.Status);
        var request = await edge.Fake.NextRequestAsync();
        Assert.Equal(Publishers + "anthropic/models/fake-n3" + method, request.Target);
        Assert.Equal("Bearer " + EdgeSetup.ProviderKey, request.Header("authorization"));
        Assert.Null(request.Header("x-api-key"));
        var sent = Claude.Body("claude", (stream ? ""","stream":true""" : "") + More);
        Assert.Equal(sent.Replace("\"model\":\"claude\"", "\"anthropic_version\":\"vertex-2023-10-16\"", StringComparison.Ordinal), request.BodyText);
    }

    [Theory]
    [InlineData("?beta=true", "")]
    [InlineData("?a=b&b%65ta=true&c", "?a=b&c")]
    public async Task What_Anthropic_s_clients_put_into_the_query_Vertex_is_not_told(string query, string kept)
    {
        await using var edge = await Edge.StartAsync(Setup);

        Assert.Equal(200, (await edge.AskAsync(Ask.Post("/v1/messages" + query, Claude.Body("claude", "")))).Status);
        Assert.Equal(Publishers + "anthropic/models/fake-n3:rawPredict" + kept, (await edge.Fake.NextRequestAsync()).Target);
    }

    [Fact]
    public async Task Where_a_name_has_signs_of_a_path_they_are_coded()
    {
        await using var edge = await Edge.StartAsync(Setup);

        Assert.Equal(200, (await edge.AskAsync(Claude.Ask(model: "dated"))).Status);
        Assert.Equal(Publishers + "anthropic/models/fake-n3@2025%2Fx:rawPredict", (await edge.Fake.NextRequestAsync()).Target);
    }

    [Theory]
    [InlineData("claude", true, "anthropic/models/fake-n3:streamRawPredict")]
    [InlineData("claude", false, "anthropic/models/fake-n3:rawPredict")]
    [InlineData("gem", true, "google/models/fake-n3:streamGenerateContent?alt=sse")]
    [InlineData("gem", false, "google/models/fake-n3:generateContent")]
    public async Task A_chat_is_answered_by_Vertex(string model, bool stream, string target)
    {
        await using var edge = await Edge.StartAsync(Setup);

        var answer = await edge.AskAsync(Ask.Post("/v1/chat/completions", Ask.ChatBody(model, stream ? ",\"stream\":true" : "")));

        Assert.Equal(200, answer.Status);
        var request = await edge.Fake.NextRequestAsync();
        Assert.Equal(Publishers + target, request.Target);
        Assert.Equal("Bearer " + EdgeSetup.ProviderKey, request.Header("authorization"));
        Assert.False(JsonElement.Parse(request.BodyText).TryGetProperty("model", out _));
    }

    /// <summary>Each text is an instance of its own, whatever dialect asks for it; the numbers are those that came.</summary>
    [Theory]
    [InlineData("/v1/embeddings", """{"model":"gem","input":["a \"b\"","c"],"dimensions":3}""", """{"instances":[{"content":"a \"b\""},{"content":"c"}],"parameters":{"outputDimensionality":3}}""")]
    [InlineData("/v1/embeddings", """{"model":"gem","input":"a"}""", """{"instances":[{"content":"a"}]}""")]
    [InlineData("/v1beta/models/gem:embedContent", """{"content":{"parts":[{"text":"a"},{"text":"b"}]},"outputDimensionality":2}""", """{"instances":[{"content":"ab"}],"parameters":{"outputDimensionality":2}}""")]
    [InlineData("/v1beta/models/gem:batchEmbedContents", """{"requests":[{"content":{"parts":[{"text":"a"}]}},{"model":"models/gem","content":{"parts":[{"text":"b"}]}}]}""", """{"instances":[{"content":"a"},{"content":"b"}]}""")]
    [InlineData("/v1beta/models/gem:embedContent", """{"content":{"parts":[{"text":"a"}]},"taskType":"RETRIEVAL_DOCUMENT","title":"T"}""", """{"instances":[{"content":"a","task_type":"RETRIEVAL_DOCUMENT","title":"T"}]}""")]
    public async Task Embeddings_are_predictions_on_Vertex(string path, string body, string sent)
    {
        await using var edge = await Edge.StartAsync(Setup);

        var answer = await edge.AskAsync(Ask.Post(path, body));

        Assert.True(answer.Status == 200, answer.Text);
        var request = await edge.Fake.NextRequestAsync();
        Assert.Equal(Publishers + "google/models/fake-n3:predict", request.Target);
        Assert.Equal("Bearer " + EdgeSetup.ProviderKey, request.Header("authorization"));
        Assert.Equal(sent, request.BodyText);
        var asked = JsonElement.Parse(sent);
        var vectors = answer.Json.TryGetProperty("data", out var data) ? data.EnumerateArray().Select(static one => one.GetProperty("embedding")).ToList()
            : answer.Json.TryGetProperty("embeddings", out var all) ? all.EnumerateArray().Select(static one => one.GetProperty("values")).ToList()
            : [answer.Json.GetProperty("embedding").GetProperty("values")];
        Assert.Equal(asked.GetProperty("instances").GetArrayLength(), vectors.Count);
        var length = asked.TryGetProperty("parameters", out var parameters) ? parameters.GetProperty("outputDimensionality").GetInt32() : 768;
        Assert.All(vectors, one => Assert.Equal(length, one.GetArrayLength()));
        Assert.Equal("done", (await edge.RecordAsync()).GetProperty("end").GetString());
    }

    /// <summary>Vertex has the members of a whole request beside <c>contents</c>, and not within one.</summary>
    [Theory]
    [InlineData("""{"contents":[{"parts":[{"text":"a"}]}]}""", """{"contents":[{"parts":[{"text":"a"}]}]}""")]
    [InlineData("""{"generateContentRequest":{"model":"models/gem","contents":[{"parts":[{"text":"a"}]}],"safetySettings":[],"tools":[]}}""", """{"contents":[{"parts":[{"text":"a"}]}],"tools":[]}""")]
    public async Task Tokens_are_asked_of_Vertex_in_its_own_form(string body, string sent)
    {
        var setup = Setup;
        await using var edge = await Edge.StartAsync(setup with { Providers = setup.Providers.Replace("gemini, ", "gemini, countTokens: provider, ", StringComparison.Ordinal) });

        var answer = await edge.AskAsync(Ask.Post("/v1beta/models/gem:countTokens", body));

        Assert.Equal((200, "provider"), (answer.Status, answer.Field("x-aiedge-counted-by")));
        var request = await edge.Fake.NextRequestAsync();
        Assert.Equal(Publishers + "google/models/fake-n3:countTokens", request.Target);
        Assert.Equal(sent, request.BodyText);
    }

    [Theory]
    [InlineData("""{"predictions":[]}""")]
    [InlineData("""{"predictions":[{"embeddings":{"values":[]}}]}""")]
    [InlineData("""{"predictions":[{"safety":1}]}""")]
    [InlineData("""{"predictions":[{"embeddings":{"values":[1]}},{"x":1}]}""")]
    [InlineData("""{"deployedModelId":"1"}""")]
    public async Task A_prediction_without_numbers_is_a_fault_of_the_provider(string said)
    {
        await using var edge = await Edge.StartAsync(Setup);
        for (var i = 0; i < 3; i++)
            edge.Fake.EnqueueRaw(Ask.Answer(said, ""));

        Assert.Equal(502, (await edge.AskAsync(Ask.Post("/v1/embeddings", """{"model":"gem","input":"a"}"""))).Status);
    }

    [Theory]
    [InlineData(true, "streamGenerateContent", "?alt=sse")]
    [InlineData(false, "generateContent", "")]
    public async Task Contents_go_to_Vertex_as_they_are(bool stream, string method, string query)
    {
        await using var edge = await Edge.StartAsync(Setup);

        var answer = await edge.AskAsync(stream ? Gem.Stream(model: "gem") : Gem.Ask(model: "gem"));

        Assert.Equal(200, answer.Status);
        var request = await edge.Fake.NextRequestAsync();
        Assert.Equal(Publishers + "google/models/fake-n3:" + method + query, request.Target);
        Assert.Equal(Gem.Body(), request.BodyText);
    }
}
