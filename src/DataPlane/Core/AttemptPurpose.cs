namespace AiEdge.DataPlane.Core;

/// <summary>What an attempt was made for, where its number does not tell it.</summary>
internal enum AttemptPurpose : byte
{
    /// <summary>The first, or one after another, or one at another model: as the attempt's number and its model tell.</summary>
    Counted,

    /// <summary>The first, although others have been begun since.</summary>
    First,

    /// <summary>Made besides one that was late.</summary>
    Hedge,

    /// <summary>At a cheaper model than the asked one, whose answer is judged.</summary>
    Cascade,

    /// <summary>One of several at once, whose answers are chosen from.</summary>
    Ensemble,
}
