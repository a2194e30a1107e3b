namespace AiEdge.Grpc;

/// <summary>A method of a service: its path and how its messages become bytes. Both sides use the same one.</summary>
/// <typeparam name="TRequest">What goes up.</typeparam>
/// <typeparam name="TResponse">What comes down.</typeparam>
public sealed class GrpcMethod<TRequest, TResponse>
    where TRequest : class
    where TResponse : class
{
    /// <summary>A method; no word of it may hold a slash.</summary>
    /// <param name="service">With its package: <c>aiedge.v1.Config</c>.</param>
    /// <param name="name">As the proto says it: <c>Watch</c>.</param>
    /// <param name="requests">How what goes up becomes bytes.</param>
    /// <param name="responses">How what comes down becomes bytes.</param>
    public GrpcMethod(string service, string name, IGrpcSerializer<TRequest> requests, IGrpcSerializer<TResponse> responses)
    {
        ArgumentException.ThrowIfNullOrEmpty(service);
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (service.Contains('/', StringComparison.Ordinal) || name.Contains('/', StringComparison.Ordinal))
            throw new ArgumentException("a path has two words", nameof(name));
        Service = service;
        Name = name;
        Requests = requests;
        Responses = responses;
        Path = $"/{service}/{name}";
    }

    /// <summary>The service with its package.</summary>
    public string Service { get; }

    /// <summary>The method within the service.</summary>
    public string Name { get; }

    /// <summary>What <c>:path</c> carries; case counts.</summary>
    public string Path { get; }

    /// <summary>How what goes up becomes bytes.</summary>
    public IGrpcSerializer<TRequest> Requests { get; }

    /// <summary>How what comes down becomes bytes.</summary>
    public IGrpcSerializer<TResponse> Responses { get; }
}
