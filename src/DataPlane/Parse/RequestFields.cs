using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Parse;

/// <summary>The top-level fields that are read; each is a bit, so that a set of them is a number.</summary>
[Flags]
internal enum RequestField
{
    None = 0,
    Model = 1 << 0,
    Stream = 1 << 1,
    StreamOptions = 1 << 2,
    Messages = 1 << 3,
    Prompt = 1 << 4,
    Input = 1 << 5,
    N = 1 << 6,
    MaxTokens = 1 << 7,
    MaxCompletionTokens = 1 << 8,
    MaxOutputTokens = 1 << 9,
    Temperature = 1 << 10,
    TopP = 1 << 11,
    Tools = 1 << 12,
    Background = 1 << 13,
    IncludeUsage = 1 << 14,
    ServiceTier = 1 << 15,
    Contents = 1 << 16,
    Config = 1 << 17,
    MimeType = 1 << 18,
    Thinking = 1 << 19,
    ThinkingBudget = 1 << 20,
    BestOf = 1 << 21,
    Logprobs = 1 << 22,
    TopLogprobs = 1 << 23,
    Include = 1 << 24,

    /// <summary>A request as another path would be sent it, all of it.</summary>
    Whole = 1 << 25,
    StoredId = 1 << 26,
    Conversation = 1 << 27,
    Store = 1 << 28,
}

/// <summary>What is said of a field that is wrong.</summary>
internal static class RequestFields
{
    public static EdgeError Missing(string name) => EdgeError.Invalid("A required field is missing.", name);

    public static EdgeError Duplicate(string name) => EdgeError.Invalid("A field is given more than once.", name);

    public static EdgeError WrongType(RequestField field, string name) => EdgeError.Invalid(
        field switch
        {
            RequestField.Model => "'model' must be a string.",
            RequestField.Messages or RequestField.Contents => $"'{name}' must be an array.",
            RequestField.Prompt or RequestField.Input => $"'{name}' must be a string or an array.",
            RequestField.StreamOptions or RequestField.Config => $"'{name}' must be an object or null.",
            RequestField.Whole => $"'{name}' must be an object.",
            RequestField.Tools => $"'{name}' must be an array or null.",
            RequestField.ServiceTier or RequestField.StoredId => $"'{name}' must be a string or null.",
            RequestField.Temperature or RequestField.TopP => "The field must be a number or null.",
            RequestField.Stream or RequestField.Background or RequestField.IncludeUsage or RequestField.Store => "The field must be true, false or null.",
            _ => "The field must be a non-negative integer or null.",
        },
        name);

    public static EdgeError BadModel() => EdgeError.Invalid("'model' must be 1 to 256 bytes of text without control characters.", "model");
}
