using AiEdge.DataPlane.Link;
using AiEdge.DataPlane.Tests.Snapshot;

namespace AiEdge.DataPlane.Tests.Link;

/// <summary>Which records belong to which start, and how far each is acknowledged.</summary>
public sealed class UsageBookTests : IDisposable
{
    private static readonly byte[] One = Id(1);
    private static readonly byte[] Two = Id(2);
    private static readonly byte[] Store = Id(9);
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Starts_follow_each_other_and_what_was_acknowledged_is_remembered()
    {
        var first = UsageBook.Open(_folder.Root, One, oldest: 0, next: 0);
        first.UseStore(Store);
        first.Acknowledge(One, 30);
        first.Save();

        var second = UsageBook.Open(_folder.Root, Two, oldest: 0, next: 50);

        Assert.False(second.UseStore(Store));
        Assert.Equal(30, second.NextUnacknowledged);
        Assert.Equal((1, 50L), (second.Of(49).Epoch[0], second.Of(49).End));
        Assert.Equal((2, long.MaxValue), (second.Of(50).Epoch[0], second.Of(50).End));
        Assert.Equal(["01 0-50 closed", "02 50-60"], Shown(second.Spans(0, 60)));
        second.Acknowledge(One, 50);
        Assert.Equal(50, second.NextUnacknowledged);
        second.Acknowledge(Two, 55);
        Assert.Equal(55, second.NextUnacknowledged);
    }

    [Fact]
    public void An_acknowledgement_is_never_taken_for_less_but_by_who_gave_it()
    {
        var book = UsageBook.Open(_folder.Root, One, oldest: 0, next: 0);
        book.Acknowledge(One, 30);
        book.Acknowledge(One, 20);
        Assert.Equal(30, book.NextUnacknowledged);
        Assert.False(book.TakeBack(One, 30));
        Assert.True(book.TakeBack(One, 10));
        Assert.Equal(10, book.NextUnacknowledged);
        Assert.False(book.TakeBack(Two, 0));
    }

    [Fact]
    public void Another_store_has_nothing_yet()
    {
        var book = UsageBook.Open(_folder.Root, One, oldest: 5, next: 5);
        book.UseStore(Store);
        book.Acknowledge(One, 30);
        Assert.True(book.UseStore(Id(8)));
        Assert.Equal(5, book.NextUnacknowledged);
    }

    [Fact]
    public void Epochs_go_with_their_last_records()
    {
        UsageBook.Open(_folder.Root, One, oldest: 0, next: 0);
        var book = UsageBook.Open(_folder.Root, Two, oldest: 0, next: 50);
        Assert.Equal(["01 20-50 closed", "02 50-60"], Shown(book.Spans(20, 60)));
        Assert.Equal(20, book.NextUnacknowledged);
        Assert.Equal(["02 50-60"], Shown(book.Spans(50, 60)));
    }

    [Fact]
    public void Records_that_no_start_claims_get_an_epoch_and_a_journal_begun_anew_keeps_none()
    {
        var book = UsageBook.Open(_folder.Root, One, oldest: 3, next: 9);
        var spans = book.Spans(3, 9);
        Assert.Equal(2, spans.Count);
        Assert.Equal((3L, 9L, true), (spans[0].First, spans[0].End, spans[0].IsClosed));

        book = UsageBook.Open(_folder.Root, Two, oldest: 0, next: 0);
        Assert.Equal(["02 0-0"], Shown(book.Spans(0, 0)));
        Assert.Equal(0, book.NextUnacknowledged);
    }

    private static IEnumerable<string> Shown(IEnumerable<UsageSpan> spans) =>
        spans.Select(span => $"{span.Epoch[0]:x2} {span.First}-{span.End}{(span.IsClosed ? " closed" : "")}");

    private static byte[] Id(byte fill) => [.. Enumerable.Repeat(fill, 16)];
}
