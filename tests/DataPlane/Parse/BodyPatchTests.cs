using System.Buffers;
using System.Text;
using AiEdge.DataPlane.Parse;

namespace AiEdge.DataPlane.Tests.Parse;

public class BodyPatchTests
{
    [Fact]
    public void Edits_apply_in_the_order_of_their_places_not_of_their_making()
    {
        var patch = new BodyPatch();
        patch.Replace(new ByteRange(7, 2), "XYZ"u8.ToArray());
        patch.Insert(0, "<"u8.ToArray());
        patch.Replace(new ByteRange(2, 3), default);
        patch.Insert(10, ">"u8.ToArray());
        Assert.Equal("<0156XYZ9>", Apply(patch, "0123456789"));
        Assert.Equal(10, patch.PatchedLength(10));
    }

    [Fact]
    public void Inserts_at_one_place_follow_each_other_and_go_before_what_is_replaced_there()
    {
        var patch = new BodyPatch();
        patch.Replace(new ByteRange(3, 2), "R"u8.ToArray());
        patch.Insert(3, "a"u8.ToArray());
        patch.Insert(3, "b"u8.ToArray());
        Assert.Equal("012abR56789", Apply(patch, "0123456789"));
    }

    [Fact]
    public void Pieces_are_ranges_and_replacements_and_none_is_empty()
    {
        var patch = new BodyPatch();
        patch.Replace(new ByteRange(0, 1), "A"u8.ToArray());
        patch.Replace(new ByteRange(1, 1), default);
        patch.Replace(new ByteRange(9, 1), "Z"u8.ToArray());
        var pieces = new List<string>();
        foreach (BodyPiece piece in patch.Pieces(10))
            pieces.Add(piece.IsSource ? $"{piece.Source.Start}+{piece.Source.Length}" : Encoding.ASCII.GetString(piece.Replacement.Span));
        Assert.Equal(["A", "2+7", "Z"], pieces);
    }

    [Fact]
    public void An_empty_patch_is_the_body_and_an_empty_body_may_be_inserted_into()
    {
        var patch = new BodyPatch();
        Assert.True(patch.IsEmpty);
        Assert.Equal("0123456789", Apply(patch, "0123456789"));
        Assert.Equal("", Apply(patch, ""));
        patch.Insert(0, "x"u8.ToArray());
        Assert.False(patch.IsEmpty);
        Assert.Equal("x", Apply(patch, ""));
        patch.Clear();
        Assert.Equal("0123456789", Apply(patch, "0123456789"));
        Assert.Equal(10, patch.PatchedLength(10));
    }

    [Fact]
    public void Edits_that_overlap_or_are_too_many_are_defects()
    {
        var patch = new BodyPatch();
        patch.Replace(new ByteRange(2, 4), default);
        Assert.Throws<InvalidOperationException>(() => patch.Replace(new ByteRange(5, 2), default));
        Assert.Throws<InvalidOperationException>(() => patch.Replace(new ByteRange(0, 3), default));
        Assert.Throws<InvalidOperationException>(() => patch.Insert(3, "x"u8.ToArray()));
        for (int i = 1; i < BodyPatch.EditsMax; i++)
            patch.Insert(20, "x"u8.ToArray());
        Assert.Throws<InvalidOperationException>(() => patch.Insert(20, "x"u8.ToArray()));
    }

    [Fact]
    public void Writing_allocates_nothing()
    {
        var patch = new BodyPatch();
        patch.Insert(1, "insert"u8.ToArray());
        patch.Replace(new ByteRange(5, 2), "replace"u8.ToArray());
        var body = new ReadOnlySequence<byte>(new byte[100]);
        var output = new ArrayBufferWriter<byte>(1000);
        long before = 0;
        for (int round = 0; round < 3; round++)
        {
            output.ResetWrittenCount();
            before = GC.GetAllocatedBytesForCurrentThread();
            patch.Write(body, output);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.Equal(111, output.WrittenCount);
    }

    private static string Apply(BodyPatch patch, string body)
    {
        var output = new ArrayBufferWriter<byte>();
        patch.Write(new ReadOnlySequence<byte>(Encoding.ASCII.GetBytes(body)), output);
        return Encoding.ASCII.GetString(output.WrittenSpan);
    }
}
