using System.Text;
using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Tests.Core;

/// <summary>Ids of what lies at a provider are opened by whose they are, and by nobody else.</summary>
public sealed class IdSealTests
{
    private const string Id = "resp_68af4030592c81938ec0a5fbab4a3e9f05438e46b5f69a3b";

    private static readonly IdSeal Own = new("east", "first", "sk-one"u8);

    [Theory]
    [InlineData("r")]
    [InlineData(Id)]
    [InlineData("chatcmpl-01234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678")]
    public void Whose_it_is_opens_it_on_every_plane_and_after_every_start(string id)
    {
        var text = Seal(Own, "tblue", 7, id);
        Assert.Equal((id, 7u), Open(new IdSeal("east", "first", "sk-one"u8), "tblue", text));
        Assert.Equal(text, Seal(new IdSeal("east", "first", "sk-one"u8), "tblue", 7, id));
        Assert.True(IdSeal.TryReadAccount(text, out var account) && account == Own.Account);
        Assert.InRange(text.Length, 1, IdSeal.TextBytesMax);
        Assert.All(text, octet => Assert.True(octet is (byte)'-' or (byte)'_' || char.IsAsciiLetterOrDigit((char)octet)));
        Assert.DoesNotContain(id.Length > 4 ? id : "\"", Encoding.ASCII.GetString(text), StringComparison.Ordinal);
    }

    [Fact]
    public void Nobody_else_opens_it()
    {
        var text = Seal(Own, "tblue", 7, Id);
        Assert.Null(Open(Own, "tgreen", text));
        Assert.Null(Open(Own, "kblue", text));
        Assert.Null(Open(Own, "tblueresp", Seal(Own, "tblue", 7, "respresp_1")));
        Assert.Null(Open(new IdSeal("east", "second", "sk-one"u8), "tblue", text));
        Assert.Null(Open(new IdSeal("west", "first", "sk-one"u8), "tblue", text));
        Assert.Null(Open(new IdSeal("east", "first", "sk-two"u8), "tblue", text));
    }

    [Fact]
    public void What_was_cut_or_changed_anywhere_is_none()
    {
        var text = Seal(Own, "tblue", 7, Id);
        for (var cut = 0; cut < text.Length; cut++)
        {
            Assert.Null(Open(Own, "tblue", text[..cut]));
            Assert.Null(Open(Own, "tblue", text[(cut + 1)..]));
            var changed = text.ToArray();
            changed[cut] = changed[cut] == (byte)'A' ? (byte)'B' : (byte)'A';
            Assert.Null(Open(Own, "tblue", changed));
        }

        foreach (var forged in (string[])["", "=", "resp_1", "\u00e9", new('A', IdSeal.TextBytesMax), new('A', 400)])
            Assert.Null(Open(Own, "tblue", Encoding.UTF8.GetBytes(forged)));
    }

    private static byte[] Seal(IdSeal seal, string owner, uint target, string id)
    {
        var text = new byte[IdSeal.TextBytesMax];
        return text[..seal.Seal(Encoding.UTF8.GetBytes(owner), target, Encoding.UTF8.GetBytes(id), text)];
    }

    private static (string, uint)? Open(IdSeal seal, string owner, byte[] text)
    {
        var id = new byte[IdSeal.IdBytesMax];
        return seal.TryOpen(Encoding.UTF8.GetBytes(owner), text, id, out var length, out var target)
            ? (Encoding.UTF8.GetString(id.AsSpan(0, length)), target)
            : null;
    }
}
