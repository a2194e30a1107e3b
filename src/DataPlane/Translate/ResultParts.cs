namespace AiEdge.DataPlane.Translate;

/// <summary>
/// What stands in what a tool has answered. Where a provider takes one text its texts are one; where it takes no pictures there, they are the user's, behind
/// all that was answered in the turn, and a text says of which each is.
/// </summary>
internal static class ResultParts
{
    /// <summary>What the user's text about pictures begins with.</summary>
    public static ReadOnlySpan<byte> PictureOf => "Picture in the result of "u8;

    /// <summary>What is told in the place of an answer that has no text, where its pictures stand elsewhere.</summary>
    private static ReadOnlySpan<byte> Elsewhere => "Its picture follows."u8;

    /// <summary>The part behind the last of a result that stands at a place.</summary>
    public static int End(NeutralRequest request, int result)
    {
        var to = result + 1;
        while (to < request.Parts.Count && request.Parts[to].IsOfResult)
            to++;
        return to;
    }

    /// <summary>Whether it is a picture.</summary>
    public static bool IsPicture(in NeutralPart part) => part.Kind is PartKind.Image or PartKind.ImageUrl;

    /// <summary>Adds one of its texts: the inside of a JSON string.</summary>
    public static void AddText(NeutralRequest request, TextBuffer to, in NeutralPart part)
    {
        if (part.IsObject)
            to.AddEscaped(part.Text.Of(request.Source));
        else
            to.Add(part.Text.Of(request.Source));
    }

    /// <summary>Adds its texts as one, with an empty line between them.</summary>
    /// <param name="request">The request.</param>
    /// <param name="to">Where to.</param>
    /// <param name="result">The result's place.</param>
    /// <param name="isElsewhere">It has pictures, and they stand elsewhere.</param>
    public static void AddTexts(NeutralRequest request, TextBuffer to, int result, bool isElsewhere)
    {
        var (from, end) = (to.Length, End(request, result));
        for (var p = result + 1; p < end; p++)
        {
            if (request.Parts[p] is not { Kind: PartKind.Text, Text.Length: > 0 } part)
                continue;
            to.Add(to.Length > from ? "\\n\\n"u8 : default);
            AddText(request, to, part);
        }

        if (isElsewhere && to.Length == from)
            to.Add(Elsewhere);
    }
}
