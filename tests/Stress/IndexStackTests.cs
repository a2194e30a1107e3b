using AiEdge.DataPlane.Transport;

namespace AiEdge.Stress.Tests;

/// <summary>An object that was pushed is popped once, by one, and none is lost.</summary>
public sealed class IndexStackTests
{
    private const int Capacity = 6;
    private const int Threads = 4;

    [Fact]
    public void The_stack_gives_each_object_to_one_at_a_time_and_loses_none()
    {
        var stack = new IndexStack<Token>(Capacity);
        Race.Passes(Find(stack.TryPush, () => stack.TryPop(out var token) ? Taken(token) : null, Race.Time));
    }

    [Theory]
    [InlineData(StackDefect.NoTag)]
    [InlineData(StackDefect.PlainPop)]
    [InlineData(StackDefect.LatePush)]
    public void A_broken_twin_is_caught(StackDefect defect)
    {
        var stack = new TwinStack<Token>(Capacity, defect);
        Race.Fails(Find(stack.TryPush, () => stack.TryPop(out var token) ? token : null, Race.TwinTime));
    }

    [Fact]
    public void The_twin_without_a_defect_is_not_blamed()
    {
        var stack = new TwinStack<Token>(Capacity, StackDefect.None);
        Race.Passes(Find(stack.TryPush, () => stack.TryPop(out var token) ? token : null, Race.Time));
    }

    [Fact]
    public void A_push_onto_a_full_stack_fails_and_one_after_a_pop_succeeds()
    {
        var stack = new IndexStack<Token>(2);
        Assert.True(stack.TryPush(new Token()));
        Assert.True(stack.TryPush(new Token()));
        Assert.False(stack.TryPush(new Token()));
        Assert.True(stack.TryPop(out _));
        Assert.True(stack.TryPush(new Token()));
        Assert.Equal(2, stack.Count);
    }

    /// <summary>After each round everything has been given back, and all of it must be there, each once.</summary>
    private static string? Find(Func<Token, bool> push, Func<Token?> pop, TimeSpan time)
    {
        var tokens = Enumerable.Range(0, Capacity).Select(_ => new Token()).ToList();
        return Race.Rounds(time, Fill, Judge, [.. Enumerable.Repeat((Action<Random>)TakeTurns, Threads)]);

        void Fill(Random random) => tokens.ForEach(token => GiveBack(token));

        void TakeTurns(Random random)
        {
            for (var turn = 0; turn < 60; turn++)
            {
                // Each thread holds two at most, so that there is often one to be had, and always room for what goes back.
                var first = Take();
                var second = first is not null && random.Next(2) == 0 ? Take() : null;
                if (random.Next(2) == 0)
                    (first, second) = (second, first);
                GiveBack(first);
                GiveBack(second);
            }
        }

        string? Judge(Random random)
        {
            for (var count = 0; count < Capacity; count++)
            {
                if (Take() is null)
                    return $"{Capacity - count} objects were lost";
            }

            return Take() is null ? null : "there are more objects than were pushed";
        }

        Token? Take()
        {
            var token = pop();
            if (token is not null && Interlocked.Exchange(ref token.Held, 1) != 0)
                throw new InvalidOperationException("an object was given to two at a time");
            return token;
        }

        void GiveBack(Token? token)
        {
            if (token is null)
                return;
            Volatile.Write(ref token.Held, 0);
            if (!push(token))
                throw new InvalidOperationException("there was no room for an object that had been popped");
        }
    }

    private static Token Taken(Token? token) => token ?? throw new InvalidOperationException("a filled slot was empty");

    private sealed class Token
    {
        public int Held;
    }
}
