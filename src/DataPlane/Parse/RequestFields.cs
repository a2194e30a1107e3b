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
    GenerationConfig = 1 << 17,
    MimeType = 1 << 18,
    Thinking = 1 << 19,
    ThinkingBudget = 1 << 20,
    BestOf = 1 << 21,
}

/// <summary>Which fields each shape has, by which names, and what is said when one is wrong.</summary>
internal static class RequestFields
{
    private const RequestField Everywhere = RequestField.Model | RequestField.Stream;
    private const RequestField Sampling = RequestField.Temperature | RequestField.TopP;

    /// <summary>
    /// The fields whose form is checked. A name that a shape gives another meaning (Images' <c>background</c> is a string) is
    /// left out there.
    /// </summary>
    public static RequestField ReadIn(RequestShape shape) => shape switch
    {
        RequestShape.Chat => Everywhere | Sampling | RequestField.StreamOptions | RequestField.Messages | RequestField.N
            | RequestField.MaxTokens | RequestField.MaxCompletionTokens | RequestField.Tools | RequestField.ServiceTier,
        RequestShape.Completions => Everywhere | Sampling | RequestField.StreamOptions | RequestField.Prompt
            | RequestField.N | RequestField.BestOf | RequestField.MaxTokens,
        RequestShape.Responses => Everywhere | Sampling | RequestField.StreamOptions | RequestField.Input
            | RequestField.MaxOutputTokens | RequestField.Tools | RequestField.Background | RequestField.ServiceTier,
        RequestShape.Embeddings or RequestShape.Moderations => Everywhere | RequestField.Input,
        RequestShape.Images => Everywhere | RequestField.N,
        RequestShape.Contents => RequestField.Contents | RequestField.GenerationConfig | RequestField.Tools,
        RequestShape.EmbedContent or RequestShape.BatchEmbed => RequestField.None,
        RequestShape.Messages => Everywhere | Sampling | RequestField.Messages | RequestField.MaxTokens | RequestField.Tools | RequestField.ServiceTier
            | RequestField.Thinking,
        _ => Everywhere,
    };

    /// <summary>The fields without which a request cannot be served.</summary>
    public static RequestField RequiredIn(RequestShape shape) => shape switch
    {
        RequestShape.Chat or RequestShape.Messages => RequestField.Model | RequestField.Messages,
        RequestShape.Completions => RequestField.Model | RequestField.Prompt,
        RequestShape.Embeddings or RequestShape.Moderations => RequestField.Model | RequestField.Input,
        RequestShape.Contents => RequestField.Contents,
        RequestShape.Native or RequestShape.EmbedContent or RequestShape.BatchEmbed => RequestField.None,
        _ => RequestField.Model,
    };

    /// <summary>The field of a name within <c>generationConfig</c>; protobuf's JSON takes both spellings.</summary>
    public static RequestField OfConfig(ReadOnlySpan<byte> name)
    {
        if (name.SequenceEqual("maxOutputTokens"u8) || name.SequenceEqual("max_output_tokens"u8))
            return RequestField.MaxOutputTokens;
        if (name.SequenceEqual("responseMimeType"u8) || name.SequenceEqual("response_mime_type"u8))
            return RequestField.MimeType;
        return name.SequenceEqual("candidateCount"u8) || name.SequenceEqual("candidate_count"u8) ? RequestField.N : RequestField.None;
    }

    /// <summary>The field of a name without escapes.</summary>
    public static RequestField Of(ReadOnlySpan<byte> name)
    {
        RequestField field = name.Length switch
        {
            1 => RequestField.N,
            5 => name[0] == (byte)'m' ? RequestField.Model : name[0] == (byte)'i' ? RequestField.Input
                : name[1] == (byte)'o' && name[2] == (byte)'p' ? RequestField.TopP : RequestField.Tools,
            6 => name[0] == (byte)'s' ? RequestField.Stream : RequestField.Prompt,
            7 => RequestField.BestOf,
            8 => name[0] == (byte)'m' ? RequestField.Messages : name[0] == (byte)'t' ? RequestField.Thinking : RequestField.Contents,
            10 => name[0] == (byte)'m' ? RequestField.MaxTokens : RequestField.Background,
            11 => RequestField.Temperature,
            12 => RequestField.ServiceTier,
            14 => RequestField.StreamOptions,
            16 => RequestField.GenerationConfig,
            17 => name[0] == (byte)'m' ? RequestField.MaxOutputTokens : RequestField.GenerationConfig,
            21 => RequestField.MaxCompletionTokens,
            _ => RequestField.None,
        };
        return field != RequestField.None && (name.SequenceEqual(NameUtf8(field)) || name.SequenceEqual("generation_config"u8)) ? field : RequestField.None;
    }

    public static string Name(RequestField field) => field switch
    {
        RequestField.Model => "model",
        RequestField.Stream => "stream",
        RequestField.StreamOptions => "stream_options",
        RequestField.Messages => "messages",
        RequestField.Prompt => "prompt",
        RequestField.Input => "input",
        RequestField.N => "n",
        RequestField.BestOf => "best_of",
        RequestField.MaxTokens => "max_tokens",
        RequestField.MaxCompletionTokens => "max_completion_tokens",
        RequestField.MaxOutputTokens => "max_output_tokens",
        RequestField.Temperature => "temperature",
        RequestField.TopP => "top_p",
        RequestField.Tools => "tools",
        RequestField.Background => "background",
        RequestField.ServiceTier => "service_tier",
        RequestField.Contents => "contents",
        RequestField.GenerationConfig => "generationConfig",
        RequestField.MimeType => "responseMimeType",
        RequestField.Thinking => "thinking",
        RequestField.ThinkingBudget => "thinking.budget_tokens",
        _ => "stream_options.include_usage",
    };

    public static EdgeError Missing(RequestField field) => EdgeError.Invalid("A required field is missing.", Name(field));

    public static EdgeError Duplicate(RequestField field) => EdgeError.Invalid("A field is given more than once.", Name(field));

    public static EdgeError WrongType(RequestField field) => EdgeError.Invalid(
        field switch
        {
            RequestField.Model => "'model' must be a string.",
            RequestField.StreamOptions => "'stream_options' must be an object or null.",
            RequestField.Messages => "'messages' must be an array.",
            RequestField.Contents => "'contents' must be an array.",
            RequestField.GenerationConfig => "'generationConfig' must be an object or null.",
            RequestField.Prompt => "'prompt' must be a string or an array.",
            RequestField.Input => "'input' must be a string or an array.",
            RequestField.Tools => "'tools' must be an array or null.",
            RequestField.ServiceTier => "'service_tier' must be a string or null.",
            RequestField.Temperature or RequestField.TopP => "The field must be a number or null.",
            RequestField.Stream or RequestField.Background or RequestField.IncludeUsage => "The field must be true, false or null.",
            _ => "The field must be a non-negative integer or null.",
        },
        Name(field));

    public static EdgeError BadModel() =>
        EdgeError.Invalid("'model' must be 1 to 256 bytes of text without control characters.", Name(RequestField.Model));

    private static ReadOnlySpan<byte> NameUtf8(RequestField field) => field switch
    {
        RequestField.Model => "model"u8,
        RequestField.Stream => "stream"u8,
        RequestField.StreamOptions => "stream_options"u8,
        RequestField.Messages => "messages"u8,
        RequestField.Prompt => "prompt"u8,
        RequestField.Input => "input"u8,
        RequestField.N => "n"u8,
        RequestField.BestOf => "best_of"u8,
        RequestField.MaxTokens => "max_tokens"u8,
        RequestField.MaxCompletionTokens => "max_completion_tokens"u8,
        RequestField.MaxOutputTokens => "max_output_tokens"u8,
        RequestField.Temperature => "temperature"u8,
        RequestField.TopP => "top_p"u8,
        RequestField.Tools => "tools"u8,
        RequestField.ServiceTier => "service_tier"u8,
        RequestField.Contents => "contents"u8,
        RequestField.GenerationConfig => "generationConfig"u8,
        RequestField.Thinking => "thinking"u8,
        _ => "background"u8,
    };
}
