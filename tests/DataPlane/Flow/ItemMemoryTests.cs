using System.Security.Cryptography;
using System.Text;
using AiEdge.DataPlane.Flow;
using AiEdge.DataPlane.Tests.Snapshot;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Tests.Flow;

/// <summary>What is kept of items: as much as there is room for, for an hour, for the key alone that they were told to.</summary>
public sealed class ItemMemoryTests
{
    private static readonly byte[] Mine = SHA256.HashData("mine"u8);

    private static readonly byte[] Others = SHA256.HashData("others"u8);

    private readonly ManualTime _time = new();

    [Fact]
    public void An_item_is_found_by_its_id_and_the_key_that_it_was_told_to()
    {
        var memory = new ItemMemory(_time);
        Keep(memory, Mine, "msg_req_1_0", "{\"a\":1}");
        Keep(memory, Mine, "msg_req_1_1", "{\"b\":2}");
        Keep(memory, Others, "msg_req_1_0", "{\"c\":3}");

        Assert.Equal("{\"a\":1}", Find(memory, Mine, "msg_req_1_0"));
        Assert.Equal("{\"b\":2}", Find(memory, Mine, "msg_req_1_1"));
        Assert.Equal("{\"c\":3}", Find(memory, Others, "msg_req_1_0"));
        Assert.Null(Find(memory, Others, "msg_req_1_1"));
        Assert.Null(Find(memory, Mine, "msg_req_1_"));
        Assert.Null(Find(memory, Mine, "msg_req_2_0"));
        Assert.Null(Find(memory, Mine, ""));
        Assert.Equal(3, memory.Count);
    }

    [Fact]
    public void What_comes_again_by_the_same_id_takes_its_place()
    {
        var memory = new ItemMemory(_time);
        Keep(memory, Mine, "a", "{\"old\":1}");
        Keep(memory, Mine, "a", "{}");
        Assert.Equal("{}", Find(memory, Mine, "a"));
        Assert.Equal(1, memory.Count);
    }

    [Fact]
    public void It_is_kept_for_an_hour_and_its_room_is_given_back()
    {
        var memory = new ItemMemory(_time);
        Keep(memory, Mine, "a", "{}");
        _time.Advance(ItemMemory.KeptFor / 2);
        Keep(memory, Mine, "b", "{}");
        _time.Advance((ItemMemory.KeptFor / 2) - TimeSpan.FromTicks(1));
        Assert.Equal("{}", Find(memory, Mine, "a"));
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.Null(Find(memory, Mine, "a"));
        Assert.Equal("{}", Find(memory, Mine, "b"));

        _time.Advance(ItemMemory.KeptFor / 2);
        memory.Forget();
        Assert.Equal((0, 0), (memory.Count, memory.Bytes));
        Keep(memory, Mine, "c", "{}");
        Assert.Equal("{}", Find(memory, Mine, "c"));
    }

    [Fact]
    public void One_that_is_too_long_is_not_kept()
    {
        var memory = new ItemMemory(_time);
        var longest = new string('x', ItemMemory.ItemBytesMax);
        Keep(memory, Mine, "a", longest);
        Keep(memory, Mine, "b", longest + "x");
        Keep(memory, Mine, "c", "");
        Keep(memory, Mine, "", "{}");
        Keep(memory, Mine, new string('i', 129), "{}");
        Assert.Equal(longest, Find(memory, Mine, "a"));
        Assert.Null(Find(memory, Mine, "b"));
        Assert.Equal(1, memory.Count);
    }

    [Fact]
    public void The_default_has_room_for_thirty_two_megabytes_with_all_that_finds_them()
    {
        var memory = new ItemMemory(_time);
        var item = new string('x', 200_000);
        for (var i = 0; i < 300; i++)
            Keep(memory, Mine, $"id_{i}", item);
        Assert.InRange(memory.Bytes, 24L << 20, 28L << 20);
        Assert.Null(Find(memory, Mine, "id_0"));
        Assert.NotNull(Find(memory, Mine, "id_299"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void The_oldest_goes_first_and_nothing_is_ever_mistaken(int seed)
    {
        var random = new Random(seed);
        var memory = new ItemMemory(_time, segmentsMax: 3);
        List<(byte[] Owner, string Id, string Item)> kept = [];
        for (var i = 0; i < 4000; i++)
        {
            var one = (random.Next(2) == 0 ? Mine : Others, $"id_{i}", new string((char)('a' + random.Next(26)), 1 + random.Next(random.Next(8) == 0 ? ItemMemory.ItemBytesMax : 3000)));
            Keep(memory, one.Item1, one.Item2, one.Item3);
            kept.Add(one);
            Assert.InRange(memory.Bytes, 1, 3 * ItemMemory.SegmentBytes);
            var (owner, id, item) = kept[random.Next(kept.Count)];
            Assert.Equal(item, Find(memory, owner, id) ?? item);
        }

        // What is there is the last that came, without a gap.
        var first = kept.FindIndex(one => Find(memory, one.Owner, one.Id) is not null);
        Assert.InRange(first, 1, kept.Count - 1);
        Assert.All(kept[first..], one => Assert.Equal(one.Item, Find(memory, one.Owner, one.Id)));
        Assert.Equal(kept.Count - first, memory.Count);
        Assert.True(kept[first..].Sum(one => (long)one.Item.Length) > ItemMemory.SegmentBytes);
    }

    [Fact]
    public void To_keep_an_item_allocates_nothing_once_there_is_a_room()
    {
        var memory = new ItemMemory(_time, segmentsMax: 2);
        var item = Encoding.ASCII.GetBytes(new string('x', 5000));
        var id = new byte[8];
        for (var i = 0; i < 2000; i++)
            Next(i);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 2000; i < 4000; i++)
            Next(i);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Next(int i)
        {
            BitConverter.TryWriteBytes(id, (long)i);
            memory.Keep(Mine, id, item);
        }
    }

    [Fact]
    public void Many_keep_and_find_at_once()
    {
        var memory = new ItemMemory(_time, segmentsMax: 2);
        Parallel.For(0, 8, thread =>
        {
            var owner = SHA256.HashData([(byte)thread]);
            for (var i = 0; i < 2000; i++)
            {
                var item = new string((char)('a' + (i % 26)), 1 + (i % 500));
                Keep(memory, owner, $"{i}", item);
                Assert.Null(Find(memory, Mine, $"{i}"));
                Assert.Equal(item, Find(memory, owner, $"{i}") ?? item);
            }
        });
        Assert.InRange(memory.Bytes, 1, 2 * ItemMemory.SegmentBytes);
    }

    private static void Keep(ItemMemory memory, byte[] owner, string id, string item) =>
        memory.Keep(owner, Encoding.ASCII.GetBytes(id), Encoding.ASCII.GetBytes(item));

    private static string? Find(ItemMemory memory, byte[] owner, string id)
    {
        var to = new TextBuffer();
        return memory.TryFind(owner, Encoding.ASCII.GetBytes(id), to) ? Encoding.ASCII.GetString(to.Written) : null;
    }
}
