using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects;

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
}

/// <summary>
/// The forms of chats that clients and providers speak, a line each: whatever is tried of every form, or of each with each other, goes by this table.
/// </summary>
/// <param name="Name">Its name in the names of golden files.</param>
/// <param name="Shape">The kind of body.</param>
/// <param name="Says">What its answers can say.</param>
internal sealed record SpokenShape(string Name, RequestShape Shape, Says Says)
{
    public static IReadOnlyList<SpokenShape> All { get; } =
    [
        new("chat", RequestShape.Chat, Says.Choices | Says.Logprobs | Says.CustomCalls | Says.CallProofs | Says.Refusals | Says.CallsEnd),
        new("responses", RequestShape.Responses, Says.Logprobs | Says.CustomCalls | Says.Refusals | Says.CallsEnd | Says.Order),
        new("messages", RequestShape.Messages, Says.StopSequences | Says.CallsEnd | Says.Order),
        new("contents", RequestShape.Contents, Says.Choices | Says.CallProofs | Says.Order),
    ];

    public bool Has(Says what) => (Says & what) == what;

    public static SpokenShape Named(string name) => All.Single(one => one.Name == name);

    public static SpokenShape Of(RequestShape shape) => All.Single(one => one.Shape == shape);

    /// <summary>Whose form it is.</summary>
    public static DialectForm FormOf(RequestShape shape)
    {
        foreach (var form in DialectTable.Forms)
        {
            if (form.Shapes.Any(row => row.Shape == shape))
                return form;
        }

        throw new ArgumentException("no dialect has it", nameof(shape));
    }
}
