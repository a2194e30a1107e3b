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

    [Theory]
    [InlineData(-1, 100)]
    [InlineData(5000, 5000)]
    public void How_far_a_stream_is_is_written_again_after_so_many_tokens_or_where_nobody_counts_them_events(long counted, long from)
    {
        using var rig = new JournalRig();
        using var journal = Begin(rig, JournalMode.Group, TimeSpan.FromMilliseconds(1));
        var exchange = JournalRig.Exchange("long");
        journal.Open(exchange);
        Assert.False(journal.IsProgressDue(exchange, UsageJournal.ProgressEvents - 1));
        Assert.True(journal.IsProgressDue(exchange, UsageJournal.ProgressEvents));
        (exchange.CountedOutputTokens, exchange.Events) = (counted, 100);
        journal.Progress(exchange);
        Assert.False(journal.IsProgressDue(exchange, from + UsageJournal.ProgressEvents - 1));
        Assert.True(journal.IsProgressDue(exchange, from + UsageJournal.ProgressEvents));
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

    [Fact]
    public void What_was_amended_can_be_taken_back_still()
    {
        var entry = new JournalEntry { Kind = JournalKind.Open, Exchange = 7 };
        entry.Withhold();
        Assert.True(entry.TryTakeBack(7));
        Assert.True(entry.TryWithholdAgain(7));
        Assert.True(entry.TryTakeBack(7));
        Assert.False(entry.TryTake());
        Assert.False(entry.TryWithholdAgain(7));
        entry.Withhold();
        Assert.True(entry.TryTakeBack(7));
    }

    [Fact]
    public void Counts_of_tokens_by_a_provider_are_no_bills_and_take_no_place_of_theirs()
    {
        using var rig = new JournalRig();
        using var journal = Begin(rig, JournalMode.Group, TimeSpan.FromMilliseconds(1));
        var count = new Endpoint("/v1/responses/input_tokens", RequestShape.Responses, EndpointKind.CountTokens);
        for (var i = 0; i < 20_000; i++)
        {
            var exchange = JournalRig.Exchange("counted");
            (exchange.Endpoint, exchange.Attempts, exchange.Usage) = (count, 1, default);
            journal.Close(exchange, null);
        }

        Assert.InRange(journal.LeftOut, 10_000, 19_000);
        journal.Close(JournalRig.Exchange("billed"), null);
        Assert.True(SpinWait.SpinUntil(() => journal.Records == 20_001 - journal.LeftOut, Patience));
    }

    [Fact]
    public void Refusals_in_a_loop_take_their_part_of_the_journal_and_no_more_and_are_counted_in_their_key_s_next_record()
    {
        using var rig = new JournalRig();
        var key = new KeyModel { Name = "loops", Sha256 = new byte[32], ExpiresUnixMs = long.MaxValue };
        long left;
        using (var journal = Begin(rig, JournalMode.Group, TimeSpan.FromMilliseconds(1)))
        {
            for (var i = 0; i < 20_000; i++)
                journal.Close(Refused(key), null);
            left = journal.LeftOut;
            Assert.InRange(left, 10_000, 19_000);
            Assert.True(SpinWait.SpinUntil(() => journal.Records == 20_000 - left, Patience));
            Assert.InRange(journal.Bytes, 1, 2 * UnsentAllowance.BurstBytes);
            Assert.True(journal.Admits);
            Assert.Equal(0, journal.Dropped);

            // Somebody else's says nothing of it.
            journal.Close(JournalRig.Exchange("other"), null);
            var served = JournalRig.Exchange("served");
            served.Key = key;
            journal.Close(served, null);
        }

        var item = new JournalItem();
        var written = 0L;
        using var reader = new JournalReader(rig.Folder, JournalRecovery.Judge(rig.Folder)!.Value);
        while (reader.TryNext(out var record))
        {
            item.Read(record);
            if (item[JournalText.Key] == "loops")
                written += 1 + item[JournalNumber.LeftOut];
            else
                Assert.Equal(0, item[JournalNumber.LeftOut]);
        }

        Assert.Equal(20_001, written);
    }

    [Fact]
    public async Task One_that_was_about_to_be_sent_and_was_not_is_no_crash_though_its_record_is_left_out()
    {
        using var rig = new JournalRig();
        using (var journal = Begin(rig, JournalMode.Sync, TimeSpan.FromMilliseconds(1)))
        {
            var wait = new JournalWait();
            var key = new KeyModel { Name = "loops", Sha256 = new byte[32], ExpiresUnixMs = long.MaxValue };
            for (var i = 0; i < 20_000; i++)
                journal.Close(Refused(key), null);
            var before = journal.LeftOut;
            for (var i = 0; i < 200; i++)
            {
                var exchange = Refused(key);
                Assert.True(await journal.CloseAsync(exchange, journal.Open(exchange), wait));
            }

            Assert.True(journal.LeftOut > before);
        }

        Assert.Empty(JournalRecovery.Survey(rig.Folder, JournalRecovery.Judge(rig.Folder)!.Value).Open);
    }

    private static Exchange Refused(KeyModel key)
    {
        var exchange = JournalRig.Exchange("refused");
        (exchange.Key, exchange.Attempts, exchange.Status, exchange.Usage, exchange.End) = (key, 0, 429, default, EndReason.Refused);
        return exchange;
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

    [Fact]
    public async Task In_sync_mode_an_answer_waits_for_its_record_to_be_on_disk_and_one_sync_serves_all_that_came_before_it()
    {
        using var rig = new JournalRig();
        var machine = new StalledMachine();
        using var journal = Begin(rig, JournalMode.Sync, TimeSpan.FromMilliseconds(1), machine);
        var syncs = 0;
        machine.During = name => syncs += name == JournalLayout.CommitFile ? 1 : 0;
        machine.Stall(JournalLayout.CommitFile);
        var first = Close("first");
        try
        {
            Assert.True(await machine.Stalled.WaitAsync(Patience));
            Assert.False(first.IsCompleted);
            Assert.Equal(["first"], rig.Read());
            // They are written while the disk is waited for, each by itself.
            var others = new List<Task<bool>>();
            for (var i = 0; i < 5; i++)
            {
                others.Add(Close($"r{i}"));
                Assert.True(SpinWait.SpinUntil(() => rig.Read().Count == others.Count + 1, Patience));
            }

            Assert.False(first.IsCompleted);
            Assert.DoesNotContain(others, other => other.IsCompleted);
            Assert.Equal(0, journal.Records);
            Assert.True(SpinWait.SpinUntil(() => journal.LagMs > 0, Patience));
            machine.GoOn();
            Assert.True(await first.WaitAsync(Patience));
            foreach (var other in others)
                Assert.True(await other.WaitAsync(Patience));
        }
        finally
        {
            machine.GoOn();
        }

        Assert.Equal(6, journal.Records);
        Assert.Equal(2, syncs);
        Assert.True(SpinWait.SpinUntil(() => journal.LagMs == 0, Patience));

        Task<bool> Close(string id) => journal.CloseAsync(JournalRig.Exchange(id), null, new JournalWait()).AsTask();
    }

    [Fact]
    public async Task In_group_mode_records_are_committed_while_the_disk_is_waited_for()
    {
        using var rig = new JournalRig();
        var machine = new StalledMachine();
        using var journal = Begin(rig, JournalMode.Group, TimeSpan.FromMilliseconds(1), machine);
        foreach (var name in (string[])[JournalLayout.SegmentPrefix + "0", JournalLayout.CommitFile, JournalLayout.MarkFile])
        {
            machine.Stall(name);
            var before = journal.Records;
            journal.Close(JournalRig.Exchange("before"), null);
            try
            {
                Assert.True(await machine.Stalled.WaitAsync(Patience));
                for (var i = 1; i <= 20; i++)
                {
                    journal.Close(JournalRig.Exchange($"r{i}"), null);
                    Assert.True(SpinWait.SpinUntil(() => journal.Records == before + 1 + i, Patience));
                }

                Assert.Equal("r20", rig.Read()[^1]);
            }
            finally
            {
                machine.GoOn();
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task When_a_sync_fails_nothing_is_promised_any_more(bool isSync)
    {
        using var rig = new JournalRig();
        var machine = new StalledMachine { During = name => throw new IOException("the disk is gone: " + name) };
        var said = new StringWriter();
        using (var journal = Begin(rig, isSync ? JournalMode.Sync : JournalMode.Group, TimeSpan.FromMilliseconds(1), machine, said))
        {
            if (isSync)
                Assert.False(await journal.CloseAsync(JournalRig.Exchange("r"), null, new JournalWait()).AsTask().WaitAsync(Patience));
            else
                journal.Close(JournalRig.Exchange("r"), null);
            Assert.True(SpinWait.SpinUntil(() => !journal.Admits, Patience));
            Assert.Equal(isSync ? (0, 1) : (1, 0), (journal.Records, journal.Dropped));
            Assert.Equal(1, journal.CommitFailures);
        }

        Assert.StartsWith("journal: nothing is written any more: the disk is gone: journal.log.0", said.ToString(), StringComparison.Ordinal);
    }

    private static UsageJournal Begin(JournalRig rig, JournalMode mode, TimeSpan interval, StalledMachine? machine = null, TextWriter? said = null) => new(
        Open(rig, machine),
        new JournalModel
        {
            Mode = mode,
            CommitInterval = interval,
            Progress = TimeSpan.FromSeconds(10),
            BytesMax = 1L << 30,
            Full = JournalFull.Refuse,
            Keep = TimeSpan.FromHours(1),
        },
        new EdgeClock(),
        said ?? TextWriter.Null);

    /// <summary>What is done while it is opened is nothing that a test is about.</summary>
    private static JournalStore Open(JournalRig rig, StalledMachine? machine)
    {
        if (machine is null)
            return JournalStore.Open(rig.Folder);
        (var during, machine.During) = (machine.During, null);
        var store = JournalStore.Open(rig.Folder, machine: machine);
        machine.During = during;
        return store;
    }
}
