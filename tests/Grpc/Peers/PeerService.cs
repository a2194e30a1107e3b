using AiEdge.Grpc.Server;
using Google.Protobuf;

namespace AiEdge.Grpc.Tests.Peers;

/// <summary>node/peer.proto, served by us.</summary>
internal sealed class PeerService
{
    private int _waits;
    private int _ends;

    public static GrpcMethod<Word, Word> Echo { get; } = Method("Echo");

    public static GrpcMethod<Word, Word> Count { get; } = Method("Count");

    public static GrpcMethod<Word, Word> Sum { get; } = Method("Sum");

    public static GrpcMethod<Word, Word> Chat { get; } = Method("Chat");

    public void AddTo(GrpcServer server)
    {
        server.AddUnary(Echo, EchoAsync);
        server.AddServerStreaming(Count, CountAsync);
        server.AddClientStreaming(Sum, SumAsync);
        server.AddBidirectional(Chat, ChatAsync);
    }

    private async ValueTask<GrpcResult<Word>> EchoAsync(Word word, GrpcServerContext context)
    {
        if (Steer(context) is { } end)
            return end;
        if (word.Text == "wait")
            return await WaitAsync(context);
        return word.Text switch
        {
            "waits" => new Word { Number = Volatile.Read(ref _waits) },
            "ends" => new Word { Number = Volatile.Read(ref _ends) },
            _ => word,
        };
    }

    private async ValueTask<GrpcStatus> WaitAsync(GrpcServerContext context)
    {
        var ended = new TaskCompletionSource();
        Interlocked.Increment(ref _waits);
        await using var registration = context.Cancellation.Register(ended.SetResult);
        await ended.Task;
        Interlocked.Increment(ref _ends);
        return new(GrpcCode.Cancelled, "waited");
    }

    private async ValueTask<GrpcStatus> CountAsync(Word word, GrpcServerCall<Word, Word> call)
    {
        if (Steer(call.Context) is { } end)
            return end;
        for (var i = 0L; i != word.Number; i++)
        {
            if (await call.WriteAsync(new() { Number = i, Payload = word.Payload }))
                continue;
            Interlocked.Increment(ref _ends);
            return new(GrpcCode.Cancelled);
        }

        return GrpcStatus.Ok;
    }

    private static async ValueTask<GrpcResult<Word>> SumAsync(GrpcServerCall<Word, Word> call)
    {
        if (Steer(call.Context) is { } end)
            return end;
        var sum = new Word();
        while (await call.ReadAsync())
        {
            sum.Number += call.Current.Number;
            sum.Text += call.Current.Text;
            sum.Payload = ByteString.CopyFrom([.. sum.Payload, .. call.Current.Payload]);
        }

        return sum;
    }

    private async ValueTask<GrpcStatus> ChatAsync(GrpcServerCall<Word, Word> call)
    {
        if (Steer(call.Context) is { } end)
            return end;
        await call.SendHeadersAsync();
        while (await call.ReadAsync())
        {
            if (call.Current.Text == "end")
                return GrpcStatus.Ok;
            if (!await call.WriteAsync(call.Current))
                break;
        }

        if (call.Context.Cancellation.IsCancellationRequested)
            Interlocked.Increment(ref _ends);
        return GrpcStatus.Ok;
    }

    private static GrpcStatus? Steer(GrpcServerContext context)
    {
        foreach (var (name, text) in context.Metadata)
        {
            if (name == "x-echo")
            {
                context.Headers.Add("x-echo", text);
                context.Trailers.Add("x-end", text);
            }
            else if (name == "x-echo-bin" && context.Metadata.TryGetBytes(name, out var bytes))
            {
                context.Headers.Add("x-echo-bin", bytes);
                context.Trailers.Add("x-end-bin", bytes);
            }
        }

        if (!context.Metadata.TryGet("x-fail-code", out var code))
            return null;
        context.Metadata.TryGet("x-fail-message", out var message);
        return new((GrpcCode)int.Parse(code, System.Globalization.CultureInfo.InvariantCulture), PercentText.Decode(message ?? ""));
    }

    private static GrpcMethod<Word, Word> Method(string name) =>
        new("aiedge.test.Peer", name, new ProtobufSerializer<Word>(Word.Parser), new ProtobufSerializer<Word>(Word.Parser));
}
