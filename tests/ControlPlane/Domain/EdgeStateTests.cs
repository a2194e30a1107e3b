using System.Text;
using AiEdge.ControlPlane.Domain;

namespace AiEdge.ControlPlane.Tests.Domain;

public sealed class EdgeStateTests
{
    [Fact]
    public async Task A_write_is_there_after_a_crash_with_its_version_and_generation()
    {
        var world = await World.WithModelAsync();
        await world.PutAsync(Sections.Tokens, "ann", "{}");
        var before = world.State.Current;
        await world.ReopenAsync();
        var after = world.State.Current;
        Assert.Equal((3UL, 2UL), (after.Version, after.Generation));
        Assert.Equal((before.Version, before.Generation), (after.Version, after.Generation));
        Assert.Equal(2UL, after.Find("models", "gpt-4o")!.Version);
        Assert.Equal(World.Model, Encoding.UTF8.GetString(after.Find("models", "gpt-4o")!.Value.Json.Span));
        Assert.Equal(["entry", "entry", "entry"], world.State.Audit().Select(a => a.Record.Target));
    }

    [Fact]
    public async Task A_write_whose_document_has_faults_changes_nothing()
    {
        var world = await World.WithModelAsync();
        var outcome = await world.TryPutAsync("models", "gpt-4", """{"targets":[{"provider":"openia"}],"tokenizer":7}""");
        Assert.Equal(RefusalKind.Invalid, outcome.Refusal!.Kind);
        Assert.Equal(2, outcome.Refusal.Faults.Count);
        Assert.Contains(World.Lines(outcome.Refusal.Faults), f => f.StartsWith("models.gpt-4.targets[0].provider: no provider named \"openia\"", StringComparison.Ordinal));
        Assert.Equal(2UL, world.State.Current.Version);
        Assert.Equal(2, (await world.Log.ReadAsync(default)).Commands.Count);
    }

    [Fact]
    public async Task What_others_rest_on_cannot_be_removed()
    {
        var world = await World.WithModelAsync();
        var outcome = await world.RemoveAsync("providers", "openai");
        Assert.Equal(RefusalKind.Invalid, outcome.Refusal!.Kind);
        Assert.NotNull(world.State.Current.Find("providers", "openai"));
    }

    [Fact]
    public async Task A_full_disk_refuses_this_write_and_all_that_follow()
    {
        var world = await World.WithModelAsync();
        world.Log.IsFull = true;
        Assert.Equal(RefusalKind.Unavailable, (await world.TryPutAsync("models", "x", World.Model)).Refusal!.Kind);
        world.Log.IsFull = false;
        Assert.Equal(RefusalKind.Unavailable, (await world.TryPutAsync("models", "x", World.Model)).Refusal!.Kind);
        Assert.Null(world.State.Current.Find("models", "x"));
        Assert.NotNull(world.State.Broken);
    }

    [Fact]
    public async Task A_waiter_wakes_for_the_generation_and_not_for_what_stays_here()
    {
        var world = await World.WithModelAsync();
        var generation = world.State.WaitForAsync(2, default).AsTask();
        var version = world.State.WaitForVersionAsync(2, default).AsTask();
        await world.PutAsync(Sections.Tokens, "ann", "{}");
        Assert.Equal(3UL, (await version).Version);
        Assert.False(generation.IsCompleted);
        await world.PutAsync("models", "x", World.Model);
        Assert.Equal(3UL, (await generation).Generation);
    }

    [Fact]
    public async Task Many_writers_leave_one_order_without_a_gap()
    {
        var world = await World.WithModelAsync();
        await Task.WhenAll(Enumerable.Range(0, 50).Select(i => world.PutAsync("models", $"m{i}", World.Model)));
        Assert.Equal(52UL, world.State.Current.Generation);
        await world.ReopenAsync();
        Assert.Equal(51, world.State.Current.Section("models").Count);
    }

    [Fact]
    public async Task Changes_since_a_generation_name_each_entry_once_as_it_is_now()
    {
        var world = await World.WithModelAsync();
        await world.PutAsync("models", "a", World.Model);
        await world.PutAsync("models", "a", """{"targets":[{"provider":"openai","model":"b"}]}""");
        await world.PutAsync("models", "c", World.Model);
        await world.RemoveAsync("models", "c");
        var changes = world.State.ChangesSince(2, world.State.Current)!.OrderBy(c => c.Name).ToList();
        Assert.Equal(["a", "c"], changes.Select(c => c.Name));
        Assert.Contains("\"b\"", Encoding.UTF8.GetString(changes[0].Value!.Json.Span), StringComparison.Ordinal);
        Assert.Null(changes[1].Value);
        Assert.Empty(world.State.ChangesSince(6, world.State.Current)!);
        Assert.Null(world.State.ChangesSince(7, world.State.Current));
    }

    [Fact]
    public async Task A_state_that_was_saved_replaces_the_commands_before_it()
    {
        var world = await World.WithModelAsync();
        for (var i = 0; i < EdgeState.CommandsPerStateMax; i++)
            await world.PutAsync(Sections.Tokens, "t", $$"""{"n":{{i}}}""");
        Assert.Equal(1, world.Log.StatesSaved);
        await world.ReopenAsync();
        Assert.Equal((ulong)EdgeState.CommandsPerStateMax + 2, world.State.Current.Version);
        Assert.NotNull(world.State.Current.Find("models", "gpt-4o"));
        Assert.Equal(2, world.State.Generations().Count);
        await world.PutAsync("models", "x", World.Model);
        await world.ReopenAsync();
        Assert.Equal(3UL, world.State.Current.Generation);
    }

    [Fact]
    public async Task A_write_that_is_durable_is_done_though_no_state_can_be_saved()
    {
        var world = await World.WithModelAsync();
        var faults = new List<string>();
        world.State.OnFault = faults.Add;
        world.Log.CannotSave = true;
        for (var i = 0; i < EdgeState.CommandsPerStateMax; i++)
            await world.PutAsync(Sections.Tokens, "t", $$"""{"n":{{i}}}""");
        Assert.Contains("no space is left", Assert.Single(faults), StringComparison.Ordinal);
        Assert.Null(world.State.Broken);
        world.Log.CannotSave = false;
        for (var i = 0; i < EdgeState.CommandsBeforeRetry; i++)
            await world.PutAsync(Sections.Tokens, "t", $$"""{"m":{{i}}}""");
        Assert.Equal((1, 1), (world.Log.StatesSaved, faults.Count));
    }

    [Fact]
    public async Task A_state_of_a_version_that_denied_nothing_is_read()
    {
        var world = await World.WithModelAsync();
        var state = EdgeCodec.Write(new SavedState(world.State.Current, [], []));

        // The last section of now stands as a count of none before the counts of the audit and the generations.
        byte[] old = [1, .. state[1..^3], .. state[^2..]];
        var read = EdgeCodec.ReadState(old).Document;
        Assert.Equal((2UL, 2UL), (read.Version, read.Generation));
        Assert.NotNull(read.Find("models", "gpt-4o"));
    }

    [Fact]
    public void Bytes_cut_anywhere_are_no_command()
    {
        var bytes = EdgeCodec.Write(new EdgeCommand(
            new AuditRecord(1, "a", "b", "c", "d"), [new("models", "x", new EntryValue("{}"u8.ToArray(), EntryOwner.Git, 7, default)), new("keys", "y", null)]));
        var whole = EdgeCodec.ReadCommand(bytes);
        Assert.Equal((EntryOwner.Git, 7UL), (whole.Changes[0].Value!.Owner, whole.Changes[0].Value!.Position));
        for (var length = 0; length < bytes.Length; length++)
            Assert.Throws<InvalidDataException>(() => EdgeCodec.ReadCommand(bytes.AsMemory(0, length)));
        Assert.Throws<InvalidDataException>(() => EdgeCodec.ReadCommand(new byte[] { 1, 255, 255, 255, 255, 7 }));
    }
}
