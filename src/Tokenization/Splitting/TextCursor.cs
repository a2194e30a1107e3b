using System.Runtime.CompilerServices;

namespace AiEdge.Tokenization.Splitting;

/// <summary>Reads classes from valid UTF-8 and remembers whether anybody asked for what lies behind its end.</summary>
internal unsafe ref struct TextCursor(ref byte text, nint length)
{
    /// <summary>What <see cref="Class"/> says behind the end: no class at all.</summary>
    public const int End = 0x100;

    private readonly ref byte _text = ref text;
    private readonly nint _length = length;
    private readonly byte* _table = CharClass.Table;

    /// <summary>Somebody looked behind the end: more text could change what he concluded.</summary>
    public bool SawEnd { get; private set; }

    /// <summary>The class and the size of the code point at <paramref name="at"/>; <see cref="End"/> and zero behind the end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Class(nint at, out int size)
    {
        if (at < _length)
            return CharClass.At(_table, ref _text, at, out size);
        SawEnd = true;
        size = 0;
        return End;
    }

    /// <summary>The byte at <paramref name="at"/>, -1 behind the end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Byte(nint at)
    {
        if (at < _length)
            return Unsafe.Add(ref _text, at);
        SawEnd = true;
        return -1;
    }

    /// <summary>The code point at <paramref name="at"/>, which lies before the end.</summary>
    public readonly int CodePoint(nint at)
    {
        int lead = Unsafe.Add(ref _text, at);
        return lead < 0x80 ? lead : CharClass.CodePoint(ref _text, at, lead, out _);
    }

    /// <summary>The end of the longest run of classes of <paramref name="mask"/> from <paramref name="at"/>.</summary>
    public nint Run(nint at, int mask)
    {
        while ((Class(at, out var size) & mask) != 0)
            at += size;
        return at;
    }

    /// <summary>The end of the contraction that an apostrophe starts at <paramref name="at"/>, or <paramref name="at"/> if none does.</summary>
    public nint Contraction(nint at)
    {
        if (Byte(at) != '\'')
            return at;
        switch (Byte(at + 1) | 0x20)
        {
            case 's' or 't' or 'm' or 'd':
                return at + 2;
            case 'r' or 'v':
                return (Byte(at + 2) | 0x20) == 'e' ? at + 3 : at;
            case 'l':
                return (Byte(at + 2) | 0x20) == 'l' ? at + 3 : at;
            case 0xE5 when Byte(at + 1) == 0xC5 && Byte(at + 2) == 0xBF:
                // U+017F, the long s, is an s to expressions that ignore case.
                return at + 3;
            default:
                return at;
        }
    }

    /// <summary>\s*[\r\n]+|\s+(?!\S)|\s+ at <paramref name="at"/>, where white space is.</summary>
    public nint WhiteSpace(nint at)
    {
        var (end, last, afterNewLine) = WhiteRun(at);
        if (afterNewLine != 0)
            return afterNewLine;
        return last == at || Byte(end) < 0 ? end : last;
    }

    /// <summary>The run of white space from <paramref name="at"/>: its end, where its last code point starts, the end of its last line end (or 0).</summary>
    public (nint End, nint Last, nint AfterNewLine) WhiteRun(nint at)
    {
        nint last = at, afterNewLine = 0;
        int kind;
        while (((kind = Class(at, out var size)) & CharClass.White) != 0)
        {
            last = at;
            at += size;
            if (kind == CharClass.NewLine)
                afterNewLine = at;
        }
        return (at, last, afterNewLine);
    }
}
