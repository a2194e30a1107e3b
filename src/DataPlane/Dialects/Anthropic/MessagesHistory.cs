using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Dialects.Anthropic;

/// <summary>
/// What Claude makes of a history whose thoughts of other providers are left out: told to think by a number of tokens, it refuses to go on from
/// calls before which it did not (docs.anthropic.com, extended thinking with tool use).
/// </summary>
internal static class MessagesHistory
{
    /// <summary>Whether the last turn of the assistant calls tools and has no thought of Claude's own.</summary>
    public static bool CallsWithoutThought(ReadOnlySpan<byte> source, ProofPlaces places)
    {
        var walk = new JsonWalk(source, stackalloc byte[64]);
        if (!walk.TryBegin())
            return false;
        var found = false;
        while (walk.NextMember())
        {
            if (!walk.Is("messages"u8) || !walk.TryEnter(JsonToken.StartArray))
                continue;
            while (walk.NextElement())
            {
                if (walk.TryEnter(JsonToken.StartObject))
                    ReadTurn(source, ref walk, places, ref found);
            }
        }

        return found;
    }

    private static void ReadTurn(ReadOnlySpan<byte> source, ref JsonWalk walk, ProofPlaces places, ref bool found)
    {
        var (isAssistant, calls, thinks) = (false, false, false);
        while (walk.NextMember())
        {
            if (walk.Is("role"u8))
                isAssistant = walk.IsText("assistant"u8);
            else if (walk.Is("content"u8) && walk.TryEnter(JsonToken.StartArray))
            {
                while (walk.NextElement())
                    ReadBlock(source, walk.Value(), places, ref calls, ref thinks);
            }
        }

        if (isAssistant)
            found = calls && !thinks;
    }

    private static void ReadBlock(ReadOnlySpan<byte> source, Piece block, ProofPlaces places, ref bool calls, ref bool thinks)
    {
        var walk = new JsonWalk(source, block, stackalloc byte[64]);
        if (source[block.Start] != (byte)'{' || !walk.TryBegin())
            return;
        while (walk.NextMember())
        {
            if (!walk.Is("type"u8))
                continue;
            calls |= walk.IsText("tool_use"u8);
            thinks |= walk.IsText("redacted_thinking"u8) || (walk.IsText("thinking"u8) && !OwnProofs.IsOurs(source, block, places));
        }
    }
}
