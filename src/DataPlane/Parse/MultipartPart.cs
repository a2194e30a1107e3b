namespace AiEdge.DataPlane.Parse;

/// <summary>The header section of one part of a multipart/form-data body (RFC 7578 section 4).</summary>
internal static class MultipartPart
{
    /// <summary>Which field the part is, or none of those that are read.</summary>
    /// <param name="head">The header section, its empty line included.</param>
    /// <param name="valid">False when it is malformed or ambiguous.</param>
    public static RequestField Read(ReadOnlySpan<byte> head, out bool valid)
    {
        RequestField field = RequestField.None;
        bool named = false, encoded = false;
        valid = false;
        while (!head.StartsWith("\r\n"u8))
        {
            int end = head.IndexOf("\r\n"u8);
            ReadOnlySpan<byte> line = head[..end];
            head = head[(end + 2)..];
            int colon = line.IndexOf((byte)':');
            if (colon <= 0 || line.ContainsAny((byte)'\r', (byte)'\n', (byte)0)
                || line[0] is (byte)' ' or (byte)'\t' || line[colon - 1] is (byte)' ' or (byte)'\t')
                return RequestField.None;
            ReadOnlySpan<byte> name = line[..colon];
            ReadOnlySpan<byte> value = line[(colon + 1)..].Trim(" \t"u8);
            if (HeaderParameters.EqualsIgnoreCase(name, "content-disposition"u8))
            {
                if (named || !TryReadDisposition(value, out field))
                    return RequestField.None;
                named = true;
            }
            else if (HeaderParameters.EqualsIgnoreCase(name, "content-transfer-encoding"u8))
            {
                encoded |= !IsIdentity(value);
            }
        }

        valid = named && !(encoded && field != RequestField.None);
        return valid ? field : RequestField.None;
    }

    private static bool IsIdentity(ReadOnlySpan<byte> encoding) =>
        HeaderParameters.EqualsIgnoreCase(encoding, "7bit"u8) || HeaderParameters.EqualsIgnoreCase(encoding, "8bit"u8)
        || HeaderParameters.EqualsIgnoreCase(encoding, "binary"u8);

    private static bool TryReadDisposition(ReadOnlySpan<byte> value, out RequestField field)
    {
        field = RequestField.None;
        int semicolon = value.IndexOf((byte)';');
        if (semicolon < 0 || !HeaderParameters.EqualsIgnoreCase(value[..semicolon].TrimEnd(" \t"u8), "form-data"u8))
            return false;
        ReadOnlySpan<byte> rest = value[semicolon..];
        bool named = false, isFile = false;
        while (HeaderParameters.TryNext(ref rest, out ReadOnlySpan<byte> key, out ReadOnlySpan<byte> text))
        {
            if (HeaderParameters.EqualsIgnoreCase(key, "filename"u8) || HeaderParameters.EqualsIgnoreCase(key, "filename*"u8))
                isFile = true;

            // RFC 7578 section 4.2 forbids name*; a parser that took it would see another field.
            if (HeaderParameters.EqualsIgnoreCase(key, "name*"u8))
                return false;
            if (!HeaderParameters.EqualsIgnoreCase(key, "name"u8))
                continue;
            if (named)
                return false;
            named = true;
            if (!TryReadName(text, out field))
                return false;
        }

        // A file that calls itself "model" is a field to some parsers and not to others.
        return named && rest.IsEmpty && !(isFile && field != RequestField.None);
    }

    /// <summary>False when the name would be one of the fields in another spelling, which parsers read differently.</summary>
    private static bool TryReadName(ReadOnlySpan<byte> name, out RequestField field)
    {
        field = name.SequenceEqual("model"u8) ? RequestField.Model : name.SequenceEqual("stream"u8) ? RequestField.Stream : RequestField.None;
        return field != RequestField.None || !name.ContainsAny((byte)'\\', (byte)'%');
    }
}
