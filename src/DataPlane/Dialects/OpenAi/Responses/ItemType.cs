using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Dialects.OpenAi.Responses;

/// <summary>The type of an item or of a tool, which decides what its members mean and may stand behind them.</summary>
internal static class ItemType
{
    /// <summary>The inside of the string; empty where there is none.</summary>
    public static ReadOnlySpan<byte> Of(ReadOnlySpan<byte> source, Piece element)
    {
        if (source[element.Start] != (byte)'{')
            return default;
        Piece type = default;
        var walk = new JsonWalk(source, element, stackalloc byte[64]);
        for (var isIn = walk.TryBegin(); isIn && walk.NextMember();)
        {
            if (walk.Is("type"u8) && walk.Token == JsonToken.String)
                type = walk.Text;
        }

        return type.Of(source);
    }
}
