using AiEdge.DataPlane.Core;

namespace AiEdge.Stress.Tests;

/// <summary>What is wrong with the twin of a <see cref="RetryBudget"/>.</summary>
public enum RetryDefect
{
    None,

    /// <summary>It is counted first and entered afterwards.</summary>
    CountedBefore,

    /// <summary>Entries are written, whatever stands there by then.</summary>
    PlainWrite,

    /// <summary>What was refused is not taken back.</summary>
    NotTakenBack,
}

/// <summary>However many threads take from it, no more is granted than there is, and what was refused is there for the next.</summary>
public sealed class RetryBudgetTests
{
    private const int Percent = 20;

    [Fact]
    public void No_more_is_granted_than_there_is()
    {
        Race.Passes(Find(
            () =>
            {
                var budget = new RetryBudget();
                return (() => budget.OnRequest(0), () => budget.TryTake(0, Percent));
            },
            Race.Time));
    }

    [Theory]
    [InlineData(RetryDefect.CountedBefore)]
    [InlineData(RetryDefect.PlainWrite)]
    [InlineData(RetryDefect.NotTakenBack)]
    public void A_broken_twin_is_caught(RetryDefect defect) => Race.Fails(Find(() => Twin(defect), Race.TwinTime));

    [Fact]
    public void The_twin_without_a_defect_is_not_blamed() => Race.Passes(Find(() => Twin(RetryDefect.None), Race.Time));

    /// <summary>
    /// Three threads send requests and take, more together than there is. When they are through, what is left is taken by one alone: together
    /// that is the whole, for alone nobody is refused who need not be.
    /// </summary>
    private static string? Find(Func<(Action OnRequest, Func<bool> TryTake)> make, TimeSpan time)
    {
        const int Sent = 10;
        const int Whole = RetryBudget.Floor + (3 * Sent * Percent / 100);
        var (onRequest, tryTake) = make();
        var granted = 0;
        return Race.Rounds(
            time,
            _ =>
            {
                (onRequest, tryTake) = make();
                granted = 0;
            },
            _ =>
            {
                var together = granted;
                while (granted <= Whole && tryTake())
                    granted++;
                return granted == Whole ? null : $"{granted} of {Whole} were granted, {together} of them while threads competed";
            },
            Act,
            Act,
            Act);

        void Act(Random random)
        {
            for (var i = 0; i < Sent; i++)
            {
                onRequest();
                if (tryTake())
                    Interlocked.Increment(ref granted);
            }
        }
    }

    private static (Action OnRequest, Func<bool> TryTake) Twin(RetryDefect defect)
    {
        var twin = new TwinBudget(defect);
        return (twin.OnRequest, () => twin.TryTake(Percent));
    }

    /// <summary>A budget of one second alone, with pauses between its steps and, if asked for, a defect.</summary>
    private sealed class TwinBudget(RetryDefect defect)
    {
        private long _requests;
        private long _retries;

        public void OnRequest() => Interlocked.Increment(ref _requests);

        public bool TryTake(int percent)
        {
            if (defect == RetryDefect.CountedBefore)
            {
                if (Volatile.Read(ref _retries) + 1 > Allowed(percent))
                    return false;
                Race.Gap();
                Add(1);
                return true;
            }

            Add(1);
            Race.Gap();
            if (Volatile.Read(ref _retries) <= Allowed(percent))
                return true;
            if (defect != RetryDefect.NotTakenBack)
                Add(-1);
            return false;
        }

        private long Allowed(int percent) => (Volatile.Read(ref _requests) * percent / 100) + RetryBudget.Floor;

        private void Add(int count)
        {
            if (defect != RetryDefect.PlainWrite)
            {
                Interlocked.Add(ref _retries, count);
                return;
            }

            var known = Volatile.Read(ref _retries);
            Race.Gap();
            Volatile.Write(ref _retries, known + count);
        }
    }
}
