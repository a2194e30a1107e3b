using System.Net;

namespace AiEdge.ControlPlane.Tests.Usage;

/// <summary>A call of gRPC in bytes: what it sends at first, and then nothing.</summary>
internal sealed class BegunCall : IAsyncDisposable
{
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(60) };
    private readonly TaskCompletionSource _end = new();
    private HttpResponseMessage _answer = null!;

    public static async Task<BegunCall> StartAsync(Uri address, string? bearer, byte[] first)
    {
        var call = new BegunCall();
        using var request = new HttpRequestMessage(HttpMethod.Post, address)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new Open(first, call._end.Task),
        };
        if (bearer is not null)
            request.Headers.TryAddWithoutValidation("authorization", "Bearer " + bearer);
        request.Headers.TryAddWithoutValidation("te", "trailers");
        request.Content.Headers.TryAddWithoutValidation("content-type", "application/grpc");
        call._answer = await call._http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        return call;
    }

    /// <summary>The status that it ends with.</summary>
    public async Task<string> StatusAsync()
    {
        await _answer.Content.ReadAsByteArrayAsync().WaitAsync(TimeSpan.FromSeconds(60));
        return _answer.TrailingHeaders.TryGetValues("grpc-status", out var told) || _answer.Headers.TryGetValues("grpc-status", out told) ? told.Single() : "";
    }

    public ValueTask DisposeAsync()
    {
        _end.TrySetResult();
        _answer.Dispose();
        _http.Dispose();
        return default;
    }

    private sealed class Open(byte[] first, Task end) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(first);
            await stream.FlushAsync();
            await end;
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
