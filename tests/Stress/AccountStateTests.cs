using AiEdge.DataPlane.Core;

namespace AiEdge.Stress.Tests;

/// <summary>What is wrong with the twin of an <see cref="AccountState"/>.</summary>
public enum PauseDefect
{
    None,

    /// <summary>Whoever finds a shorter pause writes its own, whatever stands there by then.</summary>
    PlainWrite,

    /// <summary>Who was overtaken leaves it at that, though the other's pause was shorter.</summary>
    GivesUp,
}

/// <summary>However many threads tell what a provider asked for, an account is left alone until the latest of it.</summary>
public sealed class AccountStateTests
{
    private const int Steps = 4;

    [Fact]
    public void The_longest_pause_holds()
    {
        Race.Passes(Find(
            () =>
            {
                var account = new AccountState();
                return (ms => account.Pause(0, TimeSpan.FromMilliseconds(ms)), () => account.PauseLeftMs(0));
            },
            Race.Time));
    }

    [Theory]
    [InlineData(PauseDefect.PlainWrite)]
    [InlineData(PauseDefect.GivesUp)]
    public void A_broken_twin_is_caught(PauseDefect defect) => Race.Fails(Find(() => Twin(defect), Race.TwinTime));

    [Fact]
    public void The_twin_without_a_defect_is_not_blamed() => Race.Passes(Find(() => Twin(PauseDefect.None), Race.Time));

    private static string? Find(Func<(Action<long> Pause, Func<long> Left)> make, TimeSpan time)
    {
        var (pause, left) = make();
        long longest = 0;
        return Race.Rounds(
            time,
            _ =>
            {
                (pause, left) = make();
                longest = 0;
            },
            _ => left() == longest ? null : $"{left()} ms are left, and {longest} were asked for",
            Act,
            Act,
            Act);

        void Act(Random random)
        {
            for (var i = 0; i < Steps; i++)
            {
                long ms = random.Next(1, 1000);
                long known;
                while (ms > (known = Volatile.Read(ref longest)) && Interlocked.CompareExchange(ref longest, ms, known) != known)
                {
                }

                pause(ms);
            }
        }
    }

    private static (Action<long>, Func<long>) Twin(PauseDefect defect)
    {
        long until = 0;
        return (Pause, () => Volatile.Read(ref until));

        void Pause(long ms)
        {
            var known = Volatile.Read(ref until);
            while (ms > known)
            {
                Race.Gap();
                if (defect == PauseDefect.PlainWrite)
                {
                    Volatile.Write(ref until, ms);
                    return;
                }

                var found = Interlocked.CompareExchange(ref until, ms, known);
                if (found == known || defect == PauseDefect.GivesUp)
                    return;
                known = found;
            }
        }
    }
}
