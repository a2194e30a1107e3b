using System.Net;

namespace AiEdge.Grpc.Tests;

/// <summary>HTTP/2 requests as bytes, for what no gRPC client would send.</summary>
internal sealed class RawClient(Uri address) : IDisposable
{
    private readonly HttpMessageInvoker _invoker = new(new SocketsHttpHandler { UseProxy = false });

    public Task<HttpResponseMessage> SendAsync(string path, byte[] body, params (string Name, string Value)[] headers) =>
        SendAsync(path, new ByteArrayContent(body), headers);

    public async Task<HttpResponseMessage> SendAsync(string path, HttpContent body, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(address, path))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = body,
        };
        body.Headers.TryAddWithoutValidation("content-type", "application/grpc");
        foreach (var (name, value) in headers)
        {
            if (name == "content-type")
                body.Headers.Remove(name);
            if (name == ":method")
                request.Method = new(value);
            else if (!request.Headers.TryAddWithoutValidation(name, value))
                body.Headers.TryAddWithoutValidation(name, value);
        }

        return await _invoker.SendAsync(request, CancellationToken.None);
    }

    /// <summary>The status of an answer, wherever it stands.</summary>
    public static async Task<string?> StatusAsync(HttpResponseMessage answer) => await ValueAsync(answer, "grpc-status");

    public static async Task<string?> ValueAsync(HttpResponseMessage answer, string name)
    {
        await answer.Content.ReadAsByteArrayAsync();
        return answer.TrailingHeaders.TryGetValues(name, out var values) || answer.Headers.TryGetValues(name, out values)
            ? string.Join(',', values)
            : null;
    }

    public void Dispose() => _invoker.Dispose();
}
