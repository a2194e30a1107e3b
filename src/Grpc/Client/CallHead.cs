using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using AiEdge.Grpc.Wire;

namespace AiEdge.Grpc.Client;

/// <summary>Heads of requests and of answers.</summary>
internal static class CallHead
{
    private const string UserAgent = "grpc-dotnet-aiedge/0.1";

    public static HttpRequestMessage Request(Uri address, string path, GrpcCallOptions options, string? authorization, HttpContent content)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(address, path))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        var headers = request.Headers;
        if (options.Timeout < GrpcTimeout.Longest)
            headers.TryAddWithoutValidation(GrpcHeaders.Timeout, GrpcTimeout.Format(options.Timeout.Value));
        headers.TryAddWithoutValidation("te", "trailers");
        headers.TryAddWithoutValidation(GrpcHeaders.AcceptEncoding, GrpcHeaders.Identity);
        headers.TryAddWithoutValidation("user-agent", UserAgent);
        if (authorization is not null)
            headers.TryAddWithoutValidation("authorization", authorization);
        foreach (var entry in options.Metadata ?? [])
            headers.TryAddWithoutValidation(entry.Name, entry.Text);
        return request;
    }

    /// <summary>The end of a call whose head is all that there is; null where messages may follow.</summary>
    public static GrpcStatus? Judge(HttpResponseMessage response)
    {
        // A status in the head is an answer of trailers alone, and is believed before anything else.
        if (Status(response.Headers) is { } status)
            return status;
        if (response.StatusCode != HttpStatusCode.OK)
            return OfHttp((int)response.StatusCode);
        var type = First(response.Content.Headers, "content-type");
        return GrpcHeaders.IsGrpc(type) ? null : new(GrpcCode.Unknown, $"the answer's content type is '{type}'");
    }

    /// <summary>The status among these headers; null where there is none.</summary>
    public static GrpcStatus? Status(HttpHeaders headers)
    {
        if (First(headers, GrpcHeaders.Status) is not { } text)
            return null;
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var code))
            return new(GrpcCode.Unknown, "the status of the answer is no number");

        // Some servers give success words of its own; there is one success.
        if (code == 0)
            return GrpcStatus.Ok;
        var message = PercentText.Decode(First(headers, GrpcHeaders.Message) ?? "");

        // Numbers to come are failures of a kind that is not known here.
        return new(code <= (int)GrpcCode.Unauthenticated ? (GrpcCode)code : GrpcCode.Unknown, message);
    }

    public static GrpcMetadata Metadata(HttpHeaders headers)
    {
        var metadata = new GrpcMetadata();
        foreach (var (name, values) in headers.NonValidated)
        {
            foreach (var value in values)
                metadata.Receive(name, value);
        }

        return metadata;
    }

    /// <summary>What an answer without a status means ("HTTP to gRPC Status Code Mapping").</summary>
    public static GrpcStatus OfHttp(int status) => new(
        status switch
        {
            400 or 431 => GrpcCode.Internal,
            401 => GrpcCode.Unauthenticated,
            403 => GrpcCode.PermissionDenied,
            404 => GrpcCode.Unimplemented,
            429 or 502 or 503 or 504 => GrpcCode.Unavailable,
            _ => GrpcCode.Unknown,
        },
        $"the answer is HTTP {status}");

    private static string? First(HttpHeaders headers, string name)
    {
        if (!headers.NonValidated.TryGetValues(name, out var values))
            return null;
        foreach (var value in values)
            return value;
        return null;
    }
}
