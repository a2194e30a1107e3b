namespace AiEdge.DataPlane.Translate;

/// <summary>Sound in a prompt, as data in base64: chats name its format (<c>wav</c>), Gemini its media type (<c>audio/wav</c>).</summary>
internal static class Sound
{
    /// <summary>What stands behind <c>audio/</c>; false where a media type is none of sound's.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, Piece media, out Piece format)
    {
        if (!media.TryBehind("audio/"u8, source, out format) && !media.TryBehind("audio\\/"u8, source, out format))
            return false;
        var parameters = format.Of(source).IndexOf((byte)';');
        if (parameters >= 0)
            format = new Piece(format.Start, parameters);
        return true;
    }

    /// <summary>The word that chats have for a part's format; empty where they have none, or it is no sound.</summary>
    public static ReadOnlySpan<byte> ChatFormat(ReadOnlySpan<byte> source, in NeutralPart part)
    {
        if (part.Kind != PartKind.Audio)
            return default;
        var format = part.Media.Of(source);
        if (format.SequenceEqual("wav"u8) || format.SequenceEqual("x-wav"u8) || format.SequenceEqual("wave"u8))
            return "wav"u8;
        return format.SequenceEqual("mp3"u8) || format.SequenceEqual("mpeg"u8) ? "mp3"u8 : default;
    }
}
