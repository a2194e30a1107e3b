namespace AiEdge.DataPlane.Core;

/// <summary>
/// What an exchange goes through, one behind the other: each lasts until the next begins, so that of one that was answered all of them together are its
/// whole time.
/// </summary>
internal enum ExchangeStage
{
    /// <summary>From the request's first byte until its body is read; whose it is is found out between.</summary>
    Read,

    /// <summary>Until its model's rule and a target are found.</summary>
    Route,

    /// <summary>Until the limits have admitted it: to wait for credit and to count its prompt included.</summary>
    Admit,

    /// <summary>Until it is written to whoever answers: the target's limits, translation, a connection, and attempts before that were in vain.</summary>
    Send,

    /// <summary>Until the answer's first byte.</summary>
    Wait,

    /// <summary>Until the provider's last byte has been read, at the pace of its client.</summary>
    Answer,

    /// <summary>Until the client has the last of it: bill, record on disk where that is waited for, and the last bytes.</summary>
    End,
}
