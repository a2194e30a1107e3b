namespace AiEdge.Http;

/// <summary>What a head reader has to say about the bytes so far.</summary>
public enum HeadStatus : byte
{
    /// <summary>All bytes so far are right; read more and give the whole buffer again.</summary>
    NeedMore,
    /// <summary>The head is complete and valid.</summary>
    Complete,
    /// <summary>No further byte can make this a valid head.</summary>
    Rejected,
}
