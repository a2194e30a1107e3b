using System.Text;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Tests.Translate;

/// <summary>Each text has one number, whichever others there are.</summary>
public sealed class PieceTableTests
{
    [Fact]
    public void Each_text_has_its_own_number()
    {
        var texts = new List<string> { "", "a", "\0", "ab", "a\0", "\0\0", "abc" };
        for (var i = 0; i < 3000; i++)
            texts.Add($"t{i}");
        var (source, pieces) = Laid(texts);
        PieceTable table = default;
        Assert.Equal(-1, table.Find(source, pieces[1]));
        for (var i = 0; i < texts.Count; i++)
        {
            Assert.Equal(-1, table.Find(source, pieces[i]));
            ref var number = ref table.At(source, pieces[i]);
            Assert.Equal(-1, number);
            number = i;
        }

        // The same texts at other places; one that is absent is the empty one.
        var (again, others) = Laid([.. texts, .. texts]);
        for (var i = 0; i < texts.Count; i++)
            Assert.Equal((i, i), (table.Find(source, pieces[i]), table.At(source, pieces[i])));
        table.Release();
        for (var i = 0; i < others.Length; i++)
        {
            ref var number = ref table.At(again, others[i]);
            Assert.Equal(i < texts.Count ? -1 : i - texts.Count, number);
            number = number < 0 ? i : number;
        }

        Assert.Equal(0, table.Find(again, default));
        table.Release();
        Assert.Equal(-1, table.Find(again, others[0]));
    }

    private static (byte[] Source, Piece[] Pieces) Laid(List<string> texts)
    {
        var text = new StringBuilder("{");
        var pieces = new Piece[texts.Count];
        for (var i = 0; i < pieces.Length; i++)
        {
            pieces[i] = new Piece(text.Length, texts[i].Length);
            text.Append(texts[i]);
        }

        return (Encoding.ASCII.GetBytes(text.ToString()), pieces);
    }
}
