using System.Text.Json;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests;

/// <summary>Every path that is served.</summary>
public sealed class EndpointTests
{
    [Theory]
    [InlineData("/v1/chat/completions", """{"model":"gpt-4o","messages":[{"role":"user","content":"Q"}]}""", "\"object\":\"chat.completion\"", 3)]
    [InlineData("/v1/completions", """{"model":"gpt-4o","prompt":["a","b"]}""", "\"object\":\"text_completion\"", 3)]
    [InlineData("/v1/embeddings", """{"model":"gpt-4o","input":"a"}""", "\"object\":\"list\"", 0)]
    [InlineData("/v1/responses", """{"model":"gpt-4o","input":"a"}""", "\"object\":\"response\"", 3)]
    [InlineData("/v1/moderations", """{"model":"gpt-4o","input":"a"}""", "\"results\"", -1)]
    [InlineData("/v1/images/generations", """{"model":"gpt-4o","prompt":"a","background":"transparent"}""", "\"b64_json\"", -2)]
    public async Task A_json_endpoint_answers_and_is_metered(string path, string body, string holds, int outputTokens)
    {
        await using var edge = await Edge.StartAsync();

        var answer = await edge.AskAsync(Ask.Post(path, body));

        Assert.Equal(200, answer.Status);
        Assert.Contains(holds, answer.Text);
        var request = await edge.Fake.NextRequestAsync();
        Assert.Equal(path, request.Target);
        Assert.Equal(body.Replace("gpt-4o", "fake-n3", StringComparison.Ordinal), request.BodyText);
        var record = await edge.RecordAsync();
        Assert.Equal(path, record.GetProperty("path").GetString());
        Assert.Equal("done", record.GetProperty("end").GetString());
        if (outputTokens >= 0)
            Assert.Equal(outputTokens, record.GetProperty("outputTokens").GetInt64());
        else if (outputTokens == -1)
            Assert.False(record.TryGetProperty("outputTokens", out _));
    }

    [Fact]
    public async Task A_responses_stream_passes_unchanged_and_is_metered()
    {
        await using var edge = await Edge.StartAsync();

        var answer = await edge.AskAsync(Ask.Responses("n=9; reasoning=2"));

        var request = await edge.Fake.NextRequestAsync();
        Assert.Equal("""{"model":"fake-n3","input":"prompt-canary-91c2","stream":true}""", request.BodyText);
        Assert.StartsWith("event: response.created\ndata: {\"type\":\"response.created\",\"sequence_number\":0,", answer.Text);
        Assert.StartsWith("event: response.completed\n", answer.Frames[^1]);
        Assert.True(answer.IsWhole);
        Assert.Equal(Enumerable.Range(0, answer.Events.Length), answer.Events.Select(data => JsonElement.Parse(data).GetProperty("sequence_number").GetInt32()));
        var record = await edge.RecordAsync();
        Assert.Equal("done", record.GetProperty("end").GetString());
        Assert.Equal(212, record.GetProperty("inputTokens").GetInt64());
        Assert.Equal(11, record.GetProperty("outputTokens").GetInt64());
        Assert.Equal(answer.Events.Length, record.GetProperty("events").GetInt64());
    }

    [Fact]
    public async Task A_response_that_a_cap_on_tokens_ended_is_whole()
    {
        await using var edge = await Edge.StartAsync();

        var answer = await edge.AskAsync(Ask.Responses("n=99", more: ",\"max_output_tokens\":16"));

        Assert.StartsWith("event: response.incomplete\n", answer.Frames[^1]);
        Assert.Equal("done", (await edge.RecordAsync()).GetProperty("end").GetString());
    }

    [Fact]
    public async Task A_background_response_is_refused()
    {
        await using var edge = await Edge.StartAsync();

        var answer = await edge.AskAsync(Ask.Responses(more: ",\"background\":true"));

        Assert.Equal(400, answer.Status);
        Assert.Equal(
            RawAnswer.Error("Background responses are not supported yet.", "invalid_request_error", "not_supported_yet", "background"), answer.Text);
        Assert.Equal(0, edge.Fake.RequestCount);
        Assert.Equal(200, (await edge.AskAsync(Ask.Responses(more: ",\"background\":false"))).Status);
    }

    [Fact]
    public async Task Speech_comes_as_the_bytes_it_is()
    {
        await using var edge = await Edge.StartAsync();
        var sound = new byte[200_000];
        new Random(7).NextBytes(sound);
        edge.Fake.EnqueueRaw([.. "HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\nContent-Length: 200000\r\n\r\n"u8, .. sound]);

        var answer = await edge.AskAsync(Ask.Post("/v1/audio/speech", """{"model":"gpt-4o","input":"hello","voice":"alloy"}"""));

        Assert.Equal("audio/mpeg", answer.Field("Content-Type"));
        Assert.Equal(sound, answer.Body);
        Assert.Equal("200000", answer.Field("Content-Length"));
        Assert.Equal(200_000, (await edge.RecordAsync()).GetProperty("bytesOut").GetInt64());
    }

    [Fact]
    public async Task Chunked_speech_stays_chunked()
    {
        await using var edge = await Edge.StartAsync();

        var answer = await edge.AskAsync(Ask.Post("/v1/audio/speech", """{"model":"gpt-4o","input":"hello"}""", "x-fake: binary=100000\r\n"));

        Assert.Equal(100_000, answer.Body.Length);
        Assert.Equal("chunked", answer.Field("Transfer-Encoding"));
        Assert.True(answer.IsWhole);
    }

    [Theory]
    [InlineData("/v1/audio/transcriptions")]
    [InlineData("/v1/audio/translations")]
    [InlineData("/v1/images/edits")]
    [InlineData("/v1/images/variations")]
    public async Task The_model_of_a_form_is_replaced_and_the_file_is_left_alone(string path)
    {
        await using var edge = await Edge.StartAsync();
        const string file = "RIFF\u0001\u0002 name=\"model\"\r\n\r\ngpt-4o\r\n--almost-a-boundary\r\nend";
        var form = Form("gpt-4o", file);

        var answer = await edge.AskAsync(Ask.Post(path, form, type: "multipart/form-data; boundary=\"the-boundary\""));

        Assert.Equal(200, answer.Status);
        var request = await edge.Fake.NextRequestAsync();
        Assert.Equal(Form("fake-n3", file), request.BodyText);
        Assert.Equal("multipart/form-data; boundary=\"the-boundary\"", request.Header("Content-Type"));
        Assert.Equal("fake-n3", request.Model);
    }

    [Fact]
    public async Task A_large_form_goes_through()
    {
        await using var edge = await Edge.StartAsync();
        var form = Form("gpt-4o", string.Concat(Enumerable.Repeat("0123456789\r\n--", 50_000)));

        Assert.Equal(200, (await edge.AskAsync(Ask.Post("/v1/audio/transcriptions", form, type: "multipart/form-data; boundary=the-boundary"))).Status);
        Assert.True(form.Replace("gpt-4o", "fake-n3", StringComparison.Ordinal) == (await edge.Fake.NextRequestAsync()).BodyText);
    }

    [Theory]
    [InlineData("--the-boundary\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nx\r\n--the-boundary--\r\n", "model")]
    [InlineData("--the-boundary\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\ngpt-4o\r\n", null)]
    public async Task A_broken_form_is_refused(string form, string? param)
    {
        await using var edge = await Edge.StartAsync();

        var answer = await edge.AskAsync(Ask.Post("/v1/audio/transcriptions", form, type: "multipart/form-data; boundary=the-boundary"));

        Assert.Equal(400, answer.Status);
        var error = answer.Json.GetProperty("error");
        Assert.Equal("invalid_request_error", error.GetProperty("type").GetString());
        Assert.Equal(param, error.GetProperty("param").GetString());
        Assert.Equal(0, edge.Fake.RequestCount);
    }

    [Fact]
    public async Task The_list_of_models_is_what_the_key_may_use()
    {
        await using var edge = await Edge.StartAsync();

        var all = await edge.AskAsync(Ask.Get("/v1/models"));
        var narrow = await edge.AskAsync(Ask.Get("/v1/models", key: EdgeSetup.NarrowKey));

        Assert.Equal(200, all.Status);
        Assert.Equal("application/json", all.Field("Content-Type"));
        Assert.Equal("list", all.Json.GetProperty("object").GetString());
        Assert.Equal(["gpt-4o", "unreachable"], Ids(all));
        Assert.Equal(["gpt-4o"], Ids(narrow));
        Assert.Equal("fake", all.Json.GetProperty("data")[0].GetProperty("owned_by").GetString());
        Assert.Equal("model", all.Json.GetProperty("data")[0].GetProperty("object").GetString());
        Assert.Equal(0, edge.Fake.RequestCount);
    }

    [Theory]
    [InlineData("gpt-4o", EdgeSetup.Key, true)]
    [InlineData("fake-anything", EdgeSetup.Key, true)]
    [InlineData("gpt-4o", EdgeSetup.NarrowKey, true)]
    [InlineData("fake-n100", EdgeSetup.NarrowKey, true)]
    [InlineData("fake-n2", EdgeSetup.NarrowKey, false)]
    [InlineData("unreachable", EdgeSetup.NarrowKey, false)]
    [InlineData("nothing", EdgeSetup.Key, false)]
    public async Task One_model_is_found_by_its_name_if_the_key_may_use_it(string id, string key, bool found)
    {
        await using var edge = await Edge.StartAsync();

        var answer = await edge.AskAsync(Ask.Get("/v1/models/" + id, key: key));

        Assert.Equal(found ? 200 : 404, answer.Status);
        if (found)
            Assert.Equal(id, answer.Json.GetProperty("id").GetString());
        else
            Assert.Equal(RawAnswer.Error("The model does not exist.", "invalid_request_error", "model_not_found", "model"), answer.Text);
    }

    [Fact]
    public async Task Head_is_get_without_the_body()
    {
        await using var edge = await Edge.StartAsync();
        using var client = await edge.ConnectAsync();

        foreach (var path in (string[])["/v1/models", "/v1/models/gpt-4o", "/v1/models/nothing"])
        {
            var get = await client.AskAsync(Ask.Get(path));
            var head = await client.AskAsync(Ask.Get(path, method: "HEAD"), isHead: true);
            Assert.Equal(get.Status, head.Status);
            Assert.Equal(get.Field("Content-Length"), head.Field("Content-Length"));
            Assert.Equal(get.Field("Content-Type"), head.Field("Content-Type"));
        }

        Assert.Equal(200, (await client.AskAsync(Ask.Chat())).Status);
    }

    private static string Form(string model, string file) =>
        "--the-boundary\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\nContent-Type: audio/wav\r\n\r\n" + file
        + "\r\n--the-boundary\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\n" + model
        + "\r\n--the-boundary\r\nContent-Disposition: form-data; name=\"prompt\"\r\n\r\nx\r\n--the-boundary--\r\n";

    private static string[] Ids(RawAnswer answer) =>
        [.. answer.Json.GetProperty("data").EnumerateArray().Select(model => model.GetProperty("id").GetString()!)];
}
