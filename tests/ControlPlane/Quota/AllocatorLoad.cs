using System.Diagnostics;
using System.Globalization;
using AiEdge.Contracts.Wire;
using AiEdge.ControlPlane.Quota;
using AiEdge.Limits;
using Google.Protobuf;

namespace AiEdge.ControlPlane.Tests.Quota;

/// <summary>
/// Many planes that sync each second, against the allocator alone with its messages: one thread, no socket.
/// <c>quota-load [PLANES] [BUCKETS] [SECONDS]</c>; with sockets it is <c>perf/Fleet sync</c>.
/// </summary>
internal static class AllocatorLoad
{
    public static int Run(string[] args)
    {
        var planes = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 1000;
        var buckets = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 100;
        var seconds = args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 10;
        Alone(planes, buckets, seconds);
        return 0;
    }

    private static void Alone(int planes, int buckets, int seconds)
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var rules = new Rules(planes);
        var allocator = new QuotaAllocator(rules, new QuotaMemory(), new Moment(1, 1));
        var states = Enumerable.Range(0, planes).Select(i => allocator.Join($"plane{i}", (UInt128)i, new Moment(1, 1))).ToArray();
        var loads = Enumerable.Range(0, planes).Select(i => new PlaneLoad(buckets, i)).ToArray();
        var keys = new Dictionary<uint, string>[planes];
        for (var i = 0; i < planes; i++)
            keys[i] = new() { [1] = $"plane{i}" };
        var seats = loads.Select(_ => Enumerable.Range(1, buckets).Select(static bucket => new BucketSeat(PlaneLoad.Id((uint)bucket))).ToArray()).ToArray();
        var took = new List<double>();
        var serving = new Stopwatch();
        var best = double.MaxValue;
        for (var second = 0; second < seconds; second++)
        {
            var servedBefore = serving.Elapsed;
            for (var i = 0; i < planes; i++)
            {
                var now = new Moment(LimitClock.SecondNs * (second + 1) + LimitClock.SecondNs / planes * i, 1);
                var bytes = new QuotaUp { Ask = loads[i].Next() }.ToByteArray();
                var began = Stopwatch.GetTimestamp();
                serving.Start();
                var ask = QuotaUp.Parser.ParseFrom(bytes).Ask;
                var answer = new QuotaAnswer { Number = ask.Number };
                foreach (var report in ask.Buckets)
                {
                    var grant = allocator.Ask(states[i], 1, seats[i][report.Bucket - 1], report, keys[i], now, out var isPending);
                    if (isPending)
                    {
                        allocator.Written(allocator.TakeRecords());
                        grant = allocator.Ask(states[i], 1, seats[i][report.Bucket - 1], report, keys[i], now, out _);
                    }

                    answer.Buckets.Add(grant);
                }

                var length = new QuotaDown { Answer = answer }.ToByteArray().Length;
                serving.Stop();
                if (second > 0)
                    took.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
                loads[i].Take(answer, length);
            }

            best = Math.Min(best, (serving.Elapsed - servedBefore).TotalSeconds);
            allocator.Sweep(new Moment(LimitClock.SecondNs * (second + 2), 1));
        }

        var memory = (GC.GetTotalMemory(forceFullCollection: true) - before) / 1048576.0;
        GC.KeepAlive(loads);
        took.Sort();
        Console.WriteLine(
            $"alone: {planes} planes x {buckets} buckets: {serving.Elapsed.TotalSeconds / seconds:P1} of a core, {best:P1} in the best second, "
            + $"an ask p50 {At(took, 0.5):F2} ms, p99 {At(took, 0.99):F2} ms, {memory:F0} MiB with the planes' side");
    }

    private static double At(List<double> sorted, double part) => sorted.Count == 0 ? 0 : sorted[(int)Math.Min(sorted.Count - 1, sorted.Count * part)];

    private sealed class Rules(int planes) : IQuotaRules
    {
        private readonly QuotaRule _rule = new() { Kind = QuotaKind.Rate, Amount = 100L * planes, Burst = 200L * planes };

        public ulong Generation => 1;

        public QuotaRule? Find(in BucketId id) => _rule;
    }

    /// <summary>A plane that uses all it got and wants 150 a second of each bucket, which all planes share: a half more than there is.</summary>
    private sealed class PlaneLoad(int buckets, int index)
    {
        private readonly List<(ulong Lease, ulong Amount)>[] _leases = [.. Enumerable.Range(0, buckets).Select(static _ => new List<(ulong, ulong)>())];
        private ulong _number;

        public long Bytes { get; private set; }

        public static BucketId Id(uint bucket) => new($"limit{bucket}", QuotaUnit.Requests, "", "*");

        public QuotaAsk Next()
        {
            var ask = new QuotaAsk { Number = ++_number };
            if (_number == 1)
                ask.Subjects.Add(new SubjectName { Subject = 1, Key = $"plane{index}" });
            for (var i = 0; i < buckets; i++)
            {
                var number = (uint)i + 1;
                if (_number == 1)
                    ask.Names.Add(new BucketName { Bucket = number, Limit = $"limit{number}", Unit = QuotaUnit.Requests, Value = "*" });
                var report = new BucketReport { Bucket = number };
                foreach (var (lease, amount) in _leases[i])
                    report.Leases.Add(new LeaseUse { Lease = lease, Amount = amount, Used = amount, IsClosed = true });
                report.Wants.Add(new Want { Subject = 1, Amount = 750 });
                ask.Buckets.Add(report);
            }

            return ask;
        }

        public void Take(QuotaAnswer answer, int bytes)
        {
            Bytes += bytes;
            foreach (var grant in answer.Buckets)
            {
                var leases = _leases[(int)grant.Bucket - 1];
                leases.Clear();
                if (grant.Lease != 0)
                    leases.Add((grant.Lease, grant.Amount));
            }
        }
    }
}
