namespace AiEdge.DataPlane.Core;

/// <summary>How an exchange ended; the word in the record.</summary>
internal enum EndReason : byte
{
    Done,
    ClientClosed,
    UpstreamFault,
    Refused,
    Timeout,
    Draining,
    Internal,

    /// <summary>A limit was reached within the stream, which was ended in its dialect's own way.</summary>
    Cut,

    /// <summary>The process ended under it; said by whoever recovers its journal.</summary>
    Crashed,

    /// <summary>What it rested on was revoked.</summary>
    Revoked,

    /// <summary>Another attempt at the same request began its answer sooner; of attempts alone.</summary>
    Cancelled,

    /// <summary>Its answer was not good enough, and a better model was asked; of attempts alone.</summary>
    Escalated,

    /// <summary>It was whole, and another one of several that were asked for at once was chosen; of attempts alone.</summary>
    Unpicked,
}
