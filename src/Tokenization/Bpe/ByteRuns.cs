using AiEdge.Tokenization.Vocabularies;

namespace AiEdge.Tokenization.Bpe;

/// <summary>
/// Counts runs of one byte. The last token of a run is determined by those of the shorter runs that a token reaches back to; so once these have all
/// been seen before in the same order, everything repeats. The counts of a byte's runs are worked out up to there when the byte is first met.
/// </summary>
internal sealed unsafe class ByteRuns(VocabularyTables tables)
{
    // Runs are worked out no farther than this; the tables of OpenAI repeat after a few hundred bytes.
    private const int RunBytesMax = 8192;

    private readonly VocabularyTables _tables = tables;
    private readonly Period?[] _periods = new Period?[256];

    /// <summary>Whether all bytes are the same.</summary>
    public static bool IsRun(byte* text, int length) =>
        text[0] == text[length - 1] && new ReadOnlySpan<byte>(text, length).IndexOfAnyExcept(text[0]) < 0;

    /// <summary>Whether it is known how runs of a byte go on, however long they are.</summary>
    public bool Repeats(byte value) => Of(value).Repeats;

    /// <summary>Counts a run that is no token, or that merges make; false if its kind of run never repeats, as far as that was tried.</summary>
    public bool TryCount(byte value, long length, out long count) => TryLast(value, length, out _, out count);

    /// <summary>How many bytes the last token of a run has, and how many tokens there are; false if there is no telling.</summary>
    public bool TryLast(byte value, long length, out int bytes, out long count) => Of(value).TryLast(length, out bytes, out count);

    /// <summary>How many bytes the first token of a run has; false if there is no telling.</summary>
    public bool TryFirst(byte value, int length, out int bytes) => Of(value).TryFirst(length, out bytes);

    // Two threads may work out the same; either's result will do.
    private Period Of(byte value) => _periods[value] ??= WorkOut(value);

    private Period WorkOut(byte value)
    {
        var lengthMax = 0;
        var tokens = new uint[VocabularyLayout.TokenBytesMax + 1];
        var isToken = new bool[tokens.Length];
        var buffer = stackalloc byte[VocabularyLayout.TokenBytesMax];
        new Span<byte>(buffer, VocabularyLayout.TokenBytesMax).Fill(value);
        var found = stackalloc TokenSpan[VocabularyLayout.TokenBytesMax + 1];
        var foundCount = _tables.Backward.Suffixes(buffer + VocabularyLayout.TokenBytesMax, VocabularyLayout.TokenBytesMax, _tables, found);
        for (var i = 0; i < foundCount; i++)
        {
            tokens[found[i].Length] = found[i].Token;
            isToken[found[i].Length] = true;
            lengthMax = found[i].Length;
        }

        // lasts[n] is how long the last token of a run of n is.
        var lasts = new List<byte> { 0 };
        var counts = new List<int> { 0 };
        while (lasts.Count < RunBytesMax)
        {
            var length = lasts.Count;
            var span = Math.Min(lengthMax, length);

            // Mostly the last token grows by a byte; only one can be right, so any order of trying will do.
            var likely = Math.Min(lasts[length - 1] + 1, span);
            if (isToken[likely] && (likely == length || _tables.Compatible(tokens[lasts[length - likely]], tokens[likely])))
                span = likely;
            while (!isToken[span] || (span != length && !_tables.Compatible(tokens[lasts[length - span]], tokens[span])))
                span--;
            lasts.Add((byte)span);
            counts.Add(counts[length - span] + 1);
            if (TryFindPeriod(lasts, counts, lengthMax, out var period))
                return new Period([.. counts], [.. lasts], Firsts(lasts), period);
        }

        return new Period([.. counts], [.. lasts], Firsts(lasts), 0);
    }

    private static byte[] Firsts(List<byte> lasts)
    {
        var firsts = new byte[lasts.Count];
        for (var length = 1; length < firsts.Length; length++)
            firsts[length] = lasts[length] == length ? lasts[length] : firsts[length - lasts[length]];
        return firsts;
    }

    /// <summary>
    /// Whether the newest window has stood before: the same last tokens, and the same number of tokens more in each place. Then each
    /// longer run follows from the window as the one a period shorter did, with as many tokens more.
    /// </summary>
    private static bool TryFindPeriod(List<byte> lasts, List<int> counts, int window, out int period)
    {
        var newest = lasts.Count - 1;
        for (period = 1; newest - period - window >= 0; period++)
        {
            var more = counts[newest] - counts[newest - period];
            var isSame = true;
            for (var i = newest; i > newest - window && isSame; i--)
                isSame = lasts[i] == lasts[i - period] && counts[i] - counts[i - period] == more;
            if (isSame)
                return true;
        }

        return false;
    }

    /// <summary>
    /// The counts of runs up to the length from which they repeat; the last <paramref name="period"/> of them go on for ever, 0 if nothing repeats.
    /// </summary>
    private sealed class Period(int[] counts, byte[] lasts, byte[] firsts, int period)
    {
        public bool Repeats => period != 0;

        public bool TryFirst(int length, out int bytes)
        {
            // A longer run's tokens begin as those of one that is shorter by whole periods.
            length -= (int)PeriodsBeyond(length) * period;
            bytes = length < firsts.Length ? firsts[length] : 0;
            return bytes > 1;
        }

        public bool TryLast(long length, out int bytes, out long count)
        {
            var periods = PeriodsBeyond(length);
            length -= periods * period;
            (bytes, count) = (0, 0);
            if (length >= counts.Length)
                return false;
            bytes = lasts[length];
            count = counts[length];
            if (periods != 0)
                count += periods * (counts[^1] - counts[counts.Length - 1 - period]);
            return true;
        }

        /// <summary>By how many periods a run is longer than those worked out.</summary>
        private long PeriodsBeyond(long length)
        {
            var last = counts.Length - 1;
            return period == 0 || length <= last ? 0 : ((length - last - 1) / period) + 1;
        }
    }
}
