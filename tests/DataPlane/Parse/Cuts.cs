namespace AiEdge.DataPlane.Tests.Parse;

/// <summary>The same bytes in every division: whole, cut once at each place, byte by byte, and in random pieces.</summary>
internal static class Cuts
{
    /// <summary>Runs <paramref name="read"/> over each division and expects what it says of the whole.</summary>
    public static string SameForAll(byte[] input, Func<IReadOnlyList<byte[]>, string> read)
    {
        string whole = read([input]);
        for (int i = 0; i <= input.Length; i++)
            Expect(whole, read([input[..i], input[i..]]), input, $"cut at {i}");
        Expect(whole, read(input.Select(b => new[] { b }).ToList()), input, "byte by byte");
        return whole;
    }

    /// <summary>As <see cref="SameForAll"/>, for inputs too long to cut everywhere.</summary>
    public static string SameForSome(byte[] input, int seed, Func<IReadOnlyList<byte[]>, string> read)
    {
        string whole = read([input]);
        var random = new Random(seed);
        for (int round = 0; round < 4; round++)
            Expect(whole, read(Pieces(input, random, 1 << (2 * round))), input, $"pieces of round {round}");
        return whole;
    }

    private static List<byte[]> Pieces(byte[] input, Random random, int longest)
    {
        var pieces = new List<byte[]>();
        for (int at = 0; at < input.Length;)
        {
            int length = Math.Min(random.Next(0, longest + 1), input.Length - at);
            pieces.Add(input[at..(at + length)]);
            at += length;
        }

        return pieces;
    }

    private static void Expect(string whole, string cut, byte[] input, string how)
    {
        if (whole != cut)
        {
            string text = System.Text.Encoding.Latin1.GetString(input);
            throw new InvalidOperationException($"{how}: '{cut}' instead of '{whole}' for {Convert.ToHexString(input)} = {text}");
        }
    }
}
