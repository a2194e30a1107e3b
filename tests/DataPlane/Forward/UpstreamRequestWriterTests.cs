using System.Buffers;
using System.Text;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects.Anthropic;
using AiEdge.DataPlane.Forward;
using AiEdge.DataPlane.Tests.Snapshot;
using AiEdge.Http;

namespace AiEdge.DataPlane.Tests.Forward;

/// <summary>A header of which more than one has something to say goes to the provider as one line.</summary>
public sealed class UpstreamRequestWriterTests
{
    private const string Ours = "thinking-binding-controls-2026-08-01";

    [Theory]
    [InlineData("", Ours)]
    [InlineData("anthropic-beta: one", "one," + Ours)]
    [InlineData("Anthropic-Beta: \"one, two\"", "one, two," + Ours)]
    [InlineData("anthropic-beta: " + Ours, Ours)]
    [InlineData("anthropic-beta: \"one, " + Ours + " ,two\"", "one, " + Ours + " ,two")]
    [InlineData("anthropic-beta: " + Ours + "-x", Ours + "-x," + Ours)]
    [InlineData("anthropic-beta: \"\"", Ours)]
    [InlineData("x-anthropic-beta: one", Ours)]
    public void What_a_dialect_asks_for_stands_once_behind_what_the_provider_s_configuration_does(string configured, string expected)
    {
        var lines = Lines(configured, AnthropicForm.MessagesOfBoundThought, "anthropic-beta: client's\r\n");
        Assert.Equal([expected], Values(lines, "anthropic-beta"));
        Assert.Equal(configured.StartsWith('x') ? ["one"] : [], Values(lines, "x-anthropic-beta"));
        Assert.Equal(["Bearer k"], Values(lines, "authorization"));
        Assert.Equal(["2023-06-01"], Values(lines, "anthropic-version"));
    }

    [Theory]
    [InlineData("", 0)]
    [InlineData("anthropic-beta: one", 1)]
    public void Where_it_asks_for_nothing_the_configuration_s_goes_alone(string configured, int count) =>
        Assert.Equal(Enumerable.Repeat("one", count), Values(Lines(configured, AnthropicForm.Messages, "anthropic-beta: client's\r\n"), "anthropic-beta"));

    /// <summary>Whether a client's header is known to be of a dialect or not.</summary>
    [Fact]
    public void A_client_s_own_does_not_stand_beside_what_a_dialect_adds()
    {
        var endpoint = new Endpoint("/v1/messages", RequestShape.Messages, EndpointKind.Forward, Dialect.Anthropic)
        {
            HeaderName = "version",
            HeaderLine = [.. "version: 1\r\n"u8],
            ListName = "features",
            ListLine = [.. "features: ours\r\n"u8],
        };
        var lines = Lines("", endpoint, "Version: 2\r\nFeatures: theirs\r\nfeature: f\r\n");
        Assert.Equal(["1"], Values(lines, "version"));
        Assert.Equal(["ours"], Values(lines, "features"));
        Assert.Equal(["f"], Values(lines, "feature"));
    }

    [Fact]
    public void Where_bytes_pass_a_client_s_own_gives_way_to_the_configuration_s()
    {
        Assert.Equal(["one"], Values(Lines("anthropic-beta: one", null, "Anthropic-Beta: client's\r\n"), "anthropic-beta"));
        Assert.Equal(["client's", "another"], Values(Lines("", null, "anthropic-beta: client's\r\nanthropic-beta: another\r\n"), "anthropic-beta"));
    }

    /// <param name="configured">An entry of the provider's <c>headers</c>; empty for none.</param>
    /// <param name="translated">Where a translated request goes; null where bytes pass.</param>
    /// <param name="fields">The client's header fields.</param>
    private static string[] Lines(string configured, Endpoint? translated, string fields)
    {
        var provider = Doc.Snapshot(
            "providers:\n  p: { dialect: anthropic, baseUrl: \"http://h\", key: k, authHeader: authorization" + (configured.Length > 0 ? $", headers: {{ {configured} }}" : "")
            + " }\nmodels: { m: { targets: [ { provider: p } ] } }\n" + Doc.Limits).Providers[0];
        var reader = new RequestHeadReader(4096);
        Assert.Equal(HeadStatus.Complete, reader.Read(new ReadOnlySequence<byte>(Encoding.ASCII.GetBytes("POST /v1/messages HTTP/1.1\r\nhost: h\r\n" + fields + "\r\n"))));
        var exchange = new Exchange
        {
            Endpoint = AnthropicForm.Messages,
            UpstreamEndpoint = translated,
            Target = new TargetModel { Provider = provider, Timeouts = provider.Timeouts },
        };
        var output = new ArrayBufferWriter<byte>();
        UpstreamRequestWriter.WriteHead(output, reader.Head, exchange, contentLength: 2);
        var text = Encoding.ASCII.GetString(output.WrittenSpan);
        Assert.EndsWith("\r\n\r\n", text, StringComparison.Ordinal);
        return text[..^4].Split("\r\n")[1..];
    }

    private static string[] Values(string[] lines, string name) =>
        [.. lines.Where(line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase)).Select(line => line[(name.Length + 1)..].Trim())];
}
