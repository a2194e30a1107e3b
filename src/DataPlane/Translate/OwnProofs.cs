using System.Buffers;
using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Translate;

/// <summary>Tells how a history goes on without thoughts of other providers.</summary>
internal delegate bool CallsWithoutThought(ReadOnlySpan<byte> source, ProofPlaces places);

/// <summary>Where a kind of body has thoughts with their proofs.</summary>
/// <param name="Name">How it calls such a thought.</param>
/// <param name="List">The top-level array of turns, or of what stands in them.</param>
/// <param name="Within">The member of a turn that is an array of what stands in it; empty where <paramref name="List"/> is that.</param>
/// <param name="Type">The <c>type</c> of a thought.</param>
/// <param name="Proof">Its member that is the proof.</param>
internal sealed record ProofPlaces(byte[] Name, string List, byte[] Within, byte[] Type, byte[] Proof)
{
    /// <summary>A turn that has nothing else goes with them: its provider refuses an empty one.</summary>
    public bool IsAllOfTurn { get; init; }

    /// <summary>
    /// A member of a turn that tells the same thoughts as <see cref="Within"/>, without what proves them; where none is left there, neither is left. Empty
    /// where there is none.
    /// </summary>
    public byte[] Unproved { get; init; } = [];

    /// <summary>
    /// Whether the last turn of the assistant calls tools and has no thought but such ones, given the body; its provider refuses to think on then. Null
    /// where it does not.
    /// </summary>
    public CallsWithoutThought? Calls { get; init; }

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

    /// <summary>Adds what has to go, commas included.</summary>
    /// <param name="source">The body.</param>
    /// <param name="places">Where thoughts stand in it.</param>
    /// <param name="keepsUnproved">Whether their text stays, where it is told without what proves them: the model takes it from anybody.</param>
    /// <param name="found">Where to.</param>
    public static void Find(ReadOnlySpan<byte> source, ProofPlaces places, bool keepsUnproved, List<Piece> found)
    {
        var walk = new JsonWalk(source, stackalloc byte[64]);
        if (!walk.TryBegin())
            return;
        while (walk.NextMember())
        {
            if (!walk.Is(places.ListUtf8) || walk.Token != JsonToken.StartArray)
                continue;
            if (places.Within.Length > 0)
                FindInTurns(source, walk.Value(), places, keepsUnproved, found);
            else
                FindIn(source, walk.Value(), places, found);
        }
    }

    private static void FindInTurns(ReadOnlySpan<byte> source, Piece list, ProofPlaces places, bool keepsUnproved, List<Piece> found)
    {
        var walk = new JsonWalk(source, list, stackalloc byte[64]);
        if (!walk.TryBeginArray())
            return;
        ListCut turns = default;
        while (walk.NextElement())
        {
            var (turn, before) = (walk.Value(), found.Count);
            var isEmptied = FindInTurn(source, turn, places, found);
            var goes = isEmptied && places.IsAllOfTurn;
            if (goes || (isEmptied && places.Unproved.Length > 0))
                found.RemoveRange(before, found.Count - before);
            if (isEmptied && !goes && places.Unproved.Length > 0)
                FindMembers(source, turn, places, keepsUnproved, found);
            turns.Pass(turn, goes, found);
        }

        turns.End(found);
    }

    /// <summary>True where nothing is left of what stood in the turn.</summary>
    private static bool FindInTurn(ReadOnlySpan<byte> source, Piece turn, ProofPlaces places, List<Piece> found)
    {
        var walk = new JsonWalk(source, turn, stackalloc byte[64]);
        var isEmptied = false;
        if (source[turn.Start] != (byte)'{' || !walk.TryBegin())
            return false;
        while (walk.NextMember())
        {
            if (walk.Is(places.Within) && walk.Token == JsonToken.StartArray)
                isEmptied = FindIn(source, walk.Value(), places, found);
        }

        return isEmptied;
    }

    /// <summary>Finds the members of a turn that tell its thoughts, all of which go.</summary>
    private static void FindMembers(ReadOnlySpan<byte> source, Piece turn, ProofPlaces places, bool keepsUnproved, List<Piece> found)
    {
        var walk = new JsonWalk(source, turn, stackalloc byte[64]);
        walk.TryBegin();
        ListCut members = default;
        while (walk.NextMember())
        {
            var goes = walk.Is(places.Within) || (!keepsUnproved && walk.Is(places.Unproved));
            var (start, value) = (walk.MemberStart, walk.Value());
            members.Pass(new Piece(start, value.Start + value.Length - start), goes, found);
        }

        members.End(found);
    }

    /// <summary>Finds those among the elements of a list. True where none is left.</summary>
    private static bool FindIn(ReadOnlySpan<byte> source, Piece list, ProofPlaces places, List<Piece> found)
    {
        var walk = new JsonWalk(source, list, stackalloc byte[64]);
        if (!walk.TryBeginArray())
            return false;
        ListCut cut = default;
        while (walk.NextElement())
        {
            var element = walk.Value();
            cut.Pass(element, IsOurs(source, element, places), found);
        }

        return cut.End(found);
    }

    /// <summary>Whether an element is a thought of another provider's.</summary>
    public static bool IsOurs(ReadOnlySpan<byte> source, Piece element, ProofPlaces places)
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

    /// <summary>Cuts elements out of a list, or members out of an object. What is kept stays one: a comma goes with each that does not.</summary>
    private struct ListCut
    {
        private int _first;
        private int _last;
        private int _behind;

        public void Pass(Piece element, bool goes, List<Piece> found)
        {
            var end = element.Start + element.Length;
            if (goes && _behind == 0)
            {
                (_first, _last) = (_first == 0 ? element.Start : _first, end);
                return;
            }

            if (goes)
                found.Add(new Piece(_behind, end - _behind));
            else if (_first > 0)
                found.Add(new Piece(_first, element.Start - _first));
            (_first, _behind) = (0, end);
        }

        /// <summary>True where all went.</summary>
        public readonly bool End(List<Piece> found)
        {
            if (_first > 0)
                found.Add(new Piece(_first, _last - _first));
            return _first > 0;
        }
    }
}
