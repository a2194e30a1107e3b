namespace AiEdge.Grpc;

/// <summary>The status codes of gRPC, with the numbers that <c>grpc-status</c> carries.</summary>
public enum GrpcCode
{
    /// <summary>The call did what it was asked.</summary>
    Ok = 0,

    /// <summary>Its caller gave it up.</summary>
    Cancelled = 1,

    /// <summary>Something failed and said no more; also an answer that is not gRPC's.</summary>
    Unknown = 2,

    /// <summary>The caller sent what is wrong in any state of the server.</summary>
    InvalidArgument = 3,

    /// <summary>The deadline passed first; the work may have been done all the same.</summary>
    DeadlineExceeded = 4,

    /// <summary>What was asked for is not there.</summary>
    NotFound = 5,

    /// <summary>What was to be made is there already.</summary>
    AlreadyExists = 6,

    /// <summary>The caller is known and may not.</summary>
    PermissionDenied = 7,

    /// <summary>A bound is reached: of messages' size, of calls, of a quota.</summary>
    ResourceExhausted = 8,

    /// <summary>Not in this state of the server; asking again changes nothing until the state is mended.</summary>
    FailedPrecondition = 9,

    /// <summary>Lost against another call; to be begun anew from further up.</summary>
    Aborted = 10,

    /// <summary>Past the end of what there is.</summary>
    OutOfRange = 11,

    /// <summary>No such service, method or coding here.</summary>
    Unimplemented = 12,

    /// <summary>The protocol was broken by one of the two sides.</summary>
    Internal = 13,

    /// <summary>Not reached, or going away; may be asked again later.</summary>
    Unavailable = 14,

    /// <summary>Data was lost or spoilt beyond repair.</summary>
    DataLoss = 15,

    /// <summary>The caller did not say who it is, or not credibly.</summary>
    Unauthenticated = 16,
}
