using System.Net.Sockets;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Transport;

namespace AiEdge.Stress.Tests;

/// <summary>
/// A step that is due wakes what it was set for, and nothing that is leased after it: also where the next step is due at the very time at which the one
/// before was.
/// </summary>
public sealed class StepWordTests
{
    [Fact]
    public void Each_step_is_for_its_own_lease()
    {
        using var real = new Real();
        Race.Passes(Find(real, Race.Time));
    }

    [Theory]
    [InlineData(StepDefect.Alike)]
    [InlineData(StepDefect.LeaseLast)]
    public void A_twin_that_takes_one_step_for_another_is_caught(StepDefect defect) => Race.Fails(Find(new TwinSteps(defect), Race.TwinTime));

    [Fact]
    public void The_twin_without_a_defect_is_not_blamed() => Race.Passes(Find(new TwinSteps(StepDefect.None), Race.Time));

    /// <summary>One thread leases and sets steps, one after the other; another acts on what is due, and so does the first, as the wheel's next turn would.</summary>
    private static string? Find(ISteps steps, TimeSpan time)
    {
        var (lease, passes) = (0L, 0L);
        var end = Environment.TickCount64 + (long)time.TotalMilliseconds;
        return Race.Free(time, Exchange, _ => Act());

        string? Exchange(Random random)
        {
            steps.Begin(++lease);
            Thread.SpinWait(random.Next(60));
            steps.End();

            // Leased, and nothing is set for it that could be due.
            steps.Lease(++lease);
            if (IsSoon(() => steps.IsLate, rounds: 1) == true)
                return $"lease {lease} is late, for which no step was set";
            steps.Begin(++lease);
            steps.Act();
            return IsSoon(() => steps.IsLate, rounds: 2) == false ? $"the step of lease {lease} is gone, and it was not woken" : null;
        }

        string? Act()
        {
            steps.Act();
            Volatile.Write(ref passes, passes + 1);
            return null;
        }

        // Null where the time is up: then there may be nobody else.
        bool? IsSoon(Func<bool> holds, int rounds)
        {
            for (var until = Volatile.Read(ref passes) + rounds; !holds();)
            {
                if (Volatile.Read(ref passes) >= until)
                    return holds();
                if (Environment.TickCount64 >= end)
                    return null;
                Thread.Yield();
            }

            return true;
        }
    }

    private sealed class Real : ISteps, IUpstreamLease, IDisposable
    {
        private readonly SocketConnection _connection;
        private readonly ClientLink _link;

        public Real()
        {
            _connection = new SocketConnection(new Socket(SocketType.Stream, ProtocolType.Tcp), BlockPool.Shared);

            // The clock stands still: every step is due at the same time.
            _link = new ClientLink(_connection, new EdgeClock());
            _link.Begin();
        }

        public bool IsLate => _link.IsLate;

        public void Lease(long lease) => _link.Attach(this, lease);

        public void Begin(long lease)
        {
            Lease(lease);
            _link.SetStep(Step.Late, TimeSpan.Zero);
        }

        public void End()
        {
            _link.ClearStep();
            _link.Detach();
        }

        public void Act() => ((IThreadPoolWorkItem)_link).Execute();

        public void Abort(long lease)
        {
        }

        public void Wake(long lease)
        {
        }

        public void Dispose() => _connection.Abort();
    }
}

/// <summary>What the test needs of a link.</summary>
internal interface ISteps
{
    /// <summary>Whether what is leased was woken.</summary>
    bool IsLate { get; }

    void Lease(long lease);

    /// <summary>Leases, and sets a step that is due at once.</summary>
    void Begin(long lease);

    void End();

    /// <summary>Acts on what is due.</summary>
    void Act();
}
