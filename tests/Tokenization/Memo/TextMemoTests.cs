using System.Text;
using AiEdge.Tokenization.Memo;

namespace AiEdge.Tokenization.Tests.Memo;

public sealed class TextMemoTests
{
    [Fact]
    public void What_was_added_is_found_and_nothing_else()
    {
        var memo = new TextMemo(1024, Fixed);
        TextKey key = memo.KeyOf(1, "some text"u8);
        Assert.False(memo.TryFind(key, out _));
        memo.Add(key, 42);
        Assert.True(memo.TryFind(key, out long count));
        Assert.Equal(42, count);
        Assert.False(memo.TryFind(memo.KeyOf(1, "some texT"u8), out _));
        Assert.False(memo.TryFind(memo.KeyOf(2, "some text"u8), out _));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(int.MaxValue)]
    [InlineData(TextMemo.CountMax)]
    public void Any_count_comes_back_as_it_was(long given)
    {
        var memo = new TextMemo(4);
        TextKey key = memo.KeyOf(0, [1, 2, 3]);
        memo.Add(key, given);
        Assert.True(memo.TryFind(key, out long count));
        Assert.Equal(given, count);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(TextMemo.CountMax + 1)]
    public void A_count_that_has_no_room_is_not_remembered(long given)
    {
        var memo = new TextMemo(4);
        memo.Add(memo.KeyOf(0, [1]), given);
        Assert.False(memo.TryFind(memo.KeyOf(0, [1]), out _));
    }

    [Fact]
    public void The_table_never_grows_and_never_says_anything_wrong()
    {
        var memo = new TextMemo(64, Fixed);
        int found = 0;
        for (int i = 0; i < 20_000; i++)
        {
            memo.Add(Key(memo, i), i);
            int back = i - (i % 100);
            if (memo.TryFind(Key(memo, back), out long count))
            {
                found++;
                Assert.Equal(back, count);
            }
        }

        Assert.Equal(64, memo.Entries);
        Assert.True(found > 5000, $"{found} found");
        Assert.True(Enumerable.Range(0, 20_000).Count(i => memo.TryFind(Key(memo, i), out _)) <= 64);
    }

    [Fact]
    public void Half_of_what_it_has_room_for_is_mostly_kept()
    {
        var memo = new TextMemo(4096, Fixed);
        for (int i = 0; i < 2048; i++)
            memo.Add(Key(memo, i), i);
        int kept = Enumerable.Range(0, 2048).Count(i => memo.TryFind(Key(memo, i), out _));
        Assert.True(kept > 1900, $"{kept} kept");
    }

    [Fact]
    public void What_is_asked_for_again_and_again_outlives_what_comes_once()
    {
        var memo = new TextMemo(1024, Fixed);
        for (int i = 0; i < 100; i++)
            memo.Add(Key(memo, i), i);
        int lost = 0;
        for (int i = 100; i < 100_000; i++)
        {
            memo.Add(Key(memo, i), i);
            int hot = i % 100;
            if (memo.TryFind(Key(memo, hot), out _))
                continue;
            lost++;
            memo.Add(Key(memo, hot), hot);
        }

        Assert.True(lost < 1000, $"{lost} lost");
    }

    [Theory]
    [InlineData(1, 4)]
    [InlineData(4, 4)]
    [InlineData(5, 4)]
    [InlineData(8, 8)]
    [InlineData(65536, 65536)]
    public void The_number_of_entries_is_a_power_of_two(int asked, int entries) => Assert.Equal(entries, new TextMemo(asked).Entries);

    [Theory]
    [InlineData(0)]
    [InlineData(TextMemo.EntriesMax + 1)]
    public void A_number_of_entries_out_of_bounds_is_refused(int asked) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new TextMemo(asked));

    [Fact]
    public void Nothing_is_allocated_by_lookups_and_additions()
    {
        var memo = new TextMemo(64, Fixed);
        byte[] text = new byte[1000];
        long before = 0;
        for (int round = 0; round < 3; round++)
        {
            before = GC.GetAllocatedBytesForCurrentThread();
            for (byte i = 0; i < 200; i++)
            {
                text[0] = i;
                TextKey key = memo.KeyOf(1, text);
                if (!memo.TryFind(key, out _))
                    memo.Add(key, i);
            }
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    /// <summary>How texts fall on sets is the same in each run, so that what is judged by numbers is judged alike.</summary>
    private static readonly TextHashSecret Fixed = new(1, 2);

    private static TextKey Key(TextMemo memo, int i) => memo.KeyOf(1, Encoding.ASCII.GetBytes("text " + i));
}
