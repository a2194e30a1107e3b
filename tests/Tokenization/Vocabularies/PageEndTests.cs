using System.Runtime.InteropServices;
using AiEdge.Tokenization.Tests.Bpe;
using AiEdge.Tokenization.Vocabularies;

namespace AiEdge.Tokenization.Tests.Vocabularies;

/// <summary>Pieces that touch memory which is not there, on either side: a byte read too many ends the process.</summary>
public sealed unsafe partial class PageEndTests
{
    private const int PageBytes = 4096;

    private static readonly byte[] Text = [.. "the quick electroencephalographically ----------------------------------------------------------------"u8];

    [Fact]
    public void Nothing_is_read_outside_a_pieces_pages()
    {
        if (!OperatingSystem.IsLinux())
            return;
        const int Read = 1;
        const int Write = 2;
        const int PrivateAnonymous = 0x22;
        var memory = (byte*)Map(0, 3 * PageBytes, Read | Write, PrivateAnonymous, -1, 0);
        Assert.NotEqual(-1, (nint)memory);
        try
        {
            Assert.Equal(0, Protect((nint)memory, PageBytes, 0));
            Assert.Equal(0, Protect((nint)memory + (2 * PageBytes), PageBytes, 0));
            var first = memory + PageBytes;
            foreach (var name in new[] { "o200k_base", "cl100k_base" })
            {
                var (vocabulary, naive) = PieceEncoderTests.Of(name);
                for (var length = 1; length <= Text.Length; length++)
                {
                    var piece = Text.AsSpan(Text.Length - length);
                    AssertAt(vocabulary, naive, first, piece);
                    AssertAt(vocabulary, naive, first + PageBytes - length, piece);
                    AssertAt(vocabulary, naive, first, Text.AsSpan(0, length));
                    AssertAt(vocabulary, naive, first + PageBytes - length, Text.AsSpan(0, length));
                }
            }
        }
        finally
        {
            Assert.Equal(0, Unmap((nint)memory, 3 * PageBytes));
        }
    }

    private static void AssertAt(Vocabulary vocabulary, NaiveMerge naive, byte* place, ReadOnlySpan<byte> piece)
    {
        piece.CopyTo(new Span<byte>(place, piece.Length));
        PieceEncoderTests.AssertSame(vocabulary, naive, new ReadOnlySpan<byte>(place, piece.Length));
        Assert.Equal(vocabulary.TryFind(piece, out var expected), vocabulary.TryFind(new ReadOnlySpan<byte>(place, piece.Length), out var found));
        Assert.Equal(expected, found);
        Assert.Equal(vocabulary.Encoder.Count(piece), vocabulary.Encoder.Count(place, piece.Length));
    }

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial nint Map(nint address, nint length, int protection, int flags, int descriptor, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect", SetLastError = true)]
    private static partial int Protect(nint address, nint length, int protection);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    private static partial int Unmap(nint address, nint length);
}
