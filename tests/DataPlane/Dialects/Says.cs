namespace AiEdge.DataPlane.Tests.Dialects;

/// <summary>What an answer of a form can say that not all forms can.</summary>
[Flags]
internal enum Says
{
    Nothing = 0,

    /// <summary>Several answers.</summary>
    Choices = 1,
    Logprobs = 2,

    /// <summary>Calls whose input is a text.</summary>
    CustomCalls = 4,

    /// <summary>What proves a call, at the call.</summary>
    CallProofs = 8,

    /// <summary>A refusal that is no text; else it is a text, and the answer was filtered.</summary>
    Refusals = 16,

    /// <summary>Which stop sequence ended it.</summary>
    StopSequences = 32,

    /// <summary>That it ends because tools are called.</summary>
    CallsEnd = 64,

    /// <summary>What comes behind what, of texts, thought and calls.</summary>
    Order = 128,

    /// <summary>Which model it is of.</summary>
    Model = 256,
}
