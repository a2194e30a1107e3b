using AiEdge.Contracts.Wire;
using AiEdge.ControlPlane.Domain;
using AiEdge.Grpc;
using AiEdge.Grpc.Server;

namespace AiEdge.ControlPlane.Publish;

/// <summary>What comes up on one stream of configuration.</summary>
internal sealed class WatchStream(GrpcServerCall<ConfigUp, ConfigDown> call, LivePlane plane, PlaneRegistry planes)
{
    private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ulong _answered;
    private ulong _sent;

    /// <summary>The last generation that the plane has said something of.</summary>
    public ulong Answered => Volatile.Read(ref _answered);

    /// <summary>Completes when nothing more comes up.</summary>
    public Task End => _end.Task;

    public bool HasEnded => _end.Task.IsCompleted;

    /// <summary>What is wrong with what came up.</summary>
    public GrpcStatus? Fault { get; private set; }

    /// <summary>Reads until the plane's side ends.</summary>
    public async Task ReadAsync(CancellationToken stop)
    {
        try
        {
            while (!stop.IsCancellationRequested && await call.ReadAsync())
            {
                if (!Take(call.Current))
                    break;
            }
        }
        finally
        {
            _end.TrySetResult();
            Interlocked.Exchange(ref _answer, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
        }
    }

    /// <summary>A generation is about to be sent: a plane may answer before the one that sends it has got any further.</summary>
    public void Expect(ulong generation) => Volatile.Write(ref _sent, generation);

    /// <summary>Waits until the plane has said what became of a generation; false where it never will, or its credential is gone.</summary>
    public async ValueTask<bool> AnswerAsync(ulong generation, Func<bool> isGood, EdgeState state, CancellationToken stop)
    {
        while (Answered < generation)
        {
            var answer = Volatile.Read(ref _answer).Task;
            if (Answered >= generation)
                break;
            if (HasEnded)
                return false;
            var version = state.Current.Version;
            if (!isGood())
                return false;
            using var waiting = CancellationTokenSource.CreateLinkedTokenSource(stop);
            await Task.WhenAny(answer, state.WaitForVersionAsync(version, waiting.Token).AsTask());
            await waiting.CancelAsync();
            stop.ThrowIfCancellationRequested();
        }

        return true;
    }

    private bool Take(ConfigUp message)
    {
        ulong generation;
        switch (message.KindCase)
        {
            case ConfigUp.KindOneofCase.None:
                return true;
            case ConfigUp.KindOneofCase.Applied:
                generation = message.Applied.Generation;
                break;
            case ConfigUp.KindOneofCase.Rejected:
                generation = message.Rejected.Generation;
                break;
            default:
                return Refuse("a stream has one hello");
        }

        if (generation == 0 || generation <= Answered || generation > Volatile.Read(ref _sent))
            return Refuse("an answer is to a generation that was sent and not answered yet");
        if (message.KindCase == ConfigUp.KindOneofCase.Applied)
            planes.Applied(plane, generation, message.Applied.ApplyMs);
        else
            planes.Rejected(plane, message.Rejected);
        Volatile.Write(ref _answered, generation);
        Interlocked.Exchange(ref _answer, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
        return true;
    }

    private bool Refuse(string why)
    {
        Fault = new(GrpcCode.InvalidArgument, why);
        return false;
    }
}
