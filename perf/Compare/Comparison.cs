using System.Net;
using AiEdge.Load;

namespace AiEdge.Compare;

/// <summary>Takes all gateways through all tests, round after round, so that what disturbs the machine disturbs each alike.</summary>
internal sealed class Comparison(IReadOnlyList<(Peer Peer, GatewayProcess Process)> gateways, GatewayProcess upstream)
{
    /// <summary>Compiles what compiles itself, and fills the pools of connections.</summary>
    public async Task WarmAsync(IReadOnlyList<CompareTest> tests)
    {
        foreach (var (peer, process) in gateways)
        {
            foreach (var test in tests.Where(test => test.Name is not ("d" or "e")))
                await RunAsync(peer, process, test with { Plan = test.Plan with { Duration = TimeSpan.FromSeconds(test.Name == "a" ? 4 : 1) } }, 0);
        }
    }

    public async Task<IReadOnlyList<Measurement>> RunAsync(IReadOnlyList<CompareTest> tests, int rounds)
    {
        var all = new List<Measurement>();
        for (var round = 1; round <= rounds; round++)
        {
            foreach (var test in tests)
            {
                foreach (var (peer, process) in gateways)
                {
                    all.Add(await RunAsync(peer, process, test, round));
                    await SettleAsync(process);
                }

                Console.Error.WriteLine($"round {round} of {rounds}, test {test.Name} done");
            }
        }

        return all;
    }

    private static async Task<Measurement> RunAsync(Peer peer, GatewayProcess process, CompareTest test, int round)
    {
        var target = new LoadTarget(new Uri($"http://127.0.0.1:{peer.Port}/v1/chat/completions"), new IPEndPoint(IPAddress.Loopback, peer.Port), "sk-test", test.Model, test.Stream)
        {
            BodyBytes = test.BodyBytes,
        };
        double cpu = 0;
        long pss = 0;
        var runner = new LoadRunner(new ChatScenario(target, Expectation.Of(test.Model, test.Stream)), test.Plan)
        {
            OnWindow = opens =>
            {
                cpu = process.Meter.CpuSeconds() - (opens ? 0 : cpu);
                pss = opens ? 0 : process.Meter.PssKib();
            },
        };
        await runner.RunAsync(CancellationToken.None);
        var run = LoadSummary.Of(target, test.Plan, runner.Measures);
        var units = test.Stream ? run.Events : run.Calls;
        return new Measurement(peer.Name, test.Name, round, units > 0 ? cpu * 1e6 / units : 0, cpu, run.CallsPerSecond, run.EventsPerSecond,
            run.Latency.P50, run.Latency.P99, run.FirstEvent.P50, run.ErrorsInAll, run.Errors.Count > 0 ? $"{run.Errors[0].Class} {run.Errors[0].Example}" : "", pss);
    }

    /// <summary>Waits, 4 s at most, until a gateway that fell behind has nothing left to do.</summary>
    private async Task SettleAsync(GatewayProcess process)
    {
        for (var i = 0; i < 40; i++)
        {
            var before = process.Meter.CpuSeconds() + upstream.Meter.CpuSeconds();
            await Task.Delay(100);
            if (process.Meter.CpuSeconds() + upstream.Meter.CpuSeconds() - before <= 0.011)
                return;
        }
    }
}
