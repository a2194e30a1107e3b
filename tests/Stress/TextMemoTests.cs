using AiEdge.Tokenization.Memo;

namespace AiEdge.Stress.Tests;

/// <summary>A text that is found has its own count, however many write over each other's entries.</summary>
public sealed class TextMemoTests
{
    private const int Texts = 24;
    private const int Threads = 4;

    [Fact]
    public void The_memo_never_gives_one_texts_count_for_another()
    {
        // One set of four ways: every addition drives another text out.
        var memo = new TextMemo(4);
        FindMany(memo.TryFind, memo.Add, 1000);
    }

    [Theory]
    [InlineData(MemoDefect.Unsealed)]
    [InlineData(MemoDefect.HalfSealed)]
    public void A_broken_twin_is_caught(MemoDefect defect)
    {
        var memo = new TwinMemo(defect);
        Race.Fails(Find(memo.TryFind, memo.Add, Race.TwinTime, out _));
    }

    [Fact]
    public void The_twin_without_a_defect_is_not_blamed()
    {
        var memo = new TwinMemo(MemoDefect.None);
        FindMany(memo.TryFind, memo.Add, 100);
    }

    private delegate bool Finder(TextKey key, out long count);

    /// <summary>Until so many were found: on a busy machine a turn may take as long as many do else.</summary>
    private static void FindMany(Finder find, Action<TextKey, long> add, int least)
    {
        int found = 0;
        var end = Environment.TickCount64 + (long)Race.TwinTime.TotalMilliseconds;
        do
        {
            Race.Passes(Find(find, add, Race.Time, out int more));
            found += more;
        }
        while (found <= least && Environment.TickCount64 < end);
        Assert.True(found > least, $"only {found} were found at all");
    }

    private static string? Find(Finder find, Action<TextKey, long> add, TimeSpan time, out int found)
    {
        // Keys as a hash gives them; some share a half, as keys of a weak hash would.
        var random = new Random(5);
        var keys = Enumerable.Range(0, Texts).Select(_ => new TextKey((ulong)random.NextInt64(), (ulong)random.NextInt64())).ToArray();
        int hits = 0;
        string? fault = Race.Free(time, [.. Enumerable.Repeat((Func<Random, string?>)Act, Threads)]);
        found = hits;
        return fault;

        string? Act(Random chance)
        {
            for (int turn = 0; turn < 200; turn++)
            {
                int text = chance.Next(Texts);
                if (!find(keys[text], out long count))
                {
                    add(keys[text], CountOf(text));
                    continue;
                }

                Interlocked.Increment(ref hits);
                if (count != CountOf(text))
                    return $"text {text} was given {count} instead of {CountOf(text)}";
            }

            return null;
        }
    }

    private static long CountOf(int text) => (text * 7919L) + 1;
}
