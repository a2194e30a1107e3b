using AiEdge.Contracts.Wire;
using AiEdge.Functional.Tests.Rig;
using AiEdge.Grpc;
using Google.Protobuf;

namespace AiEdge.Functional.Tests.Fleet;

/// <summary>The journal on its way to the control plane.</summary>
public sealed class UsageShippingTests
{
    [Fact]
    public async Task What_was_used_arrives_with_its_key_its_tokens_and_its_place_in_the_journal()
    {
        await using var control = await ScriptedControl.StartAsync();
        var (edge, watch) = await LinkedEdge.ServeAsync(control);
        await using var _ = edge;
        var report = await control.ReportAsync();
        var span = Assert.Single(report.Hello.Journals);
        Assert.Equal((watch.Hello.Plane.Epoch, 1UL, 0UL, false), (span.Epoch, span.FirstSequence, span.LastSequence, span.IsClosed));
        await report.GreetAsync(control.Book.StoreId);

        await edge.AskAsync(Ask.Chat(fields: "x-request-id: mine-1\r\n"));
        var records = await TakeAsync(report, count: 1);

        var record = records[0];
        Assert.Equal((RecordKind.Exchange, "full", "gpt-4o", "fake", "fake-n3", "done", 200U), (record.Kind, record.Key, record.ModelAsked, record.Provider, record.Target, record.End, record.Status));
        Assert.Equal(("mine-1", 7UL, 1U), (record.ClientRequestId, record.ConfigGeneration, record.Attempts));
        Assert.True(record.Reported.IsKnown);
        Assert.Equal((record.Reported.Input, record.Reported.CachedInput, record.Reported.Output), (record.Billed.Input, record.Billed.CachedInput, record.Billed.Output));
        Assert.True(record.Billed.Output > 0);
        Assert.Equal(("gpt-4o", "openai", "openai"), (record.Rule, record.DialectIn, record.DialectOut));
        await edge.SeeAdminAsync("/metrics", "\naiedge_usage_unacknowledged_records 0\n");
        Assert.Contains("\naiedge_usage_age_ms 0\n", (await edge.AdminAsync("/metrics")).Text);
    }

    [Fact]
    public async Task Of_a_call_that_is_translated_both_dialects_are_told()
    {
        await using var control = await ScriptedControl.StartAsync();
        var (edge, _) = await LinkedEdge.ServeAsync(control);
        await using var _1 = edge;
        var report = await control.ReportAsync();
        await report.GreetAsync(control.Book.StoreId);
        await edge.AskAsync(Ask.Post("/v1/messages", """{"model":"gpt-4o","max_tokens":9,"messages":[{"role":"user","content":"hi"}]}""", "anthropic-version: 2023-06-01\r\n"));
        var record = (await TakeAsync(report, count: 1))[0];
        Assert.Equal((200U, "anthropic", "openai", "gpt-4o"), (record.Status, record.DialectIn, record.DialectOut, record.Rule));
    }

    [Fact]
    public async Task What_was_not_acknowledged_comes_again_after_a_cut_and_what_was_does_not()
    {
        await using var control = await ScriptedControl.StartAsync();
        var (edge, _) = await LinkedEdge.ServeAsync(control);
        await using var _1 = edge;
        var report = await control.ReportAsync();
        await report.GreetAsync(control.Book.StoreId);
        await edge.AskAsync(Ask.Chat());
        var first = await TakeAsync(report, count: 1);
        await edge.AskAsync(Ask.Chat());
        var lost = (await NextRecordsAsync(report))[0];

        report.End(new(GrpcCode.Unavailable, "stops"));

        report = await control.ReportAsync();
        await report.GreetAsync(control.Book.StoreId);
        var again = await TakeAsync(report, count: 1);
        Assert.Equal(lost, again[0]);
        Assert.True(first[0].Sequence < again[0].Sequence);
    }

    [Fact]
    public async Task A_former_start_s_records_come_after_a_restart_as_a_closed_epoch_of_their_own()
    {
        await using var control = await ScriptedControl.StartAsync();
        var (edge, watch) = await LinkedEdge.ServeAsync(control);
        await using var _ = edge;
        await edge.AskAsync(Ask.Chat());
        await edge.AskAsync(Ask.Chat());
        await edge.StopAsync();
        await edge.StartAsync(joinToken: null);
        await edge.AskAsync(Ask.Chat());

        var report = await control.ReportAsync();
        while (report.Hello.Journals.Count < 2)
            report = await control.ReportAsync();
        await report.GreetAsync(control.Book.StoreId);

        Assert.Equal(watch.Hello.Plane.Epoch, report.Hello.Journals[0].Epoch);
        Assert.True(report.Hello.Journals[0].IsClosed);
        Assert.Equal(report.Hello.Plane.Epoch, report.Hello.Journals[1].Epoch);
        Assert.False(report.Hello.Journals[1].IsClosed);
        Assert.Equal(report.Hello.Journals[0].LastSequence + 1, report.Hello.Journals[1].FirstSequence);
        var (epochs, records, isClosed) = (new List<ByteString>(), 0, false);
        while (records < 3)
        {
            var batch = (await report.NextAsync()).Batch;
            await report.AcknowledgeAsync(batch);
            records += batch.Records.Count;
            if (batch.Epoch == report.Hello.Journals[0].Epoch)
                isClosed |= batch.IsClosed;
            if (batch.Records.Count > 0)
                epochs.Add(batch.Epoch);
        }

        Assert.True(isClosed);
        Assert.Equal([report.Hello.Journals[0].Epoch, report.Hello.Journals[1].Epoch], epochs.Distinct());
    }

    [Fact]
    public async Task A_control_plane_that_lost_records_has_them_again()
    {
        await using var control = await ScriptedControl.StartAsync();
        var (edge, _) = await LinkedEdge.ServeAsync(control);
        await using var _1 = edge;
        var report = await control.ReportAsync();
        await report.GreetAsync(control.Book.StoreId);
        await edge.AskAsync(Ask.Chat());
        var first = await TakeAsync(report, count: 1);

        await report.SendAsync(new UsageDown { Resend = new() { Epoch = report.Hello.Plane.Epoch, FromSequence = 1 } });

        Assert.Equal(first[0], (await TakeAsync(report, count: 1))[0]);
    }

    [Fact]
    public async Task Another_store_is_sent_all_that_there_is()
    {
        await using var control = await ScriptedControl.StartAsync();
        var (edge, _) = await LinkedEdge.ServeAsync(control);
        await using var _1 = edge;
        var report = await control.ReportAsync();
        await report.GreetAsync(control.Book.StoreId);
        await edge.AskAsync(Ask.Chat());
        var first = await TakeAsync(report, count: 1);
        report.End(new(GrpcCode.Unavailable, "stops"));

        report = await control.ReportAsync();
        await report.GreetAsync([.. Enumerable.Repeat((byte)9, 16)]);

        Assert.Equal(first[0], (await TakeAsync(report, count: 1))[0]);
    }

    [Fact]
    public async Task A_drain_waits_until_what_was_used_is_acknowledged()
    {
        await using var control = await ScriptedControl.StartAsync();
        var (edge, _) = await LinkedEdge.ServeAsync(control);
        await using var _1 = edge;
        var report = await control.ReportAsync();
        await report.GreetAsync(control.Book.StoreId);
        await edge.AskAsync(Ask.Chat());
        UsageBatch batch;
        do
        {
            batch = (await report.NextAsync()).Batch;
        }
        while (batch.Records.Count == 0);

        var isAcknowledged = false;
        var draining = WatchAsync();
        await edge.SeeAdminAsync("/readyz", "draining\n");
        Volatile.Write(ref isAcknowledged, true);
        await report.AcknowledgeAsync(batch);
        Assert.True(await draining.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.DoesNotContain("are not acknowledged", edge.Log.All);

        async Task<bool> WatchAsync()
        {
            await edge.Host.DrainAsync();
            return Volatile.Read(ref isAcknowledged);
        }
    }

    [Fact]
    public async Task A_drain_ends_with_the_word_that_no_more_records_of_this_start_will_come()
    {
        await using var control = await ScriptedControl.StartAsync();
        var (edge, watch) = await LinkedEdge.ServeAsync(control);
        await using var _ = edge;
        var report = await control.ReportAsync();
        await report.GreetAsync(control.Book.StoreId);
        await edge.AskAsync(Ask.Chat());
        await TakeAsync(report, count: 1);

        var draining = edge.Host.DrainAsync();
        UsageBatch last;
        do
        {
            last = (await report.NextAsync()).Batch;
            await report.AcknowledgeAsync(last);
        }
        while (!last.IsClosed);

        Assert.Equal((watch.Hello.Plane.Epoch, 0), (last.Epoch, last.Records.Count));
        await draining.WaitAsync(TimeSpan.FromSeconds(30));
    }

    /// <summary>Takes batches and acknowledges them until they held that many records.</summary>
    private static async Task<List<UsageRecord>> TakeAsync(ReportStream report, int count)
    {
        var records = new List<UsageRecord>();
        while (records.Count < count)
        {
            var batch = (await report.NextAsync()).Batch;
            records.AddRange(batch.Records);
            await report.AcknowledgeAsync(batch);
        }

        return records;
    }

    private static async Task<IReadOnlyList<UsageRecord>> NextRecordsAsync(ReportStream report)
    {
        while (true)
        {
            if ((await report.NextAsync()).Batch.Records is { Count: > 0 } records)
                return records;
        }
    }
}
