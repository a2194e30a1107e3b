using System.Globalization;
using System.Text;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests;

/// <summary>What is refused before it goes anywhere: status, exact body, and whether the connection goes on.</summary>
public sealed class RefusalTests
{
    private const string Bad = "invalid_request_error";

    public static TheoryData<string, string, string?> BadBodies => new()
    {
        { "", "The request body is not valid JSON: it ends too early.", null },
        { "hello", "The request body is not valid JSON.", null },
        { "[]", "The request body must be a JSON object.", null },
        { "null", "The request body must be a JSON object.", null },
        { """{"model":"gpt-4o","messages":[]""", "The request body is not valid JSON: it ends too early.", null },
        { """{"model":"gpt-4o","messages":[]}}""", "The request body is not valid JSON.", null },
        { """{"model":"gpt-4o","messages":[],}""", "The request body is not valid JSON.", null },
        { """{"model":"gpt-4o","messages":[01]}""", "The request body is not valid JSON.", null },
        { """{"model":"gpt-4o","messages":["\x"]}""", "The request body is not valid JSON.", null },
        { """{'model':'gpt-4o'}""", "The request body is not valid JSON.", null },
        { "{\"model\":\"gpt-4o\",\"messages\":[\"a\nb\"]}", "The request body is not valid JSON: it holds a raw control character.", null },
        { "{\"model\":\"gpt-4o\",\"messages\":[\"a\0b\"]}", "The request body is not valid JSON: it holds a raw control character.", null },
        { "{\"model\":\"gpt-4o\",\0\"messages\":[]}", "The request body is not valid JSON: it holds a raw control character.", null },
        { """{"messages":[]}""", "A required field is missing.", "model" },
        { """{"model":"gpt-4o"}""", "A required field is missing.", "messages" },
        { """{"model":1,"messages":[]}""", "'model' must be a string.", "model" },
        { """{"model":null,"messages":[]}""", "'model' must be a string.", "model" },
        { """{"model":["gpt-4o"],"messages":[]}""", "'model' must be a string.", "model" },
        { """{"model":"","messages":[]}""", "'model' must be 1 to 256 bytes of text without control characters.", "model" },
        { """{"model":"a\r\nX-Injected: 1","messages":[]}""", "'model' must be 1 to 256 bytes of text without control characters.", "model" },
        { """{"model":"\u0000","messages":[]}""", "'model' must be 1 to 256 bytes of text without control characters.", "model" },
        { """{"model":"gpt-4o","model":"gpt-4o","messages":[]}""", "A field is given more than once.", "model" },
        { """{"model":"gpt-4o","messages":[],"m\u006fdel":"other"}""", "A field is given more than once.", "model" },
        { """{"model":"gpt-4o","messages":[],"messages":[]}""", "A field is given more than once.", "messages" },
        { """{"model":"gpt-4o","messages":{}}""", "'messages' must be an array.", "messages" },
        { """{"model":"gpt-4o","messages":"hello"}""", "'messages' must be an array.", "messages" },
        { """{"model":"gpt-4o","messages":[],"stream":"true"}""", "The field must be true, false or null.", "stream" },
        { """{"model":"gpt-4o","messages":[],"stream":1}""", "The field must be true, false or null.", "stream" },
        { """{"model":"gpt-4o","messages":[],"stream_options":[]}""", "'stream_options' must be an object or null.", "stream_options" },
        { """{"model":"gpt-4o","messages":[],"stream_options":{"include_usage":"yes"}}""", "The field must be true, false or null.", "stream_options.include_usage" },
        { """{"model":"gpt-4o","messages":[],"stream_options":{"include_usage":true,"include_usage":false}}""", "A field is given more than once.", "stream_options.include_usage" },
        { """{"model":"gpt-4o","messages":[],"max_tokens":-1}""", "The field must be a non-negative integer or null.", "max_tokens" },
        { """{"model":"gpt-4o","messages":[],"max_completion_tokens":"9"}""", "The field must be a non-negative integer or null.", "max_completion_tokens" },
        { """{"model":"gpt-4o","messages":[],"n":1.5}""", "The field must be a non-negative integer or null.", "n" },
        { """{"model":"gpt-4o","messages":[],"temperature":"hot"}""", "The field must be a number or null.", "temperature" },
        { """{"model":"gpt-4o","messages":[],"tools":{}}""", "'tools' must be an array or null.", "tools" },
    };

    [Theory]
    [MemberData(nameof(BadBodies))]
    public async Task A_bad_body_is_refused_by_name_and_the_connection_goes_on(string body, string message, string? param)
    {
        await using var edge = await Edge.StartAsync();
        await AssertRefusedAsync(edge, Ask.Post("/v1/chat/completions", body), 400, RawAnswer.Error(message, Bad, null, param), isKept: true);
        Assert.Equal("refused", (await edge.RecordAsync()).GetProperty("end").GetString());
    }

    [Theory]
    [InlineData("ff")]
    [InlineData("c3")]
    [InlineData("c080")]
    [InlineData("eda080")]
    [InlineData("f4908080")]
    [InlineData("80")]
    public async Task Bytes_that_are_no_utf8_are_refused(string hex)
    {
        await using var edge = await Edge.StartAsync();
        byte[] body = [.. "{\"model\":\"gpt-4o\",\"messages\":[\""u8, .. Convert.FromHexString(hex), .. "\"]}"u8];
        using var client = await edge.ConnectAsync();
        await client.SendAsync([.. Encoding.ASCII.GetBytes(
            $"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {EdgeSetup.Key}\r\nContent-Length: {body.Length}\r\n\r\n"), .. body]);

        var answer = await client.ReadAnswerAsync();

        Assert.Equal(400, answer.Status);
        Assert.Equal(RawAnswer.Error("The request body is not valid UTF-8.", Bad, null), answer.Text);
        await AssertGoesOnAsync(client);
        Assert.Equal(0, edge.Fake.RequestCount);
    }

    [Theory]
    [InlineData(127, 200)]
    [InlineData(128, 400)]
    [InlineData(200, 400)]
    [InlineData(100_000, 400)]
    public async Task Nesting_has_a_bound(int depth, int status)
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Fake = new() });
        // The body itself is the first level.
        var body = "{\"model\":\"gpt-4o\",\"messages\":" + new string('[', depth) + new string(']', depth) + "}";

        var answer = await edge.AskAsync(Ask.Post("/v1/chat/completions", body));

        Assert.Equal(status, answer.Status);
        if (status == 400)
            Assert.Equal(RawAnswer.Error("The request body is nested too deeply.", Bad, null), answer.Text);
        Assert.Equal(status == 200 ? 1 : 0, edge.Fake.RequestCount);
    }

    [Theory]
    [InlineData("POST", "/v1/chat", 404, "Unknown request URL.", "unknown_url")]
    [InlineData("POST", "/v1/chat/completions/", 404, "Unknown request URL.", "unknown_url")]
    [InlineData("POST", "/V1/chat/completions", 404, "Unknown request URL.", "unknown_url")]
    [InlineData("POST", "/v1//chat/completions", 404, "Unknown request URL.", "unknown_url")]
    [InlineData("POST", "/v1/x/../chat/completions", 404, "Unknown request URL.", "unknown_url")]
    [InlineData("POST", "/v1/chat%2Fcompletions", 404, "Unknown request URL.", "unknown_url")]
    [InlineData("GET", "/", 404, "Unknown request URL.", "unknown_url")]
    [InlineData("GET", "/metrics", 404, "Unknown request URL.", "unknown_url")]
    [InlineData("GET", "/v1/responses/resp_1", 404, "Unknown request URL.", "unknown_url")]
    [InlineData("GET", "/v1/chat/completions", 405, "The method is not allowed for this URL.", "method_not_allowed")]
    [InlineData("PUT", "/v1/chat/completions", 405, "The method is not allowed for this URL.", "method_not_allowed")]
    [InlineData("OPTIONS", "/v1/chat/completions", 405, "The method is not allowed for this URL.", "method_not_allowed")]
    [InlineData("DELETE", "/v1/models/gpt-4o", 405, "The method is not allowed for this URL.", "method_not_allowed")]
    public async Task An_unknown_path_or_method_is_refused(string method, string path, int status, string message, string code)
    {
        await using var edge = await Edge.StartAsync();
        var request = Ask.Get(path, "Content-Length: 2\r\n", method: method) + "{}";

        var answer = await AssertRefusedAsync(edge, request, status, RawAnswer.Error(message, Bad, code), isKept: true);

        Assert.Equal(status == 405 ? path.EndsWith("4o", StringComparison.Ordinal) ? "GET, HEAD" : "POST" : null, answer.Field("Allow"));
    }

    [Theory]
    [InlineData("/v1/chat/completions", "Content-Type: text/plain\r\n", "The content type is not supported for this URL.")]
    [InlineData("/v1/chat/completions", "Content-Type: application/x-www-form-urlencoded\r\n", "The content type is not supported for this URL.")]
    [InlineData("/v1/chat/completions", "Content-Type: multipart/form-data; boundary=x\r\n", "The content type is not supported for this URL.")]
    [InlineData("/v1/audio/transcriptions", "Content-Type: application/json\r\n", "The content type is not supported for this URL.")]
    [InlineData("/v1/audio/transcriptions", "", "The content type is not supported for this URL.")]
    [InlineData("/v1/chat/completions", "Content-Type: application/json\r\nContent-Encoding: gzip\r\n", "The request body must not be encoded.")]
    public async Task A_media_type_that_does_not_fit_is_refused(string path, string fields, string message)
    {
        await using var edge = await Edge.StartAsync();
        var request = Ask.Get(path, fields + "Content-Length: 2\r\n", method: "POST") + "{}";

        await AssertRefusedAsync(edge, request, 415, RawAnswer.Error(message, Bad, "unsupported_media_type"), isKept: true);
    }

    [Theory]
    [InlineData("Content-Type: application/json; charset=utf-8\r\n")]
    [InlineData("Content-Type: Application/JSON\r\n")]
    [InlineData("")]
    public async Task A_media_type_may_be_written_otherwise_or_left_out(string field)
    {
        await using var edge = await Edge.StartAsync();
        var body = Ask.ChatBody();

        Assert.Equal(200, (await edge.AskAsync(Ask.Get("/v1/chat/completions", $"{field}Content-Length: {body.Length}\r\n", method: "POST") + body)).Status);
    }

    [Fact]
    public async Task A_target_longer_than_a_head_may_be_is_a_head_too_large()
    {
        await using var edge = await Edge.StartAsync();
        await AssertRefusedAsync(edge, Ask.Get("/v1/models?" + new string('a', 40_000)), 431,
            RawAnswer.Error("The request head is too large.", Bad, "request_too_large"), isKept: false);
    }

    [Theory]
    [InlineData("GET / HTTP/2.0\r\nHost: x\r\n\r\n", 505, "Only HTTP/1.0 and HTTP/1.1 are spoken here.", "unsupported_http_version")]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "Only HTTP/1.0 and HTTP/1.1 are spoken here.", "unsupported_http_version")]
    [InlineData("GET / HTTP/1.1\r\n\r\n", 400, "The Host header is missing.", null)]
    [InlineData("GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n", 400, "The Host header is repeated.", null)]
    [InlineData("GET / HTTP/1.1\nHost: x\n\n", 400, "A line ends in LF without CR.", null)]
    [InlineData("GET / HTTP/1.1\r\nHost : x\r\n\r\n", 400, "There is white space in or after a header name.", null)]
    [InlineData("POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}", 400,
        "Content-Length and Transfer-Encoding are both present.", null)]
    [InlineData("POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400, "Content-Length values differ.", null)]
    [InlineData("CONNECT x:1 HTTP/1.1\r\nHost: x:1\r\n\r\n", 501, "The method or the transfer coding is not implemented here.", "not_implemented")]
    [InlineData("POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501,
        "The method or the transfer coding is not implemented here.", "not_implemented")]
    [InlineData("\u0016\u0003\u0001\u0002\0\u0001\0\u0001\u00fc\u0003\u0003\r\n\r\n", 400, "The request method is malformed.", null)]
    [InlineData("GET / HTTP/1.1\r\nHost: x\r\nExpect: 200-ok\r\n\r\n", 417, "The only expectation that can be met is 100-continue.", "expectation_failed")]
    public async Task What_is_no_http_is_refused_and_the_connection_closed(string request, int status, string message, string? code)
    {
        await using var edge = await Edge.StartAsync();
        using var client = await edge.ConnectAsync();
        await client.SendAsync(Encoding.Latin1.GetBytes(request));

        var answer = await client.ReadAnswerAsync();

        Assert.Equal(status, answer.Status);
        Assert.Equal(RawAnswer.Error(message, Bad, code), answer.Text);
        Assert.Equal("application/json", answer.Field("Content-Type"));
        Assert.Equal("close", answer.Field("Connection"));
        await client.SeeEndAsync();
        Assert.False(client.Reset);
        Assert.Equal("refused", (await edge.RecordAsync()).GetProperty("end").GetString());
    }

    [Fact]
    public async Task A_broken_chunk_is_refused_and_the_connection_closed()
    {
        await using var edge = await Edge.StartAsync();

        await AssertRefusedAsync(edge, Ask.Get("/v1/chat/completions", "Transfer-Encoding: chunked\r\n", method: "POST") + "2\r\n{}zz\r\n", 400,
            RawAnswer.Error("The request is not well-formed HTTP/1.1.", Bad, null), isKept: false);
    }

    [Theory]
    [InlineData("X-Long: {0}")]
    [InlineData("Cookie: {0}\r\nX-Other: 1")]
    public async Task A_head_beyond_its_bound_is_refused(string field)
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Server = "headBytesMax: 2kb" });
        var fields = string.Format(CultureInfo.InvariantCulture, field, new string('x', 3000)) + "\r\n";

        await AssertRefusedAsync(edge, Ask.Chat(fields: fields), 431, RawAnswer.Error("The request head is too large.", Bad, "request_too_large"), isKept: false);
    }

    [Fact]
    public async Task A_head_that_never_ends_is_refused_at_its_bound()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Server = "headBytesMax: 2kb" });
        using var client = await edge.ConnectAsync();
        await client.SendAsync("GET /v1/models HTTP/1.1\r\nHost: x\r\nX-Long: ");
        await client.SendAsync(new string('x', 3000));

        Assert.Equal(431, (await client.ReadAnswerAsync()).Status);
        await client.SeeEndAsync();
    }

    [Fact]
    public async Task A_body_longer_than_its_bound_is_refused_by_its_length()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Server = "bodyBytesMax: 4kb" });
        using var client = await edge.ConnectAsync();
        await client.SendAsync(Ask.Get("/v1/chat/completions", "Content-Length: 4097\r\n", method: "POST"));

        var answer = await client.ReadAnswerAsync();

        Assert.Equal(413, answer.Status);
        Assert.Equal(RawAnswer.Error("The request body is too large.", Bad, "request_too_large"), answer.Text);
        Assert.Equal("close", answer.Field("Connection"));
        await client.SeeEndAsync();
    }

    [Fact]
    public async Task A_chunked_body_longer_than_its_bound_is_refused_when_it_gets_there()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Server = "bodyBytesMax: 4kb" });
        using var client = await edge.ConnectAsync();
        await client.SendAsync(Ask.Get("/v1/chat/completions", "Transfer-Encoding: chunked\r\n", method: "POST"));
        await client.SendAsync("800\r\n{\"a\":\"" + new string('x', 0x7fa) + "\r\n");
        await client.SendAsync("801\r\n" + new string('x', 0x801) + "\r\n");

        var answer = await client.ReadAnswerAsync();

        Assert.Equal(413, answer.Status);
        Assert.Equal(RawAnswer.Error("The request body is too large.", Bad, "request_too_large"), answer.Text);
        await client.SeeEndAsync();
        Assert.Equal(0, edge.Fake.RequestCount);
    }

    [Fact]
    public async Task A_body_at_its_bound_passes()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Server = "bodyBytesMax: 4kb" });
        var body = Ask.ChatBody(more: ",\"x\":\"\"");
        body = body.Replace("\"x\":\"\"", "\"x\":\"" + new string('y', 4096 - body.Length) + "\"", StringComparison.Ordinal);
        using var client = await edge.ConnectAsync();

        Assert.Equal(200, (await client.AskAsync(Ask.Post("/v1/chat/completions", body))).Status);
        Assert.Equal(200, (await client.AskAsync(
            Ask.Get("/v1/chat/completions", "Transfer-Encoding: chunked\r\n", method: "POST") + $"1000\r\n{body}\r\n0\r\n\r\n")).Status);
    }

    [Theory]
    [InlineData("unreachable", EdgeSetup.NarrowKey, 403, "The API key may not use this model.", "model_not_allowed")]
    [InlineData("fake-n2", EdgeSetup.NarrowKey, 403, "The API key may not use this model.", "model_not_allowed")]
    [InlineData("nothing", EdgeSetup.NarrowKey, 403, "The API key may not use this model.", "model_not_allowed")]
    [InlineData("nothing", EdgeSetup.Key, 404, "The model does not exist.", "model_not_found")]
    [InlineData("GPT-4o", EdgeSetup.Key, 404, "The model does not exist.", "model_not_found")]
    public async Task A_model_that_is_not_there_or_not_allowed_is_refused(string model, string key, int status, string message, string code)
    {
        await using var edge = await Edge.StartAsync();

        await AssertRefusedAsync(edge, Ask.Chat(model: model, key: key), status, RawAnswer.Error(message, Bad, code, "model"), isKept: true);
        var record = await edge.RecordAsync();
        Assert.Equal("refused", record.GetProperty("end").GetString());
        Assert.Equal(code, record.GetProperty("error").GetString());
        Assert.Equal(status, record.GetProperty("status").GetInt32());
    }

    [Fact]
    public async Task Bodies_beyond_what_may_be_held_together_are_refused_before_they_are_read()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Server = "bodyBytesMax: 200kb, bufferedBytesMax: 200kb" });
        using var first = await edge.ConnectAsync();
        using var second = await edge.ConnectAsync();
        var body = Ask.ChatBody(more: ",\"x\":\"" + new string('y', 150_000) + "\"");
        await first.SendAsync(Ask.Get("/v1/chat/completions", $"Expect: 100-continue\r\nContent-Length: {body.Length}\r\n", method: "POST"));
        await first.SeeAsync("HTTP/1.1 100 Continue\r\n\r\n");

        await second.SendAsync(Ask.Get("/v1/chat/completions", $"Content-Length: {body.Length}\r\n", method: "POST"));
        var refused = await second.ReadAnswerAsync();

        Assert.Equal(503, refused.Status);
        Assert.Equal(RawAnswer.Error("The gateway is overloaded; try again later.", "server_error", "overloaded"), refused.Text);
        Assert.Equal("1", refused.Field("Retry-After"));
        Assert.Equal("close", refused.Field("Connection"));

        await first.SendAsync(body);
        Assert.Equal(200, (await first.ReadAnswerAsync()).Status);
        Assert.Equal(200, (await edge.AskAsync(Ask.Post("/v1/chat/completions", body))).Status);
    }

    [Fact]
    public async Task A_chunked_body_counts_as_it_comes()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Server = "bodyBytesMax: 200kb, bufferedBytesMax: 200kb" });
        using var first = await edge.ConnectAsync();
        var body = Ask.ChatBody(more: ",\"x\":\"" + new string('y', 150_000) + "\"");
        await first.SendAsync(Ask.Get("/v1/chat/completions", $"Expect: 100-continue\r\nContent-Length: {body.Length}\r\n", method: "POST"));
        await first.SeeAsync("HTTP/1.1 100 Continue\r\n\r\n");

        var refused = await edge.AskAsync(
            Ask.Get("/v1/chat/completions", "Transfer-Encoding: chunked\r\n", method: "POST") + $"{body.Length:x}\r\n{body}\r\n0\r\n\r\n");

        Assert.Equal(503, refused.Status);
        Assert.Equal("1", refused.Field("Retry-After"));
    }

    [Fact]
    public async Task Connections_beyond_their_number_are_closed_as_they_come()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Server = "connectionsMax: 2" });
        using var first = await edge.ConnectAsync();
        using var second = await edge.ConnectAsync();
        await AssertGoesOnAsync(first);
        await AssertGoesOnAsync(second);

        using var third = await edge.ConnectAsync();
        await third.SeeEndAsync();

        await AssertGoesOnAsync(first);
        Assert.Contains("\naiedge_connections_refused_total 1\n", (await edge.AdminAsync("/metrics")).Text);
    }

    private static async Task<RawAnswer> AssertRefusedAsync(Edge edge, string request, int status, string body, bool isKept)
    {
        using var client = await edge.ConnectAsync();

        var answer = await client.AskAsync(request);

        Assert.Equal(status, answer.Status);
        Assert.Equal(body, answer.Text);
        Assert.Equal("application/json", answer.Field("Content-Type"));
        Assert.True(answer.IsWhole);
        Assert.NotNull(answer.Field("x-aiedge-request-id"));
        Assert.Equal(isKept ? null : "close", answer.Field("Connection"));
        if (isKept)
            await AssertGoesOnAsync(client);
        else
            await client.SeeEndAsync();
        Assert.False(client.Reset);
        Assert.Equal(0, edge.Fake.RequestCount);
        return answer;
    }

    private static async Task AssertGoesOnAsync(RawClient client) => Assert.Equal(200, (await client.AskAsync(Ask.Get("/v1/models"))).Status);
}
