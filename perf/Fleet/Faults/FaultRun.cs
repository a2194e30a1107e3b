using System.Globalization;
using System.Text.Json;
using AiEdge.FakeUpstream;

namespace AiEdge.FleetTest.Faults;

/// <summary>
/// One target of three goes bad under load: what its clients see, when it is left alone, what is billed, and what the others' clients wait for.
/// The data plane is a process, the three providers are in this one, so that the bad one can be told when.
/// </summary>
internal sealed class FaultRun(string root, FleetCommand command, Way way, Fault fault)
{
    private const double Rate = 200;
    private const int Chunks = 20;
    private const int BudgetPercent = 20;
    private const double HealthySeconds = 10;
    private const double WarmSeconds = 2;
    private const double SettledSeconds = 5;

    /// <summary>200 ms to the first event, 20 ms from one to the next: some 120 streams are open at a time.</summary>
    private const string Healthy = "n=20; b=0; f=200000; d=20000; headers=few";

    private volatile bool _isBad;
    private int _turn;

    /// <summary>Runs it and tells; false where a figure is not what is promised.</summary>
    public async Task<bool> RunAsync()
    {
        var options = new FakeUpstreamOptions { Script = Healthy, RequestLogMax = 0 };
        var bad = await FakeUpstreamServer.StartAsync(new FakeUpstreamOptions { Script = Healthy, RequestLogMax = 16, ScriptFor = Next });
        await using var one = await FakeUpstreamServer.StartAsync(options);
        await using var two = await FakeUpstreamServer.StartAsync(options);
        using var plane = new StandalonePlane(root, command.Plane);
        await plane.StartAsync(Config(bad, one, two));
        using var caller = new Caller(plane.Listen, way.Client, Chunks);
        await caller.WarmAsync(400);
        var watch = new PlaneWatch(plane, caller);
        using var stop = new CancellationTokenSource();
        var calling = caller.RunAsync(Rate, TimeSpan.FromSeconds(HealthySeconds + command.Seconds), IsStream);
        var watching = watch.RunAsync(stop.Token);
        while (caller.Now < HealthySeconds * 1000)
            await Task.Delay(5);
        _isBad = true;
        if (fault.Scripts.Length == 0)
            await bad.DisposeAsync();
        var outcomes = await calling;
        await stop.CancelAsync();
        await watching;
        await bad.DisposeAsync();
        return Judge(outcomes, watch, await plane.DumpAsync());
    }

    private string? Next(ReceivedRequest request) =>
        _isBad && fault.Scripts.Length > 0 ? fault.Scripts[(int)((uint)Interlocked.Increment(ref _turn) % (uint)fault.Scripts.Length)] : null;

    private bool IsStream(int number) => !fault.IsWhole && (!fault.IsHalfWhole || number % 2 == 0);

    private string Config(FakeUpstreamServer bad, FakeUpstreamServer one, FakeUpstreamServer two)
    {
        static string Provider(string name, string dialect, FakeUpstreamServer server) =>
            $"  {name}: {{ dialect: {dialect}, baseUrl: \"{Url(dialect, server)}\", key: \"{StandalonePlane.ProviderKey}\" }}\n";
        static string Url(string dialect, FakeUpstreamServer server) => dialect == "openai" ? server.BaseUrl : $"http://127.0.0.1:{server.Port}";
        return "providers:\n" + Provider("bad", way.Bad, bad) + Provider("one", way.Others, one) + Provider("two", way.Others, two)
            + "models: { three: { targets: [ { provider: bad, model: m }, { provider: one, model: m }, { provider: two, model: m } ], balance: " + way.Balance + " } }\n"
            + $"retry: {{ attempts: 3, budget: {BudgetPercent}% }}\n"
            + "timeouts: { connect: 1s, firstByte: 2s, idle: 2s, whole: 2s, total: 20s }\njournal: { mode: group }\n";
    }

    private bool Judge(IReadOnlyList<Outcome> all, PlaneWatch watch, List<JsonElement> journal)
    {
        var during = all.Where(static outcome => outcome.DueMs >= (HealthySeconds - 1) * 1000).ToList();
        int Count(OutcomeKind kind) => during.Count(outcome => outcome.Kind == kind);
        var answered = during.Count - Count(OutcomeKind.Refused) - Count(OutcomeKind.Lost);
        var healthy = FirstMs(all, WarmSeconds, HealthySeconds);
        var settled = FirstMs(all, HealthySeconds + SettledSeconds, double.MaxValue);
        var ratio = healthy.Count == 0 ? 0 : At(settled, 0.99) / At(healthy, 0.99);
        var (retries, most) = watch.MostRetries(BudgetPercent);
        var twice = TokensTwice(journal, all);
        var due = EjectionDue(journal);
        var ejected = watch.EjectedAt is { } at ? (double?)Math.Max(0, (at - (due ?? at)).TotalMilliseconds) : null;
        Say($"{fault.Name}, {way.Name}: {during.Count} requests at {Rate}/s, from a second before the onset to {command.Seconds} s after it");
        var isGood = Line("answered, of those without a first byte", $"{answered * 100.0 / during.Count:F3} %", answered >= 0.999 * during.Count, ">= 99.9 %");
        isGood &= Line("broken after it and told / not told", $"{Count(OutcomeKind.Told)} / {Count(OutcomeKind.Untold)}", Count(OutcomeKind.Untold) == 0, "0 not told");
        isGood &= !fault.Failing
            ? Line("ejected", $"{watch.Failures:F0} failures, {watch.Ejections:F0} ejections", true, "does not fail")
            : Line("ejected after 5 in a row or 10 of 20", ejected is { } ms ? $"{ms:F0} ms ({watch.Failures:F0} failures, {watch.Ejections:F0} ejections)" : "never", due is null || ejected <= 1000, "<= 1 s");
        isGood &= Line("tokens billed twice", $"{twice}", twice == 0, "0");
        isGood &= Line("retries, most in 9 s / all", $"{retries:F0} of {most:F0} / {watch.Retries:F0}", retries <= most, "<= the budget");
        if (healthy.Count > 0)
        {
            // Weights alone send a target its part for as long as it does not fail, however long it takes.
            var isAsked = fault.Failing || way.LooksAtTime || fault.Name != "slow";
            isGood &= Line("p99 to the first token, healthy / from 5 s on", $"{At(healthy, 0.99):F1} / {At(settled, 0.99):F1} ms, ratio {ratio:F2}",
                !isAsked || ratio <= 1.5, isAsked ? "<= 1.5" : "weights do not look at it");
            Line("p50 of the same; p99.9", $"{At(healthy, 0.5):F1} / {At(settled, 0.5):F1} ms; {At(healthy, 0.999):F1} / {At(settled, 0.999):F1} ms", true, "");
        }

        foreach (var what in during.Where(static outcome => outcome.Kind is not (OutcomeKind.Whole or OutcomeKind.Told)).GroupBy(static o => $"{o.Kind}: {o.What}").Take(5))
            Say($"    {what.Count()} x {what.Key}");
        return isGood;
    }

    private static List<double> FirstMs(IReadOnlyList<Outcome> all, double from, double to)
    {
        var first = all.Where(outcome => outcome.FirstMs >= 0 && outcome.DueMs >= from * 1000 && outcome.DueMs < to * 1000).Select(static outcome => outcome.FirstMs).ToList();
        first.Sort();
        return first;
    }

    /// <summary>
    /// Each exchange has one line, whose tokens of output are those of its last attempt; and nobody's are more than the answer has. What is beyond that is
    /// billed twice. A whole answer that broke off at its end its provider has made all the same: its tokens, which are no others', are its attempt's.
    /// </summary>
    private static long TokensTwice(List<JsonElement> journal, IReadOnlyList<Outcome> all)
    {
        static long Tokens(JsonElement line) => line.TryGetProperty("outputTokens", out var tokens) ? tokens.GetInt64() : 0;
        static bool IsExchange(JsonElement line) => line.GetProperty("kind").GetString() == "exchange";
        static bool IsBroken(JsonElement line) => line.GetProperty("end").GetString() == "upstream_fault" && !line.GetProperty("stream").GetBoolean();
        long twice = 0, billed = 0, broken = 0;
        foreach (var exchange in journal.GroupBy(static line => line.GetProperty("edgeRequestId").GetString()))
        {
            var bills = exchange.Where(IsExchange).ToList();
            var attempts = exchange.Where(static line => !IsExchange(line)).ToList();
            var made = attempts.SkipLast(1).Where(IsBroken).Sum(static line => Math.Min(Tokens(line), Chunks));
            var bill = bills.Max(Tokens);
            (billed, broken) = (billed + bills.Sum(Tokens), broken + made);
            twice += bills.Sum(Tokens) - bill + Math.Max(0, attempts.Sum(Tokens) - made - bill) + Math.Max(0, bill - Chunks);
        }

        var whole = all.Count(static outcome => outcome.Kind == OutcomeKind.Whole);
        Say($"    journal: {journal.Count(IsExchange)} exchanges, {journal.Count(static line => !IsExchange(line))} attempts, {billed} tokens of output; {whole} whole answers");
        Say($"    {broken} tokens of answers that broke off at their end and were asked for again");
        return twice;
    }

    /// <summary>When the bad target had failed five times in a row, or ten times of twenty, by the journal; null where it never had.</summary>
    private static DateTimeOffset? EjectionDue(List<JsonElement> journal)
    {
        var outcomes = new List<bool>();
        foreach (var line in journal)
        {
            if (line.GetProperty("kind").GetString() != "attempt" || line.GetProperty("provider").GetString() != "bad" || line.GetProperty("status").GetInt32() == 429)
                continue;
            outcomes.Add(line.GetProperty("end").GetString() is "upstream_fault" or "timeout");
            var isRow = outcomes.Count >= 5 && outcomes.TakeLast(5).All(static failed => failed);
            if (isRow || (outcomes.Count >= 20 && outcomes.TakeLast(20).Count(static failed => failed) >= 10 && outcomes[^1]))
                return line.GetProperty("time").GetDateTimeOffset();
        }

        return null;
    }

    private static double At(List<double> sorted, double part) => sorted.Count == 0 ? 0 : sorted[(int)Math.Min(sorted.Count - 1, sorted.Count * part)];

    private static bool Line(string what, string figure, bool isGood, string wanted)
    {
        Say($"  {what,-46} {figure,-44} {(isGood ? "" : "MISSED ")}{wanted}");
        return isGood;
    }

    private static void Say(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
