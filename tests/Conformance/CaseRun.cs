using System.Threading.Channels;

namespace AiEdge.Conformance.Tests;

/// <summary>
/// Runs a corpus over a few lanes, each with a gateway and an oracle of its own, so that what arrives at an oracle belongs to the
/// one case that its lane is at. Test rows await their case; all cases run at once and each only once.
/// </summary>
public abstract class CaseRun<TCase> : IAsyncLifetime
    where TCase : class
{
    private const int Lanes = 3;

    private readonly Channel<Lane> _free = Channel.CreateUnbounded<Lane>();
    private readonly Dictionary<string, Task<string?>> _verdicts = new(StringComparer.Ordinal);
    private Lane[] _lanes = [];

    protected abstract IReadOnlyDictionary<string, TCase> Corpus { get; }

    /// <summary>What was wrong with the case, or null.</summary>
    public Task<string?> VerdictAsync(string id) => _verdicts[id];

    public async Task InitializeAsync()
    {
        _lanes = await Task.WhenAll(Enumerable.Range(0, Lanes).Select(_ => Lane.OpenAsync(p => StartAsync(p))));
        foreach (var lane in _lanes)
            await _free.Writer.WriteAsync(lane);
        foreach (var (id, c) in Corpus)
            _verdicts[id] = RunOneAsync(c);
    }

    public async Task DisposeAsync()
    {
        await Task.WhenAll(_verdicts.Values);
        foreach (var lane in _lanes)
            await lane.DisposeAsync();
    }

    protected abstract Task<string?> RunAsync(Lane lane, TCase c);

    private static async Task<IGateway> StartAsync(int upstreamPort) => await GatewayUnderTest.StartAsync(upstreamPort);

    private async Task<string?> RunOneAsync(TCase c)
    {
        var lane = await _free.Reader.ReadAsync();
        try
        {
            return await RunAsync(lane, c);
        }
        catch (Exception e)
        {
            return "the run broke: " + e.Message;
        }
        finally
        {
            await _free.Writer.WriteAsync(lane);
        }
    }
}

/// <summary>A gateway and the provider behind it.</summary>
public sealed class Lane : IAsyncDisposable
{
    /// <summary>What a gateway sends after its client was answered shows within this; there is nothing to wait for but absence.</summary>
    private static readonly TimeSpan Settle = TimeSpan.FromMilliseconds(40);

    private readonly OracleUpstream _oracle;
    private readonly IGateway _gateway;

    private Lane(OracleUpstream oracle, IGateway gateway)
    {
        _oracle = oracle;
        _gateway = gateway;
    }

    public static async Task<Lane> OpenAsync(Func<int, Task<IGateway>> start)
    {
        var oracle = new OracleUpstream();
        try
        {
            return new(oracle, await start(oracle.Port));
        }
        catch
        {
            await oracle.DisposeAsync();
            throw;
        }
    }

    public async Task<string?> RunAsync(RequestCase c)
    {
        _oracle.Take();
        var judge = new RequestJudge(_gateway.Port);
        var heard = await Conversation.HoldAsync(_gateway.Port, judge.Build(c), RequestJudge.Manner(c));
        await Task.Delay(Settle);
        return judge.Judge(c, heard, _oracle.Take());
    }

    public async Task<string?> RunAsync(ResponseCase c)
    {
        var request = ResponseJudge.Request(_gateway.Port, c.Id, c.IsStream);
        var heard = await Conversation.HoldAsync(_gateway.Port, request, ResponseJudge.Manner(c));
        var fault = ResponseJudge.Judge(c, heard);

        // The first exchange after it may find the connection gone; a second one may not.
        var after = await ProbeAsync() is null ? null : await ProbeAsync();
        return (fault, after) switch
        {
            (null, null) => null,
            (null, _) => "aftermath: " + after,
            (_, null) => fault,
            _ => $"{fault}; aftermath: {after}",
        };
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _oracle.DisposeAsync();
    }

    private async Task<string?> ProbeAsync() => ResponseJudge.JudgeProbe(await Conversation.HoldAsync(
        _gateway.Port, ResponseJudge.Request(_gateway.Port, "none", isStream: false), new(IdleMs: 10_000, QuietMs: 100, MaxMs: 20_000)));
}
