namespace AiEdge.DataPlane.Translate;

/// <summary>Writes JSON into a buffer; texts come as they stand in another JSON text, so that nothing is escaped twice. Allocates nothing.</summary>
internal sealed class JsonOut(TextBuffer to)
{
    private bool _needsComma;

    public TextBuffer To => to;

    /// <summary>A new text begins in the buffer.</summary>
    public void Begin() => _needsComma = false;

    public JsonOut StartObject() => Open((byte)'{');

    public JsonOut StartObject(ReadOnlySpan<byte> name) => Name(name).Open((byte)'{');

    public JsonOut EndObject() => Close((byte)'}');

    public JsonOut StartArray(ReadOnlySpan<byte> name) => Name(name).Open((byte)'[');

    public JsonOut StartArray() => Open((byte)'[');

    public JsonOut EndArray() => Close((byte)']');

    public JsonOut Name(ReadOnlySpan<byte> name)
    {
        Comma();
        to.Add("\""u8).Add(name).Add("\":"u8);
        _needsComma = false;
        return this;
    }

    /// <summary>A string whose inside is given, escapes as they stand.</summary>
    public JsonOut Text(ReadOnlySpan<byte> inside)
    {
        Comma();
        to.Add("\""u8).Add(inside).Add("\""u8);
        _needsComma = true;
        return this;
    }

    public JsonOut Text(ReadOnlySpan<byte> name, ReadOnlySpan<byte> inside) => Name(name).Text(inside);

    /// <summary>A string whose inside is put into small letters.</summary>
    public JsonOut Lower(ReadOnlySpan<byte> inside)
    {
        Comma();
        to.Add("\""u8);
        foreach (var octet in inside)
            to.Add([octet is >= (byte)'A' and <= (byte)'Z' ? (byte)(octet | 0x20) : octet]);
        return CloseText();
    }

    /// <summary>A string whose inside is put into capitals.</summary>
    public JsonOut Upper(ReadOnlySpan<byte> inside)
    {
        Comma();
        to.Add("\""u8);
        foreach (var octet in inside)
            to.Add([octet is >= (byte)'a' and <= (byte)'z' ? (byte)(octet & ~0x20) : octet]);
        return CloseText();
    }

    /// <summary>A value as it stands.</summary>
    public JsonOut Value(ReadOnlySpan<byte> json)
    {
        Comma();
        to.Add(json);
        _needsComma = true;
        return this;
    }

    public JsonOut Value(ReadOnlySpan<byte> name, ReadOnlySpan<byte> json) => Name(name).Value(json);

    public JsonOut Number(ReadOnlySpan<byte> name, long number)
    {
        Name(name);
        to.Add(number);
        _needsComma = true;
        return this;
    }

    public JsonOut Flag(ReadOnlySpan<byte> name, bool value) => Value(name, value ? "true"u8 : "false"u8);

    /// <summary>A string whose inside is written into the buffer by others, between this and <see cref="CloseText"/>.</summary>
    public TextBuffer OpenText(ReadOnlySpan<byte> name)
    {
        Name(name);
        return to.Add("\""u8);
    }

    /// <summary>As above, of an array's element.</summary>
    public TextBuffer OpenElement()
    {
        Comma();
        return to.Add("\""u8);
    }

    public JsonOut CloseText()
    {
        to.Add("\""u8);
        _needsComma = true;
        return this;
    }

    private JsonOut Open(byte bracket)
    {
        Comma();
        to.Add([bracket]);
        _needsComma = false;
        return this;
    }

    private JsonOut Close(byte bracket)
    {
        to.Add([bracket]);
        _needsComma = true;
        return this;
    }

    private void Comma()
    {
        if (_needsComma)
            to.Add(","u8);
    }
}
