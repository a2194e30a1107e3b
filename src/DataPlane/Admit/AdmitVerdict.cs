using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Admit;

/// <summary>What became of the question for admission.</summary>
internal enum AdmitVerdict : byte
{
    Admitted,

    /// <summary>A limit is so near that the prompt has to be counted: ask again with the count.</summary>
    NeedsCount,

    /// <summary>Nothing was drawn; <see cref="Admission.Refusal"/> says why, and <see cref="Admission.MayWait"/> whether waiting is offered.</summary>
    Refused,
}

/// <summary>Why a limit refuses.</summary>
internal enum RefusalKind : byte
{
    None,

    /// <summary>There is not enough at present; waiting helps.</summary>
    Spent,

    /// <summary>More than it can ever hold.</summary>
    TooLarge,

    /// <summary>As many are under way as may be.</summary>
    Concurrent,

    /// <summary>Money is limited, and the model has no price.</summary>
    Unpriced,

    /// <summary>No limit at all: more exchanges are under way than there is room to reserve for.</summary>
    NoRoom,
}

/// <summary>A refusal.</summary>
/// <param name="Kind">Why.</param>
/// <param name="Part">Of which limit; null for <see cref="RefusalKind.NoRoom"/>.</param>
/// <param name="Remaining">What is left, in the limit's unit.</param>
/// <param name="Cost">What was asked for, in the limit's unit.</param>
/// <param name="WaitNs">After so many nanoseconds the same is admitted if nobody else is meanwhile; 0 where waiting does not help.</param>
/// <param name="AtUnixNs">When that is.</param>
internal readonly record struct Refusal(RefusalKind Kind, LimitPart? Part, long Remaining, long Cost, long WaitNs, long AtUnixNs);
