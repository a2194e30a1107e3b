using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Record;

namespace AiEdge.DataPlane.Tests.Record;

/// <summary>What becomes of the records of an exchange on their way to the disk.</summary>
public sealed class UsageJournalTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public void An_exchange_that_is_over_before_the_next_commit_has_one_record()
    {
        using var rig = new JournalRig();
        using (var journal = Begin(rig, JournalMode.Group, TimeSpan.FromSeconds(1)))
        {
            // The first of a batch wakes the thread, which then lets the others gather for a second.
            var first = JournalRig.Exchange("first");
            journal.Close(first, null);
            for (var i = 0; i < 5; i++)
            {
                var exchange = JournalRig.Exchange($"short{i}");
                var open = journal.Open(exchange);
                Assert.NotNull(open);
                journal.Close(exchange, open);
            }
        }

        Assert.Equal(["first", .. Enumerable.Range(0, 5).Select(i => $"short{i}")], rig.Read());
    }

    [Fact]
    public void One_that_is_under_way_at_a_commit_has_left_a_trace()
    {
        using var rig = new JournalRig();
        using var journal = Begin(rig, JournalMode.Group, TimeSpan.FromMilliseconds(1));
        var exchange = JournalRig.Exchange("long");
        var open = journal.Open(exchange);
        Assert.True(SpinWait.SpinUntil(() => journal.Records == 1, Patience));
        Assert.Equal(["long"], rig.Read());
        journal.Close(exchange, open);
        Assert.True(SpinWait.SpinUntil(() => journal.Records == 2, Patience));
        Assert.Equal(["long", "long"], rig.Read());
    }

    [Fact]
    public void What_was_written_cannot_be_taken_back_and_what_is_another_s_is_left_alone()
    {
        var entry = new JournalEntry { Kind = JournalKind.Open, Exchange = 7 };
        entry.Withhold();
        Assert.False(entry.TryTakeBack(6));
        Assert.True(entry.TryTake());
        Assert.False(entry.TryTakeBack(7));
        entry.Exchange = 8;
        entry.Withhold();
        Assert.False(entry.TryTakeBack(7));
        Assert.True(entry.TryTake());
    }

    [Fact]
    public void What_was_taken_back_is_written_with_what_was_put_into_it_wherever_its_turn_comes()
    {
        var entry = new JournalEntry { Kind = JournalKind.Open, Exchange = 7 };
        entry.Withhold();
        Assert.True(entry.TryTakeBack(7));
        Assert.True(entry.TryPutBack(7));
        Assert.True(entry.TryTake());
        entry.Withhold();
        Assert.True(entry.TryTakeBack(7));
        Assert.False(entry.TryTake());
        Assert.False(entry.TryPutBack(7));
        Assert.True(entry.TryTake());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task However_they_cross_each_exchange_ends_once(bool isSync)
    {
        using var rig = new JournalRig();
        using (var journal = Begin(rig, isSync ? JournalMode.Sync : JournalMode.Group, TimeSpan.FromMilliseconds(1)))
        {
            var clients = Enumerable.Range(0, 4).Select(client => Task.Run(async () =>
            {
                var wait = new JournalWait();
                for (var i = 0; i < 500; i++)
                {
                    var exchange = JournalRig.Exchange($"{client}-{i}");
                    var open = journal.Open(exchange);
                    if (i % 3 == 0)
                        await Task.Yield();
                    if (isSync)
                        Assert.True(await journal.CloseAsync(exchange, open, wait));
                    else
                        journal.Close(exchange, open);
                }
            }));
            await Task.WhenAll(clients);
        }

        var ends = new List<string>();
        using var reader = new JournalReader(rig.Folder, JournalRecovery.Judge(rig.Folder)!.Value);
        var item = new JournalItem();
        while (reader.TryNext(out var record))
        {
            item.Read(record);
            if (item.Kind == JournalKind.Exchange)
                ends.Add(item[JournalText.RequestId]);
            else
                Assert.DoesNotContain(item[JournalText.RequestId], ends);
        }

        Assert.Equal(2000, ends.Distinct().Count());
        Assert.Equal(2000, ends.Count);
        Assert.Empty(JournalRecovery.Survey(rig.Folder, JournalRecovery.Judge(rig.Folder)!.Value).Open);
    }

    private static UsageJournal Begin(JournalRig rig, JournalMode mode, TimeSpan interval) => new(
        JournalStore.Open(rig.Folder),
        new JournalModel
        {
            Mode = mode,
            CommitInterval = interval,
            Progress = TimeSpan.FromSeconds(10),
            BytesMax = 1L << 30,
            RefuseWhenFull = true,
            Keep = TimeSpan.FromHours(1),
        },
        new EdgeClock(),
        TextWriter.Null);
}
