using System.Buffers;
using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Translate;

/// <summary>Where a kind of body has thoughts with their proofs.</summary>
/// <param name="Name">How it calls such a thought.</param>
/// <param name="List">The top-level array of turns, or of what stands in them.</param>
/// <param name="Within">The member of a turn that is an array of what stands in it; empty where <paramref name="List"/> is that.</param>
/// <param name="Type">The <c>type</c> of a thought.</param>
/// <param name="Proof">Its member that is the proof.</param>
internal sealed record ProofPlaces(byte[] Name, string List, byte[] Within, byte[] Type, byte[] Proof)
{
    public byte[] ListUtf8 { get; } = System.Text.Encoding.ASCII.GetBytes(List);
}

/// <summary>
/// Thoughts that stand in a client's history for the sake of what they prove to a provider of another dialect, behind a mark of our making
/// (such as <see cref="CallProof"/>). A provider of the client's own dialect would take the proof for one of its own that was
/// forged: where bytes pass as they are, these thoughts are left out.
/// </summary>
internal static class OwnProofs
{
    /// <summary>What every mark begins with.</summary>
    private static ReadOnlySpan<byte> Mark => "aiedge."u8;

    /// <summary>Whether a body has the mark anywhere, which most have not.</summary>
    public static bool MayBeIn(in ReadOnlySequence<byte> body)
    {
        Span<byte> seam = stackalloc byte[2 * (Mark.Length - 1)];
        var kept = 0;
        foreach (var segment in body)
        {
            var span = segment.Span;
            if (span.IndexOf(Mark) >= 0)
                return true;

            // The mark may lie across the seam of two segments, or of more where these are short.
            foreach (var octet in span[..Math.Min(span.Length, Mark.Length - 1)])
                kept = Push(seam, kept, octet);
            if (kept >= Mark.Length && seam[..kept].IndexOf(Mark) >= 0)
                return true;
            if (span.Length < Mark.Length)
                continue;
            kept = Mark.Length - 1;
            span[^kept..].CopyTo(seam);
        }

        return false;
    }

    /// <summary>Adds what has to go, in the order of the source, commas included.</summary>
    public static void Find(ReadOnlySpan<byte> source, ProofPlaces places, List<Piece> found)
    {
        var walk = new JsonWalk(source, stackalloc byte[64]);
        if (!walk.TryBegin())
            return;
        while (walk.NextMember())
        {
            if (!walk.Is(places.ListUtf8))
                continue;
            if (places.Within.Length > 0 && walk.TryEnter(JsonToken.StartArray))
                FindInTurns(source, ref walk, places, found);
            else if (places.Within.Length == 0 && walk.Token == JsonToken.StartArray)
                FindIn(source, walk.Value(), places, found);
        }
    }

    private static void FindInTurns(ReadOnlySpan<byte> source, ref JsonWalk walk, ProofPlaces places, List<Piece> found)
    {
        while (walk.NextElement())
        {
            if (!walk.TryEnter(JsonToken.StartObject))
                continue;
            while (walk.NextMember())
            {
                if (walk.Is(places.Within) && walk.Token == JsonToken.StartArray)
                    FindIn(source, walk.Value(), places, found);
            }
        }
    }

    /// <summary>Finds those among the elements of a list. What is kept stays a list: a comma goes with each that does not.</summary>
    private static void FindIn(ReadOnlySpan<byte> source, Piece list, ProofPlaces places, List<Piece> found)
    {
        var walk = new JsonWalk(source, list, stackalloc byte[64]);
        if (!walk.TryBeginArray())
            return;
        var (first, last, behind) = (0, 0, 0);
        while (walk.NextElement())
        {
            var element = walk.Value();
            var end = element.Start + element.Length;
            var isOurs = IsOurs(source, element, places);
            if (isOurs && behind == 0)
                (first, last) = (first == 0 ? element.Start : first, end);
            else if (isOurs)
                found.Add(new Piece(behind, end - behind));
            else if (first > 0)
                found.Add(new Piece(first, element.Start - first));
            if (isOurs && behind == 0)
                continue;
            (first, behind) = (0, end);
        }

        if (first > 0)
            found.Add(new Piece(first, last - first));
    }

    private static bool IsOurs(ReadOnlySpan<byte> source, Piece element, ProofPlaces places)
    {
        var walk = new JsonWalk(source, element, stackalloc byte[64]);
        if (source[element.Start] != (byte)'{' || !walk.TryBegin())
            return false;
        var (isThought, isProof) = (false, false);
        while (walk.NextMember())
        {
            if (walk.Is("type"u8))
                isThought = walk.IsText(places.Type);
            else if (walk.Is(places.Proof) && walk.Token == JsonToken.String)
                isProof = walk.TextBytes.StartsWith(Mark);
        }

        return isThought && isProof;
    }

    /// <summary>Keeps the last bytes that were pushed.</summary>
    private static int Push(Span<byte> seam, int kept, byte octet)
    {
        if (kept == seam.Length)
        {
            seam[1..].CopyTo(seam);
            kept--;
        }

        seam[kept] = octet;
        return kept + 1;
    }
}
