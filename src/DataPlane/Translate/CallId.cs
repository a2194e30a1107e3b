namespace AiEdge.DataPlane.Translate;

/// <summary>The id of a call, or of the call that a result answers. A dialect that has none counts its calls.</summary>
internal static class CallId
{
    public static JsonOut Write(JsonOut json, ReadOnlySpan<byte> name, ReadOnlySpan<byte> source, in NeutralPart part)
    {
        if (part.Id.IsPresent)
            return json.Text(name, part.Id.Of(source));
        json.OpenText(name).Add("call_"u8).Add(part.Ordinal);
        return json.CloseText();
    }
}
