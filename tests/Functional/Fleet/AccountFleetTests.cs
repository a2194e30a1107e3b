using AiEdge.Contracts.Wire;
using AiEdge.ControlPlane.Quota;
using AiEdge.DataPlane.Core;
using AiEdge.Limits;

namespace AiEdge.Functional.Tests.Fleet;

/// <summary>
/// Planes that share an account, and the control plane between them, in virtual time and with the code of both sides: what a provider with a limit has
/// to refuse, and how much of the limit is used. <c>./build.sh accounts</c> measures the same of processes.
/// </summary>
public sealed class AccountFleetTests
{
    private const int Planes = 4;
    private const int StepMs = 10;

    [Theory]
    [InlineData(Shape.Even, false, 50, 1)]
    [InlineData(Shape.Even, true, 50, 2)]
    [InlineData(Shape.Shifting, false, 50, 3)]
    [InlineData(Shape.Shifting, true, 400, 4)]
    [InlineData(Shape.OnePlane, false, 50, 5)]
    [InlineData(Shape.Foreign, false, 50, 6)]
    [InlineData(Shape.Underestimated, false, 50, 7)]
    [InlineData(Shape.Overestimated, true, 50, 8)]
    [InlineData(Shape.Even, false, 5000, 9)]
    public void Twice_the_limit_is_paced_before_the_provider_refuses_and_the_limit_is_used(Shape shape, bool hasTurns, int latencyMs, int seed)
    {
        var (refused, used) = new World(shape, hasTurns, latencyMs, seed, isShared: true).Run(120);
        Assert.InRange(refused, 0, 0.01);
        Assert.InRange(used, 0.95, 1.001);
    }

    [Fact]
    public void Planes_that_hear_nothing_of_each_other_are_refused()
    {
        var (refused, _) = new World(Shape.Even, hasTurns: false, 50, 1, isShared: false).Run(60);
        Assert.InRange(refused, 0.05, 1);
    }

    /// <summary>Who asks for what.</summary>
    public enum Shape
    {
        Even,

        /// <summary>One plane for ten times as much as each other, another each 5 s.</summary>
        Shifting,

        /// <summary>The others stay idle.</summary>
        OnePlane,

        /// <summary>Somebody who is no plane uses a third of the account.</summary>
        Foreign,

        /// <summary>The provider counts a quarter more than planes reckon with.</summary>
        Underestimated,

        /// <summary>It counts a quarter less.</summary>
        Overestimated,
    }

    private sealed class World
    {
        private const long Size = 60_000;
        private const double PerMs = Size / 60_000.0;
        private const int CostMean = 20;

        private static readonly AccountId Id = new("p", "a", "m");

        private readonly AccountBook _book = new(-100 * LimitClock.SecondNs);
        private readonly AccountLimits[] _planes = [.. Enumerable.Range(0, Planes).Select(static _ => new AccountLimits())];
        private readonly PlaneState[] _names = [.. Enumerable.Range(0, Planes).Select(static i => new PlaneState($"plane-{i}", (UInt128)i))];
        private readonly PriorityQueue<Action, long> _due = new();
        private readonly double[] _owed = new double[Planes];
        private readonly Shape _shape;
        private readonly bool _hasTurns;
        private readonly bool _isShared;
        private readonly int _latencyMs;
        private readonly Random _random;
        private double _left = Size / 10.0;
        private double _there = Size / 10.0;
        private double _foreign;
        private long _sent;
        private long _refused;
        private double _used;
        private long _now;

        public World(Shape shape, bool hasTurns, int latencyMs, int seed, bool isShared)
        {
            (_shape, _hasTurns, _latencyMs, _isShared, _random) = (shape, hasTurns, latencyMs, isShared, new Random(seed));
        }

        public (double Refused, double Used) Run(int seconds)
        {
            for (; _now < seconds * 1000; _now += StepMs)
            {
                (_left, _there) = (Math.Min(Size, _left + (StepMs * PerMs)), _there + (StepMs * PerMs));
                while (_due.TryPeek(out _, out var at) && at <= _now)
                    _due.Dequeue()();
                if (_shape == Shape.Foreign && (_foreign += StepMs * PerMs / 3) >= 1 && _left >= _foreign)
                    (_left, _used, _foreign) = (_left - _foreign, _used + _foreign, 0);
                for (var plane = 0; plane < Planes; plane++)
                {
                    Ask(plane);
                    if (_isShared && (_now + (plane * 60)) % 250 == 0)
                        Tell(plane);
                }
            }

            return (_refused / (double)_sent, _used / _there);
        }

        private double PartOf(int plane) => _shape switch
        {
            Shape.Shifting => (_now / 5000 % Planes == plane ? 10.0 : 1.0) / (Planes + 9),
            Shape.OnePlane => plane == 0 ? 1 : 0,
            _ => 1.0 / Planes,
        };

        private void Ask(int plane)
        {
            _owed[plane] += 2 * PerMs / CostMean * StepMs * PartOf(plane);
            for (; _owed[plane] >= 1; _owed[plane]--)
            {
                var cost = new AccountCost(_random.Next(2, 2 * CostMean), 0);
                var limits = _planes[plane];
                var coarse = _now / 100 * 100;
                limits.Want(coarse, cost);
                var isTaken = limits.IsKnown;
                var wait = 0L;
                if (isTaken && !limits.TryTake(coarse, cost, _hasTurns ? 5000 : 0, out wait))
                    continue;
                _due.Enqueue(() => Send(plane, cost, isTaken), _now + wait + 1);
            }
        }

        /// <summary>It comes to the provider, which answers with what is left as of now.</summary>
        private void Send(int plane, AccountCost cost, bool isTaken)
        {
            _sent++;
            var counted = _shape switch { Shape.Underestimated => cost.Input * 1.25, Shape.Overestimated => cost.Input * 0.8, _ => cost.Input };
            if (_left >= counted)
                (_left, _used) = (_left - counted, _used + counted);
            else
                _refused++;
            var rate = new ProviderRate(true, Size, (long)_left, (long)((Size - _left) / PerMs));
            _due.Enqueue(() =>
            {
                var rates = new ProviderRates { Tokens = rate };
                if (isTaken)
                    _planes[plane].Learn(_now / 100 * 100, rates, cost);
                else
                    _planes[plane].Learn(_now / 100 * 100, rates);
            }, _now + _latencyMs);
        }

        private void Tell(int plane)
        {
            var limit = _planes[plane].Tokens;
            var rate = new AccountRate { Unit = QuotaUnit.Tokens, WantedTotal = (ulong)limit.Wanted };
            if (limit.TryTell(_now, out var told))
                (rate.Limit, rate.Remaining, rate.FullMs, rate.AgeMs) = ((ulong)told.Limit, (ulong)told.Remaining, (ulong)told.FullMs, (uint)told.AgeMs);
            var share = _book.Answer(_names[plane], Id, new AccountReport { Account = 1, Rates = { rate } }, _now * 1_000_000)!;
            foreach (var part in share.Parts)
            {
                _planes[plane].Hear(limit, _now, new SharedRate((long)part.Limit, (long)part.Remaining, (long)part.FullMs, part.AgeMs));
                limit.Share((int)part.PartPpm);
            }
        }
    }
}
