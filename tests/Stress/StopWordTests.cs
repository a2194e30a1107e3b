using System.Net.Sockets;
using System.Runtime.CompilerServices;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Transport;

namespace AiEdge.Stress.Tests;

/// <summary>
/// A stop meant for one exchange never ends the next; the first reason stays; and a stop that comes while a provider's connection
/// is being attached is seen by the one or by the other.
/// </summary>
public sealed class StopWordTests
{
    /// <summary>Reasons that do nothing to the client's own connection.</summary>
    private static readonly StopReason[] Reasons =
        [StopReason.ClientLeft, StopReason.ClientStalled, StopReason.Drain, StopReason.TotalTimeout];

    [Fact]
    public void A_stale_stop_is_ignored_and_the_first_reason_stays()
    {
        using var real = new Real();
        Race.Passes(FindStale(real, Race.Time));
    }

    [Theory]
    [InlineData(LinkDefect.PlainStop)]
    [InlineData(LinkDefect.NoNumber)]
    [InlineData(LinkDefect.LastReasonWins)]
    public void A_twin_that_stops_badly_is_caught(LinkDefect defect) => Race.Fails(FindStale(new TwinLink(defect), Race.TwinTime));

    [Fact]
    public void A_stop_during_an_attachment_is_seen_by_one_of_the_two()
    {
        using var real = new Real();
        Race.Passes(FindMissed(real, Race.Time));
    }

    [Theory]
    [InlineData(LinkDefect.LooksFirst)]
    [InlineData(LinkDefect.StopLooksFirst)]
    public void A_twin_that_attaches_badly_is_caught(LinkDefect defect) => Race.Fails(FindMissed(new TwinLink(defect), Race.TwinTime));

    [Fact]
    public void The_twin_without_a_defect_is_not_blamed()
    {
        Race.Passes(FindStale(new TwinLink(LinkDefect.None), Race.Time));
        Race.Passes(FindMissed(new TwinLink(LinkDefect.None), Race.Time));
    }

    /// <summary>
    /// One thread runs exchanges; the others read its number, dawdle, and stop that number with a reason that tells its parity.
    /// </summary>
    private static string? FindStale(ILink link, TimeSpan time)
    {
        var isBegun = false;
        return Race.Free(time, Exchanges, random => Stop(random, 0), random => Stop(random, 1));

        string? Exchanges(Random random)
        {
            link.Begin();
            Volatile.Write(ref isBegun, true);
            var first = StopReason.None;
            for (var look = random.Next(30); look >= 0; look--)
            {
                if (random.Next(8) == 0)
                    Thread.Yield();
                var reason = link.Reason;
                if (first != StopReason.None && reason != first)
                    return $"{first} became {reason}";
                first = reason;
                if (reason != StopReason.None && Array.IndexOf(Reasons, reason) / 2 != link.Number % 2)
                    return $"exchange {link.Number} was stopped by {reason}, which was meant for another";
            }

            return null;
        }

        string? Stop(Random random, int which)
        {
            if (!Volatile.Read(ref isBegun))
                return null;
            var number = link.Number;
            Thread.SpinWait(random.Next(60));
            link.Stop(number, Reasons[number % 2 * 2 + which]);
            return null;
        }
    }

    private static string? FindMissed(ILink link, TimeSpan time)
    {
        var lease = new Lease();
        var isAttached = false;
        return Race.Rounds(time, _ => Begin(), _ => Judge(), _ => isAttached = link.Attach(lease, link.Number), _ => link.Stop(link.Number, StopReason.Drain));

        void Begin()
        {
            link.Begin();
            lease.Aborted = 0;
        }

        string? Judge()
        {
            if (link.Reason != StopReason.Drain)
                return "a stop left no reason";
            if (isAttached && lease.Aborted != link.Number)
                return "an exchange that was stopped waits for its provider";
            link.Detach();
            return null;
        }
    }

    private sealed class Lease : IUpstreamLease
    {
        /// <summary>The lease's number that was given up, which is the exchange's here.</summary>
        public long Aborted;

        public void Abort(long lease) => Volatile.Write(ref Aborted, lease);

        public void Wake(long lease)
        {
        }
    }

    private sealed class Real : ILink, IDisposable
    {
        private readonly SocketConnection _connection;
        private readonly ClientLink _link;

        public Real()
        {
            _connection = new SocketConnection(new Socket(SocketType.Stream, ProtocolType.Tcp), BlockPool.Shared);
            _link = new ClientLink(_connection, new EdgeClock());
        }

        public long Number => _link.Number;

        public StopReason Reason => _link.Reason;

        public void Begin() => _link.Begin();

        public bool Attach(IUpstreamLease upstream, long lease) => _link.Attach(upstream, lease);

        public void Detach() => _link.Detach();

        public void Stop(long number, StopReason reason) => StopNumber(_link, number, reason);

        public void Dispose() => _connection.Abort();

        /// <summary>What a deadline calls with the number that it has read before.</summary>
        [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "StopNumber")]
        private static extern void StopNumber(ClientLink link, long number, StopReason reason);
    }
}

/// <summary>What the test needs of a link.</summary>
internal interface ILink
{
    long Number { get; }

    StopReason Reason { get; }

    void Begin();

    bool Attach(IUpstreamLease upstream, long lease);

    void Detach();

    void Stop(long number, StopReason reason);
}
