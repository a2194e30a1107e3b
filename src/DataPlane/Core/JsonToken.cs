namespace AiEdge.DataPlane.Core;

/// <summary>What <see cref="JsonScanner.Read"/> stopped at.</summary>
internal enum JsonToken : byte
{
    None,
    StartObject,
    EndObject,
    StartArray,
    EndArray,

    /// <summary>A member's name; its value follows.</summary>
    Name,
    String,
    Number,
    True,
    False,
    Null,
}

/// <summary>Why a text is not the one JSON value it should be.</summary>
internal enum JsonFault : byte
{
    None,

    /// <summary>The bytes break RFC 8259's grammar.</summary>
    Syntax,

    /// <summary>NaN or Infinity, which the grammar has no place for, and Python writes and reads.</summary>
    NotFinite,

    /// <summary>The text ends inside its value, or holds none.</summary>
    Truncated,

    /// <summary>More than <see cref="JsonScanner.DepthMax"/> containers are open at once.</summary>
    TooDeep,

    /// <summary>A string holds bytes that are not UTF-8.</summary>
    BadUtf8,

    /// <summary>A raw control character, NUL included, where none may be (RFC 8259 section 7).</summary>
    ControlByte,
}
