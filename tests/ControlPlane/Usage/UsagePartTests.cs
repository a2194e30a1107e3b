using System.Text;
using AiEdge.ControlPlane.Domain;
using AiEdge.ControlPlane.Store;
using AiEdge.ControlPlane.Tests.Store;
using AiEdge.ControlPlane.Usage;

namespace AiEdge.ControlPlane.Tests.Usage;

/// <summary>Usage as the host takes it: over a real store and its document.</summary>
public sealed class UsagePartTests
{
    [Fact]
    public async Task A_rule_s_secret_is_found_by_its_name_in_the_store()
    {
        using var folder = new StoreRig();
        await using var store = await FasterStore.OpenAsync(folder.Folder);
        using var state = await EdgeState.OpenAsync(store.Commands, new DocumentCheck(), TimeProvider.System);
        var json = """{"webhook":"https://h.example/","secret":"${store:alert/spikes}","thresholds":[50]}""";
        var entry = new EntryChange(Sections.Alerts, "spikes", new(Encoding.UTF8.GetBytes(json), EntryOwner.Api, 1, default));
        await state.WriteAsync(_ => WriteDecision.Change(new AuditRecord(1, "tester", "", "put", "alerts/spikes"), [entry]));
        var (asked, faults) = (new List<string>(), new List<string>());
        await using var part = UsagePart.Open(store, state, folder.Folder, name => { asked.Add(name); return new byte[32]; }, faults.Add);
        Assert.Equal(["alert/spikes"], asked);
        Assert.Empty(faults);
    }

    [Fact]
    public async Task A_rule_that_cannot_be_read_is_told_and_sums_are_there_after_a_restart()
    {
        using var folder = new StoreRig();
        var faults = new List<string>();
        var clock = new UsageRig.Clock(UsageRig.Noon);
        for (var start = 0; start < 2; start++)
        {
            await using var store = await FasterStore.OpenAsync(folder.Folder, new() { Time = clock });
            using var state = await EdgeState.OpenAsync(store.Commands, new DocumentCheck(), clock);
            if (start == 0)
            {
                var json = """{"webhook":"http://h.example/","secret":"s"}""";
                var entry = new EntryChange(Sections.Alerts, "spikes", new(Encoding.UTF8.GetBytes(json), EntryOwner.Api, 1, default));
                var written = await state.WriteAsync(_ => WriteDecision.Change(new AuditRecord(1, "tester", "", "put", "alerts/spikes"), [entry]));
                Assert.NotNull(written);
            }

            await using var part = UsagePart.Open(store, state, folder.Folder, _ => null, faults.Add);
            Assert.Equal($"alert spikes: webhook is not an address that begins with https://", faults[start]);
            Assert.Equal((ulong)start, part.Book.Rollups.Applied);
            var batch = LedgerTests.Batch("plane", (UInt128)start + 1, 1, 1, recordBytes: 0, unixMs: clock.NowUnixMs);
            await store.Ledger.AppendAsync(batch, default);
        }
    }
}
