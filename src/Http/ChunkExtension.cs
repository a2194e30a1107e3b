namespace AiEdge.Http;

/// <summary>
/// Checks chunk extensions byte by byte: *( BWS ";" BWS name [ BWS "=" BWS ( token / quoted-string ) ] )
/// (RFC 9112 section 7.1.1). Space at the end of the line is not in the grammar.
/// </summary>
internal struct ChunkExtension
{
    private Phase _phase;

    private enum Phase : byte
    {
        BeforeSemicolon,
        BlankBeforeSemicolon,
        BeforeName,
        Name,
        BlankAfterName,
        BeforeValue,
        Token,
        Quoted,
        Escaped,
        AfterQuote,
    }

    /// <summary>True if the line may end here.</summary>
    public readonly bool CanEnd => _phase is Phase.BeforeSemicolon or Phase.Name or Phase.Token or Phase.AfterQuote;

    /// <summary>Takes the next byte; false if it cannot stand here.</summary>
    public bool Accept(byte value)
    {
        if (_phase is Phase.Quoted or Phase.Escaped) return AcceptQuoted(value);
        if (Syntax.IsBlank(value)) return AcceptBlank();
        if (Syntax.TokenBytes.Contains(value)) return AcceptToken();
        switch (value)
        {
            case (byte)';' when _phase is not (Phase.BeforeName or Phase.BeforeValue):
                _phase = Phase.BeforeName;
                return true;
            case (byte)'=' when _phase is Phase.Name or Phase.BlankAfterName:
                _phase = Phase.BeforeValue;
                return true;
            case (byte)'"' when _phase == Phase.BeforeValue:
                _phase = Phase.Quoted;
                return true;
            default:
                return false;
        }
    }

    private bool AcceptBlank()
    {
        _phase = _phase switch
        {
            Phase.BeforeSemicolon or Phase.Token or Phase.AfterQuote => Phase.BlankBeforeSemicolon,
            Phase.Name => Phase.BlankAfterName,
            _ => _phase,
        };
        return true;
    }

    private bool AcceptToken()
    {
        switch (_phase)
        {
            case Phase.BeforeName or Phase.Name:
                _phase = Phase.Name;
                return true;
            case Phase.BeforeValue or Phase.Token:
                _phase = Phase.Token;
                return true;
            default:
                return false;
        }
    }

    private bool AcceptQuoted(byte value)
    {
        if (value < Syntax.Space ? value != Syntax.Tab : value == Syntax.Delete) return false;
        _phase = _phase switch
        {
            Phase.Escaped => Phase.Quoted,
            _ => value switch { (byte)'\\' => Phase.Escaped, (byte)'"' => Phase.AfterQuote, _ => Phase.Quoted },
        };
        return true;
    }
}
