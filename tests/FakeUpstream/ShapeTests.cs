using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;

namespace AiEdge.FakeUpstream.Tests;

/// <summary>Answers of each endpoint: they parse, and follow what the request asked for.</summary>
public sealed class ShapeTests : IAsyncLifetime
{
    private FakeUpstreamServer _server = null!;

    public async Task InitializeAsync() => _server = await FakeUpstreamServer.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task Tools_bring_calls_whose_streamed_arguments_join_to_an_instance_of_the_schema()
    {
        const string Tools = ""","tools":[{"type":"function","function":{"name":"w","parameters":{"type":"object","properties":{"city":{"type":"string"},"n":{"type":"integer"}}}}}]""";
        var answer = await RawClient.ChatAsync(_server, "", more: Tools);
        var arguments = string.Concat(answer.Events[..^1].SelectMany(data => JsonDocument.Parse(data).RootElement.GetProperty("choices").EnumerateArray())
            .Where(choice => choice.GetProperty("delta").TryGetProperty("tool_calls", out _))
            .Select(choice => choice.GetProperty("delta").GetProperty("tool_calls")[0].GetProperty("function").GetProperty("arguments").GetString()));
        Assert.Equal(7, JsonDocument.Parse(arguments).RootElement.GetProperty("n").GetInt32());
        Assert.Contains("\"finish_reason\":\"tool_calls\"", answer.Events[^2]);
        var off = await RawClient.ChatAsync(_server, "tools=off", more: Tools);
        Assert.Equal(FakeText.All(3), off.Content);
    }

    [Fact]
    public async Task Structured_output_is_an_instance_of_the_schema()
    {
        const string Schema = """{"type":"object","properties":{"a":{"type":"array","items":{"$ref":"#/$defs/k"}}},"$defs":{"k":{"enum":["u","v"]}}}""";
        const string Format = ""","response_format":{"type":"json_schema","json_schema":{"name":"x","schema":""" + Schema + "}}";
        Assert.Equal("""{"a":["u"]}""", (await RawClient.ChatAsync(_server, "", more: Format)).Content);
    }

    [Fact]
    public async Task Responses_number_their_events_from_0_and_end_completed()
    {
        var answer = await PostAsync("/v1/responses", """{"model":"fake-n4","stream":true,"input":"x"}""");
        var events = answer.Events.Select(data => JsonDocument.Parse(data).RootElement).ToArray();
        Assert.Equal(Enumerable.Range(0, events.Length), events.Select(data => data.GetProperty("sequence_number").GetInt32()));
        Assert.Equal("response.created", events[0].GetProperty("type").GetString());
        Assert.Equal("response.completed", events[^1].GetProperty("type").GetString());
        var text = events[^1].GetProperty("response").GetProperty("output")[0].GetProperty("content")[0].GetProperty("text").GetString();
        Assert.Equal(FakeText.All(4), text);
        Assert.Equal(text, string.Concat(events.Where(data => data.TryGetProperty("delta", out _)).Select(data => data.GetProperty("delta").GetString())));
    }

    [Fact]
    public async Task A_capped_response_is_incomplete()
    {
        var answer = await PostAsync("/v1/responses", """{"model":"fake-n4","stream":true,"input":"x","max_output_tokens":2}""");
        var last = JsonDocument.Parse(answer.Events[^1]).RootElement;
        Assert.Equal("response.incomplete", last.GetProperty("type").GetString());
        Assert.Equal("max_output_tokens", last.GetProperty("response").GetProperty("incomplete_details").GetProperty("reason").GetString());
    }

    [Fact]
    public async Task Embeddings_hold_the_same_numbers_as_base64_and_as_text()
    {
        var numbers = JsonDocument.Parse((await PostAsync("/v1/embeddings", """{"model":"m","input":["a","b"],"dimensions":3}""")).Text).RootElement.GetProperty("data");
        var coded = JsonDocument.Parse((await PostAsync("/v1/embeddings", """{"model":"m","input":["a","b"],"dimensions":3,"encoding_format":"base64"}""")).Text).RootElement.GetProperty("data");
        Assert.Equal(2, numbers.GetArrayLength());
        for (var i = 0; i < 2; i++)
        {
            var bytes = coded[i].GetProperty("embedding").GetBytesFromBase64();
            Assert.Equal(numbers[i].GetProperty("embedding").EnumerateArray().Select(number => number.GetSingle()),
                Enumerable.Range(0, 3).Select(at => BitConverter.ToSingle(bytes, at * 4)));
        }
    }

    [Theory]
    [InlineData("/v1/completions", """{"model":"fake-n2","prompt":"x"}""", "\"object\":\"text_completion\"")]
    [InlineData("/v1/moderations", """{"input":["x","y"]}""", "\"flagged\":false")]
    [InlineData("/v1/images/generations", """{"prompt":"x","n":2}""", "\"b64_json\":\"")]
    public async Task Other_json_answers_parse(string path, string body, string part)
    {
        var answer = await PostAsync(path, body);
        JsonDocument.Parse(answer.Text);
        Assert.Contains(part, answer.Text);
    }

    [Fact]
    public async Task Speech_is_chunked_binary_that_shows_damage()
    {
        var answer = await PostAsync("/v1/audio/speech", """{"model":"fake-binary=1000","input":"x","voice":"v"}""");
        Assert.Equal("audio/mpeg", answer.Field("Content-Type"));
        Assert.Equal(Enumerable.Range(0, 1000).Select(i => (byte)(i % 251)), answer.Body);
    }

    [Fact]
    public async Task Transcriptions_read_their_multipart_form()
    {
        const string Form = "--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nfake-n2\r\n"
            + "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\nContent-Type: audio/wav\r\n\r\nRIFF\r\n--b--\r\n";
        var answer = await PostAsync("/v1/audio/transcriptions", Form, "Content-Type: multipart/form-data; boundary=b\r\n");
        Assert.Equal(FakeText.All(2), JsonDocument.Parse(answer.Text).RootElement.GetProperty("text").GetString());
        var broken = await PostAsync("/v1/audio/transcriptions", Form[..^6], "Content-Type: multipart/form-data; boundary=b\r\n");
        Assert.Equal(400, broken.Status);
    }

    [Fact]
    public async Task Unknown_paths_wrong_methods_bad_json_and_wrong_keys_are_refused()
    {
        await using var server = await FakeUpstreamServer.StartAsync(new FakeUpstreamOptions { RequiredKey = "k" });
        Assert.Equal(401, (await RawClient.ChatAsync(server, "")).Status);
        Assert.Equal(404, (await PostAsync("/v1/nope", "{}")).Status);
        Assert.Equal(400, (await PostAsync("/v1/chat/completions", "{\"model\":")).Status);
        using var client = await RawClient.ConnectAsync(_server);
        await client.SendAsync("DELETE /v1/chat/completions HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.Equal(405, (await client.ReadAnswerAsync()).Status);
        await client.SendAsync("HEAD /v1/models HTTP/1.1\r\nHost: a\r\n\r\nGET /v1/models/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        var both = Encoding.Latin1.GetString((await client.ReadToEndAsync()).Bytes);
        Assert.Equal(2, both.Split("HTTP/1.1 200 OK").Length - 1);
        Assert.EndsWith("{\"id\":\"x\",\"object\":\"model\",\"created\":1700000000,\"owned_by\":\"fake\"}", both);
    }

    [Fact]
    public async Task Tls_serves_the_self_made_certificate_and_demands_the_clients()
    {
        await using var server = await FakeUpstreamServer.StartAsync(new FakeUpstreamOptions { UseTls = true, RequireClientCertificate = true });
        using var trusted = X509Certificate2.CreateFromPem(server.CertificatePem);
        using var own = SelfMadeCertificate.Make("client");
        using var socket = new TcpClient("127.0.0.1", server.Port);
        await using var tls = new SslStream(socket.GetStream());
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            ClientCertificates = [own],
            CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, CustomTrustStore = { trusted } },
            ApplicationProtocols = [SslApplicationProtocol.Http11],
        });
        await tls.WriteAsync(Encoding.ASCII.GetBytes(RawClient.ChatRequest("n=2; cut=3; how=fin")));
        var request = await server.NextRequestAsync();
        Assert.Equal(("CN=client", "localhost"), (request.ClientCertificateSubject, request.ServerName));
        using var reader = new StreamReader(tls);
        Assert.Equal(3, (await reader.ReadToEndAsync()).Split("data: ").Length - 1);
    }

    [Theory]
    [InlineData("text-embedding-005", 2, "\"predictions\":[")]
    [InlineData("gemini-embedding-001", 1, "\"predictions\":[")]
    [InlineData("gemini-embedding-001", 2, "\"status\":\"INVALID_ARGUMENT\"")]
    [InlineData("text-embedding-005", 251, "\"status\":\"INVALID_ARGUMENT\"")]
    public async Task A_model_of_vertex_s_embeds_as_many_at_once_as_it_takes_and_refuses_in_google_s_shape(string model, int instances, string expected)
    {
        var body = $$"""{"instances":[{{string.Join(',', Enumerable.Repeat("{\"content\":\"a\"}", instances))}}]}""";
        Assert.Contains(expected, (await PostAsync($"/v1/projects/p/locations/l/publishers/google/models/{model}:predict", body)).Text, StringComparison.Ordinal);
    }

    private async Task<RawAnswer> PostAsync(string path, string body, string fields = "Content-Type: application/json\r\n")
    {
        using var client = await RawClient.ConnectAsync(_server);
        await client.SendAsync(RawClient.Post(path, body, fields));
        return await client.ReadAnswerAsync();
    }
}
