using System.ClientModel;
using System.ClientModel.Primitives;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using AiEdge.DataPlane.Hosting;
using AiEdge.FakeUpstream;
using OpenAI;
using OpenAI.Responses;

namespace AiEdge.Sdk.Tests;

/// <summary>A provider and a data plane before it, each on a free port of loopback, and clients that believe to speak to OpenAI.</summary>
internal sealed class Plane : IAsyncDisposable
{
    public const string Key = "sk-sdk-0123456789abcdef";

    private const string ProviderKey = "sk-provider-fedcba9876543210";

    private readonly EdgeHost _host;
    private readonly MemoryStream _records;
    private readonly string _folder;
    private bool _isStopped;

    private Plane(FakeUpstreamServer provider, EdgeHost host, MemoryStream records, string folder) =>
        (Provider, _host, _records, _folder) = (provider, host, records, folder);

    public FakeUpstreamServer Provider { get; }

    public int Port => _host.Listen.Port;

    /// <summary>What a client takes as its base URL.</summary>
    public Uri Endpoint => new($"http://127.0.0.1:{Port}/v1");

    /// <param name="script">Knobs of the provider for every request.</param>
    /// <param name="heartbeat">Silence in a stream after which the data plane says that it is alive.</param>
    /// <param name="scriptFor">Knobs of the provider by request.</param>
    /// <param name="provider">Who answers for <c>fake-*</c>: fake, claude or google, each of its own dialect; answers, by responses alone.</param>
    public static async Task<Plane> StartAsync(
        string script = "", string heartbeat = "15s", Func<ReceivedRequest, string?>? scriptFor = null, string provider = "fake")
    {
        var upstream = await FakeUpstreamServer.StartAsync(new FakeUpstreamOptions { RequiredKey = ProviderKey, Script = script, ScriptFor = scriptFor, JudgesAll = true, RefusesUnknownFields = true });
        var folder = Directory.CreateTempSubdirectory("aiedge-sdk-").FullName;
        var config = Path.Combine(folder, "aiedge.yaml");
        await File.WriteAllTextAsync(config, Config(upstream.Port, heartbeat, provider));
        var records = new MemoryStream();
        var (host, faults) = await EdgeHost.StartAsync(new EdgeHostOptions
        {
            ConfigPath = config,
            Overrides = new(Listen: "127.0.0.1:0", Admin: "127.0.0.1:0"),
            Environment = static name => name == "PROVIDER_KEY" ? ProviderKey : null,
            Records = records,
        });
        Assert.Empty(faults);
        return new Plane(upstream, host!, records, folder);
    }

    /// <param name="key">The client's key.</param>
    /// <param name="retries">How often the client tries again; null leaves it its own habit.</param>
    public OpenAIClient Client(string key = Key, int? retries = 0) => new(new ApiKeyCredential(key), Options(new OpenAIClientOptions(), retries));

    /// <summary>The client of the responses endpoint, which has options of its own.</summary>
    public ResponsesClient Responses(int? retries = 0) => new(new ApiKeyCredential(Key), Options(new ResponsesClientOptions(), retries));

    /// <summary>Stops both, and returns the records of the exchanges, which are all written by then.</summary>
    public async Task<IReadOnlyList<JsonElement>> StopAsync()
    {
        if (!_isStopped)
        {
            _isStopped = true;
            await _host.DisposeAsync();
            await Provider.DisposeAsync();
            Directory.Delete(_folder, recursive: true);
        }

        var lines = Encoding.UTF8.GetString(_records.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return [.. lines.Select(line => JsonElement.Parse(line))];
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();

        // Whatever a client sent: nothing that breaks HTTP may have reached the provider.
        Assert.Equal(0, Provider.MalformedCount);
    }

    private T Options<T>(T options, int? retries)
        where T : ClientPipelineOptions
    {
        if (options is OpenAIClientOptions client)
            client.Endpoint = Endpoint;
        else if (options is ResponsesClientOptions responses)
            responses.Endpoint = Endpoint;
        if (retries is { } count)
            options.RetryPolicy = new ClientRetryPolicy(count);
        return options;
    }

    /// <summary>Models with a limit of their own that cuts the first stream, whose provider overlooks the cap that it puts in.</summary>
    private static readonly (string Model, string Provider)[] Capped =
    [
        ("capped-plain", "fake"), ("capped-dotnet", "fake"), ("capped-responses", "fake"), ("capped-messages", "claude"), ("capped-google", "google"),
        ("capped-chat-over-claude", "claude"), ("capped-chat-over-google", "google"), ("capped-chat-over-answers", "answers"),
    ];

    private static string Config(int port, string heartbeat, string provider) => $$"""
        providers:
          fake: { dialect: openai, baseUrl: "http://127.0.0.1:{{port}}/v1", key: "${env:PROVIDER_KEY}" }
          claude: { dialect: anthropic, baseUrl: "http://127.0.0.1:{{port}}", key: "${env:PROVIDER_KEY}" }
          google: { dialect: gemini, baseUrl: "http://127.0.0.1:{{port}}", key: "${env:PROVIDER_KEY}" }
          plain: { dialect: openai, responses: translated, baseUrl: "http://127.0.0.1:{{port}}/v1", key: "${env:PROVIDER_KEY}" }
          answers: { dialect: openai, responses: only, baseUrl: "http://127.0.0.1:{{port}}/v1", key: "${env:PROVIDER_KEY}" }
          azure: { dialect: openai, hosting: azure, apiVersion: "2024-10-21", baseUrl: "http://127.0.0.1:{{port}}/azure/openai", key: "${env:PROVIDER_KEY}" }
          vertex-claude: { dialect: anthropic, hosting: vertex, baseUrl: "http://127.0.0.1:{{port}}/vertex/v1/projects/p/locations/l", key: "${env:PROVIDER_KEY}" }
          vertex-google: { dialect: gemini, hosting: vertex, baseUrl: "http://127.0.0.1:{{port}}/vertex/v1/projects/p/locations/l", key: "${env:PROVIDER_KEY}" }
        models:
          "hosted-azure*": { targets: [ { provider: azure, model: fake-n40 } ] }
          "hosted-claude*": { targets: [ { provider: vertex-claude, model: fake-n40 } ] }
          "hosted-google*": { targets: [ { provider: vertex-google, model: fake-n40 } ] }
          "hosted-gemini*": { targets: [ { provider: google, model: fake-n40 } ] }
          "fake-guarded*": { targets: [ { provider: fake, model: fake-n60-cap=off } ], tokenizer: o200k_base, runaway: { outputTokens: 30 } }
          "claude-guarded*": { targets: [ { provider: claude, model: fake-n60-cap=off } ], tokenizer: o200k_base, runaway: { outputTokens: 30 } }
          "answers-guarded*": { targets: [ { provider: answers, model: fake-n60-cap=off } ], tokenizer: o200k_base, runaway: { outputTokens: 30 } }
          "gemini-guarded*": { targets: [ { provider: google, model: fake-n60-cap=off } ], tokenizer: o200k_base, runaway: { outputTokens: 30 } }
        {{string.Join("\n", Capped.Select(static one => $"  \"{one.Model}*\": {{ targets: [ {{ provider: {one.Provider}, model: fake-n400-cap=off }} ], tokenizer: o200k_base }}"))}}
          "fake-*":    { targets: [ { provider: {{provider}} } ] }
          "only-openai-long*": { targets: [ { provider: fake, model: fake-n100000-d10000 } ] }
          "only-openai*":      { targets: [ { provider: fake, model: fake-n40 } ] }
          "only-google-long*": { targets: [ { provider: google, model: fake-n100000-d10000 } ] }
          "only-chat-long*": { targets: [ { provider: plain, model: fake-n100000-d10000 } ] }
          "only-claude-long*": { targets: [ { provider: claude, model: fake-n100000-d10000 } ] }
          "only-responses-long*": { targets: [ { provider: answers, model: fake-n100000-d10000 } ] }
          "only-responses*":  { targets: [ { provider: answers, model: fake-n40 } ] }
          "only-chat*":        { targets: [ { provider: plain, model: fake-n40 } ] }
          "only-claude*":      { targets: [ { provider: claude, model: fake-n40 } ] }
          "only-google*":      { targets: [ { provider: google, model: fake-n40 } ] }
          "gpt-5*":    { targets: [ { provider: answers } ] }
          gpt-4o-mini: { targets: [ { provider: fake, model: fake-n9 } ] }
          secret:      { targets: [ { provider: fake } ] }
        keys:
          - name: sdk
            sha256: "{{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Key)))}}"
            models: [ "fake-*", "gpt-*", "claude-*", "gemini-*", "only-*", "hosted-*", "answers-*", "gpt-5", "capped-*" ]
        limits:
        {{string.Join("\n", Capped.Select(static one => $"  - {{ name: {one.Model}, match: {{ model: \"{one.Model}*\" }}, outputTokens: 100/day }}"))}}
        server: { listen: "127.0.0.1:8080", admin: "127.0.0.1:8081", drainDelay: 0s, heartbeat: {{heartbeat}} }
        timeouts: { connect: 20s }

        """;
}
