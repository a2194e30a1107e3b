using System.Globalization;
using AiEdge.Contracts.Wire;
using AiEdge.ControlPlane.Store;
using AiEdge.ControlPlane.Usage;

namespace AiEdge.ControlPlane.Tests.Crash;

/// <summary>
/// The whole control plane is killed at random moments, while it starts and while REST writes, reports of usage and asks for credit are under way
/// over sockets, again and again on one folder. AIEDGE_CONTROL_CRASHES sets how often.
/// </summary>
public sealed class ControlCrashTests
{
    /// <summary>A crash takes up to a 128th of a budget, a plane's death what it holds: each budget is used for so many.</summary>
    private const int CrashesPerBudget = 10;

    private const int Writers = 3;
    private static readonly int Crashes = int.Parse(Environment.GetEnvironmentVariable("AIEDGE_CONTROL_CRASHES") ?? "5", CultureInfo.InvariantCulture);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    [Fact]
    public async Task What_was_acknowledged_is_there_once_nothing_is_invented_and_no_limit_is_exceeded()
    {
        var folder = Directory.CreateTempSubdirectory("aiedge-crash-").FullName;
        try
        {
            await using var world = new World(folder);
            for (var run = 1; run <= Crashes; run++)
                await world.KillAsync(run);
            await world.CheckAllAsync();
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_control_plane_that_forgets_what_it_acknowledged_is_caught()
    {
        var folder = Directory.CreateTempSubdirectory("aiedge-crash-").FullName;
        try
        {
            await using var world = new World(folder) { Forgets = true };
            var caught = await Assert.ThrowsAsync<Xunit.Sdk.TrueException>(async () =>
            {
                for (var run = 2; ; run += 2)
                    await world.KillAsync(run);
            });
            Assert.Contains("acknowledged was", caught.Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private sealed class World : IAsyncDisposable
    {
        private readonly string _folder;
        private readonly CrashFaults _faults = new();
        private readonly CrashCredit _credit = new();
        private readonly Random _random = new();
        private readonly DateTimeOffset _begin = DateTimeOffset.UtcNow;
        private readonly CrashPlane[] _planes;
        private readonly CrashWriter[] _writers;

        public World(string folder)
        {
            _folder = folder;
            _planes = [new("edge-1", _faults, _credit), new("edge-2", _faults, _credit)];
            _writers = [.. Enumerable.Range(0, Writers).Select(i => new CrashWriter(i, _faults))];
        }

        /// <summary>What is written goes with the process that wrote it.</summary>
        public bool Forgets { get; init; }

        /// <summary>Starts the control plane, checks what it has, and kills it at some moment.</summary>
        public async Task KillAsync(int run)
        {
            using var control = ControlProcess.Start(_folder, isHurried: run % 2 == 0, Forgets ? "forgotten" : "kept");
            if (run > 1 && _random.Next(5) == 0)
            {
                // Somewhere in its start.
                await Task.Delay(_random.Next(800));
                await control.KillAsync();
                return;
            }

            await control.ListenAsync();
            await CheckAsync(control);
            _faults.ThrowIfAny(run);
            await BudgetAsync(control, run);
            using var stop = new CancellationTokenSource();
            var lent = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var answers = 0;
            using var http = control.Client();
            var load = _writers.Select(w => w.RunAsync(http, stop.Token)).Concat(_planes.Select(p => p.RunAsync(control.Grpc, OnLent, stop.Token))).ToArray();
            if (_random.Next(3) > 0 || run == 1)
            {
                await lent.Task.WaitAsync(Patience);
                await CheckBudgetAsync(control);
            }

            await Task.Delay(_random.Next(1_000));
            await control.KillAsync();
            await stop.CancelAsync();
            await Task.WhenAll(load).WaitAsync(Patience);
            foreach (var plane in _planes)
            {
                if (_random.Next(4) == 0)
                    plane.Restart();
            }

            _faults.ThrowIfAny(run);
            CheckCredit(run);

            void OnLent()
            {
                // Each plane's first answer, and another: the one of the budget may wait for its ceiling.
                if (Interlocked.Increment(ref answers) == 4)
                    lent.TrySetResult();
            }
        }

        /// <summary>All of it, once more by a start that nobody disturbs, and then in the files themselves.</summary>
        public async Task CheckAllAsync()
        {
            using (var control = ControlProcess.Start(_folder, isHurried: false))
            {
                await control.ListenAsync();
                await CheckAsync(control);
                foreach (var writer in _writers)
                    await writer.CheckAuditAsync(control);
                await control.KillAsync();
            }

            _faults.ThrowIfAny(Crashes);
            Assert.True(_writers.Sum(w => w.Applied.Values.Sum()) > 0, "nothing was written");
            Assert.True(_credit.Admitted > 0 && _credit.Spent.Values.Sum() > 0, "nothing was lent");
            Assert.Equal(0, await StoreCommands.RunAsync(["verify", "--data-dir", _folder], TextWriter.Null, Console.Error));
            await using var store = await FasterStore.OpenAsync(FasterStore.FolderOf(_folder));
            using var sums = Rollups.Open(FasterStore.FolderOf(_folder), new());
            store.Ledger.Follow(sums);
            CheckLedger(store.Ledger, sums);
        }

        public async ValueTask DisposeAsync() => await _credit.DisposeAsync();

        private async Task CheckAsync(ControlProcess control)
        {
            var found = await CrashWriter.ReadAsync(control);
            foreach (var writer in _writers)
                writer.Check(found);
            var (from, to) = (Time(_begin.AddHours(-1)), Time(DateTimeOffset.UtcNow.AddHours(2)));
            var rows = (await control.GetAsync($"usage?groupBy=key&from={from}&to={to}"))["rows"]!.AsArray().ToDictionary(r => (string)r!["key"]!, r => (long)r!["requests"]!);
            foreach (var plane in _planes)
            {
                var (acknowledged, made) = (plane.Epochs.Sum(e => (long)e.Acknowledged), plane.Epochs.Sum(e => (long)e.Made));
                if (rows.GetValueOrDefault(plane.Id) is var counted && (counted < acknowledged || counted > made))
                    _faults.Add($"{plane.Id}: {counted} records are in the sums, {acknowledged} were acknowledged and {made} made");
            }
        }

        /// <summary>The limits; a new budget now and then.</summary>
        private async Task BudgetAsync(ControlProcess control, int run)
        {
            if (_credit.Limit.Length == 0)
            {
                await control.PutAsync("providers/openai", Domain.World.Provider);
                await control.PutAsync("models/gpt-4o", """{"targets":[{"provider":"openai"}],"price":{"input":1,"output":1}}""");
                await control.PutAsync("limits/rate", $$"""{"requests":"{{CrashCredit.PerSecond}}/s","burst":{{CrashCredit.Burst}}}""");
            }

            var budget = $"budget-{run / CrashesPerBudget}";
            if (_credit.Limit == budget)
                return;
            await control.PutAsync($"limits/{budget}", """{"cost":"$1/day"}""");
            _credit.Limit = budget;
        }

        /// <summary>What has been spent is known to whoever lends, after whatever crash.</summary>
        private async Task CheckBudgetAsync(ControlProcess control)
        {
            var spent = _credit.Spent.Where(s => s.Key.Budget == _credit.Limit).OrderBy(s => s.Key.Window).Select(s => s.Value).LastOrDefault();
            var bucket = Assert.Single((await control.GetAsync($"limits/{_credit.Limit}/state"))["buckets"]!.AsArray())!;
            var known = Amount("used") + Amount("granted") + Amount("held");
            if (known < spent)
                _faults.Add($"{_credit.Limit}: {spent} is spent, {known} is known");
            if (known > CrashCredit.Budget)
                _faults.Add($"{_credit.Limit}: {known} is used and lent, {CrashCredit.Budget} is allowed");

            long Amount(string name) => long.Parse((string)bucket[name]!, CultureInfo.InvariantCulture);
        }

        private void CheckCredit(int run)
        {
            Assert.True(_credit.Peak <= CrashCredit.Burst, $"kill {run}: {_credit.Peak} at once, {CrashCredit.Burst} are allowed");
            Assert.All(_credit.Spent, s => Assert.True(s.Value <= CrashCredit.Budget, $"kill {run}: {s.Key.Budget} has spent {s.Value}"));
        }

        private void CheckLedger(IUsageLedger ledger, Rollups sums)
        {
            var kept = new Dictionary<(string, UInt128), List<ulong>>();
            var epochs = _planes.SelectMany(p => p.Epochs.Select(e => (Plane: p.Id, Epoch: e))).ToDictionary(p => (p.Plane, p.Epoch.Number), p => p.Epoch);
            foreach (var (_, batch) in ledger.ReadBackwards(0, long.MaxValue))
            {
                if (!kept.TryGetValue((batch.PlaneId, batch.Epoch), out var sequences))
                    kept.Add((batch.PlaneId, batch.Epoch), sequences = []);
                foreach (var record in batch.Records)
                {
                    var read = UsageRecord.Parser.ParseFrom(record.Bytes.Span);
                    Assert.Equal(epochs[(batch.PlaneId, batch.Epoch)].RequestId(record.Sequence), read.RequestId);
                    Assert.Equal(CrashEpoch.Cost(record.Sequence), read.CostNanodollars);
                    sequences.Add(record.Sequence);
                }
            }

            foreach (var (owner, epoch) in epochs)
            {
                var found = kept.GetValueOrDefault(owner) ?? [];
                Assert.Equal(Enumerable.Range(1, found.Count).Select(i => (ulong)i), found.Order());
                Assert.InRange((ulong)found.Count, epoch.Acknowledged, epoch.Made);
            }

            var rows = UsageAnswer.Of(sums, new()
            {
                FromUnixMs = _begin.AddHours(-1).ToUnixTimeMilliseconds(),
                ToUnixMs = DateTimeOffset.UtcNow.AddHours(2).ToUnixTimeMilliseconds(),
                Step = UsageStep.Hour,
                IsStepped = false,
            })!;
            Assert.Equal(kept.Values.Sum(k => k.Count), rows.Sum(r => r.Sum.Requests));
            Assert.Equal(kept.Values.Sum(k => k.Sum(CrashEpoch.Cost)), rows.Sum(r => r.Sum.Cost));
        }

        private static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
    }
}
