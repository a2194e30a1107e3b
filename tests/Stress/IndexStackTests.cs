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
        Assert.Equal(Capacity, Count(() => stack.TryPop(out _)));
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

    private static string? Find(Func<Token, bool> push, Func<Token?> pop, TimeSpan time)
    {
        for (var i = 0; i < Capacity; i++)
            Assert.True(push(new Token()));
        return Race.Free(time, [.. Enumerable.Repeat((Func<Random, string?>)Turn, Threads)]);

        // Each thread holds two at most, so that there is always one to be had and room for each that goes back.
        string? Turn(Random random)
        {
            var (fault, first) = Take();
            if (fault is not null)
                return fault;
            (fault, var second) = first is not null && random.Next(2) == 0 ? Take() : default;
            if (fault is not null)
                return fault;
            if (random.Next(2) == 0)
                (first, second) = (second, first);
            return GiveBack(first) ?? GiveBack(second);
        }

        (string? Fault, Token? Token) Take()
        {
            if (pop() is not { } token)
                return default;
            return Interlocked.Exchange(ref token.Held, 1) == 0 ? (null, token) : ("an object was given to two at a time", null);
        }

        string? GiveBack(Token? token)
        {
            if (token is null)
                return null;
            Volatile.Write(ref token.Held, 0);
            return push(token) ? null : "there was no room for an object that had been popped";
        }
    }

    private static Token Taken(Token? token) => token ?? throw new InvalidOperationException("a filled slot was empty");

    private static int Count(Func<bool> pop)
    {
        var count = 0;
        while (count <= Capacity && pop())
            count++;
        return count;
    }

    private sealed class Token
    {
        public int Held;
    }
}
