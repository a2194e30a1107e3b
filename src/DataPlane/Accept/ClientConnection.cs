using System.Diagnostics;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Flow;
using AiEdge.DataPlane.Identify;
using AiEdge.DataPlane.Transport;

namespace AiEdge.DataPlane.Accept;

/// <summary>
/// A client's connection: one request after the other, until one of the two sides has had enough. Between requests it holds
/// a small receive block and nothing else.
/// </summary>
internal sealed class ClientConnection
{
    private const int LingerBytesMax = 1024 * 1024;
    private static readonly TimeSpan LingerTime = TimeSpan.FromSeconds(1);

    private readonly EdgeServices _services;
    private readonly ClientLink _link;
    private readonly KeyIdentifier _identifier;

    public ClientConnection(SocketConnection connection, EdgeServices services)
    {
        _services = services;
        _link = new ClientLink(connection, services.Clock);
        _identifier = new KeyIdentifier(services.Clock);
    }

    public ClientLink Link => _link;

    /// <summary>Between two requests. One whose first request is still to come is not: whoever connects late is told so and not cut off.</summary>
    public bool IsIdle { get; private set; }

    public async Task RunAsync()
    {
        var place = _services.Wheel.Add(_link);
        try
        {
            while (await ServeNextAsync())
            {
                // The way of one request is ExchangePipeline's.
            }

            await LingerAsync();
        }
        finally
        {
            _services.Wheel.Remove(place);
            _identifier.Forget();
        }
    }

    [System.Runtime.CompilerServices.AsyncMethodBuilder(typeof(PooledTaskMethodBuilder<>))]
    private async ValueTask<bool> ServeNextAsync()
    {
        _link.SetStep(Step.KeepAlive, _services.Snapshots.Current.Server.KeepAlive);
        IsIdle = _link.Number > 0;
        var result = await _link.Input.ReadAsync();
        IsIdle = false;
        if (result.Buffer.IsEmpty)
            return false;
        if (!_services.Pipelines.TryPop(out var pipeline))
            pipeline = new ExchangePipeline(_services);
        var goesOn = await pipeline.RunAsync(_link, _identifier, result.Buffer);
        _services.Pipelines.TryPush(pipeline);
        return goesOn;
    }

    /// <summary>
    /// Says FIN, then takes what the client still sends for a short while: closing with unread bytes makes the kernel send RST,
    /// which may destroy the answer before the client has read it.
    /// </summary>
    private async ValueTask LingerAsync()
    {
        if (_link.Output.IsBroken || _link.Input.IsEnded && !_link.Input.HasBuffered)
            return;
        _link.Connection.Wire!.ShutdownSend();
        _link.SetStep(Step.Linger, LingerTime);
        var deadline = Stopwatch.GetTimestamp() + (long)(LingerTime.TotalSeconds * Stopwatch.Frequency);
        for (long taken = 0; taken < LingerBytesMax && Stopwatch.GetTimestamp() < deadline;)
        {
            var result = await _link.Input.ReadAsync();
            taken += result.Buffer.Length;
            _link.Input.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted || result.IsCanceled)
                return;
        }
    }
}
