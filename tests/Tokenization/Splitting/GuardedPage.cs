using System.ComponentModel;
using System.Runtime.InteropServices;

namespace AiEdge.Tokenization.Tests.Splitting;

/// <summary>Memory whose last byte is followed by a page that must not be touched: reading one byte too many ends the process.</summary>
internal sealed unsafe partial class GuardedPage : IDisposable
{
    private readonly byte* _start;
    private readonly nuint _length;

    /// <summary>Room for so many bytes.</summary>
    public GuardedPage(int bytesMax)
    {
        var page = (nuint)Environment.SystemPageSize;
        _length = ((nuint)bytesMax + page - 1) / page * page;
        _start = Map(0, _length + page, 0x3, OperatingSystem.IsMacOS() ? 0x1002 : 0x22, -1, 0);
        if ((nint)_start == -1 || Protect(_start + _length, page, 0) != 0)
            throw new Win32Exception();
    }

    /// <summary>The text, ending where the page does.</summary>
    public ReadOnlySpan<byte> Put(ReadOnlySpan<byte> text)
    {
        var place = new Span<byte>(_start + _length - (nuint)text.Length, text.Length);
        text.CopyTo(place);
        return place;
    }

    public void Dispose() => _ = Unmap(_start, _length + (nuint)Environment.SystemPageSize);

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial byte* Map(nint address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect")]
    private static partial int Protect(byte* address, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Unmap(byte* address, nuint length);
}
