using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Parse;

/// <summary>Where something stands in a body; a length of 0 means that it is not there.</summary>
/// <param name="Start">Offset of the first byte in the whole body.</param>
/// <param name="Length">Bytes.</param>
internal readonly record struct ByteRange(long Start, long Length)
{
    public long End => Start + Length;

    public bool IsPresent => Length > 0;
}

/// <summary>The forms of <c>stream_options</c>.</summary>
internal enum StreamOptionsForm : byte
{
    Absent,
    Null,
    Object,
}

/// <summary>The forms of <c>stream_options.include_usage</c>.</summary>
internal enum IncludeUsageForm : byte
{
    Absent,
    Null,
    True,
    False,
}

/// <summary>A field that holds a number of tokens.</summary>
/// <param name="Token">Where its value stands; not present when the field is absent.</param>
/// <param name="Value">The number; null when the field is absent or null.</param>
internal readonly record struct OutputCap(ByteRange Token, long? Value);

/// <summary>What the data plane knows of a request's body. Reused: <see cref="Reset"/> empties it.</summary>
internal sealed class RequestFacts
{
    /// <summary>Longest model name in bytes of UTF-8.</summary>
    public const int ModelBytesMax = ModelBytes.Length;

    private readonly byte[] _model = new byte[ModelBytesMax];
    private readonly byte[] _serviceTier = new byte[TierBytes.Length];
    private int _modelLength;
    private int _serviceTierLength;
    private byte[]? _storedId;
    private int _storedIdLength;

    public bool HasModel => _modelLength > 0;

    /// <summary>
    /// The model asked for: unescaped UTF-8 without control characters, 1 to <see cref="ModelBytesMax"/> bytes, or empty when
    /// there is none.
    /// </summary>
    public ReadOnlySpan<byte> Model => _model.AsSpan(0, _modelLength);

    /// <summary>The model's value as it stands: with its quotes in JSON, the part's content in multipart.</summary>
    public ByteRange ModelToken { get; set; }

    /// <summary>The whole member of the model in JSON, from its name's quote to its value's end.</summary>
    public ByteRange ModelMember => new(ModelNameStart, ModelToken.End - ModelNameStart);

    /// <summary>Where the name of the model's member begins.</summary>
    public long ModelNameStart { get; set; }

    /// <summary>The tier of service asked for (<c>service_tier</c>), or empty; a name that is longer than any tier's is left out.</summary>
    public ReadOnlySpan<byte> ServiceTier => _serviceTier.AsSpan(0, _serviceTierLength);

    /// <summary>Whether a stream is asked for.</summary>
    public bool Stream { get; set; }

    public ByteRange StreamToken { get; set; }

    /// <summary>Whether <c>background</c> is true (Responses).</summary>
    public bool Background { get; set; }

    /// <summary>What it goes on from that lies at a provider (<c>previous_response_id</c>), unescaped; empty for nothing, or for what is too long.</summary>
    public ReadOnlySpan<byte> StoredId => _storedId.AsSpan(0, _storedIdLength);

    /// <summary>Where that stands, with its quotes.</summary>
    public ByteRange StoredIdToken { get; set; }

    /// <summary>Whether it belongs to a conversation that lies at a provider (<c>conversation</c>).</summary>
    public bool HasConversation { get; set; }

    /// <summary>Whether the provider is to keep nothing of its answer (<c>store: false</c>).</summary>
    public bool KeepsNothing { get; set; }

    public StreamOptionsForm StreamOptions { get; set; }

    public ByteRange StreamOptionsToken { get; set; }

    public bool StreamOptionsIsEmpty { get; set; }

    /// <summary>Offset just past the opening brace of <c>stream_options</c>.</summary>
    public long StreamOptionsInsertAt { get; set; }

    public IncludeUsageForm IncludeUsage { get; set; }

    public ByteRange IncludeUsageToken { get; set; }

    /// <summary>Offset just past the body's opening brace.</summary>
    public long InsertAt { get; set; }

    public bool TopLevelIsEmpty { get; set; }

    /// <summary><c>max_tokens</c> (Chat, Completions).</summary>
    public OutputCap MaxTokens { get; set; }

    /// <summary><c>max_completion_tokens</c> (Chat).</summary>
    public OutputCap MaxCompletionTokens { get; set; }

    /// <summary><c>max_output_tokens</c> (Responses), <c>maxOutputTokens</c> (Gemini).</summary>
    public OutputCap MaxOutputTokens { get; set; }

    /// <summary><c>thinking</c> (Messages), where it is an object.</summary>
    public ByteRange Thinking { get; set; }

    /// <summary><c>thinking.budget_tokens</c> (Messages).</summary>
    public OutputCap ThinkingBudget { get; set; }

    /// <summary>Offset just past the opening brace of <c>generationConfig</c>; 0 where that is no object.</summary>
    public long ConfigInsertAt { get; set; }

    /// <summary>Where <c>generationConfig</c> is <c>null</c>.</summary>
    public ByteRange NullConfig { get; set; }

    public bool ConfigIsEmpty { get; set; }

    /// <summary>Whether the answer is to be JSON (<c>responseMimeType</c>, Gemini); of other dialects the prompt's reader knows.</summary>
    public bool WantsJson { get; set; }

    /// <summary>Answers asked for; 1 when <c>n</c> is absent or null.</summary>
    public int N { get; set; } = 1;

    /// <summary><c>best_of</c> (Completions): answers that are made for each prompt, of which <see cref="N"/> are told; 1 when it is absent or null.</summary>
    public int BestOf { get; set; } = 1;

    /// <summary>Whether the client asks for its tokens' log-probabilities, by whatever member its dialect has for that.</summary>
    public bool WantsLogprobs { get; set; }

    /// <summary>Where the member that asks for them stands and does not: <c>false</c> or <c>null</c> (<c>logprobs</c>, <c>responseLogprobs</c>).</summary>
    public ByteRange UnaskedLogprobs { get; set; }

    /// <summary>Whether <c>include</c> names them (Responses).</summary>
    public bool IncludesLogprobs { get; set; }

    /// <summary>Offset just past the opening bracket of <c>include</c>; 0 where that is no array.</summary>
    public long IncludeInsertAt { get; set; }

    /// <summary>Where <c>include</c> is <c>null</c>.</summary>
    public ByteRange NullInclude { get; set; }

    public bool IncludeIsEmpty { get; set; }

    public void Reset()
    {
        _modelLength = _serviceTierLength = _storedIdLength = 0;
        StoredIdToken = default;
        HasConversation = KeepsNothing = false;
        ModelToken = default;
        ModelNameStart = 0;
        Stream = false;
        StreamToken = default;
        Background = false;
        StreamOptions = StreamOptionsForm.Absent;
        StreamOptionsToken = default;
        StreamOptionsIsEmpty = false;
        StreamOptionsInsertAt = 0;
        IncludeUsage = IncludeUsageForm.Absent;
        IncludeUsageToken = default;
        InsertAt = 0;
        TopLevelIsEmpty = true;
        MaxTokens = default;
        MaxCompletionTokens = default;
        MaxOutputTokens = default;
        Thinking = default;
        ThinkingBudget = default;
        ConfigInsertAt = 0;
        NullConfig = default;
        ConfigIsEmpty = false;
        N = BestOf = 1;
        WantsJson = false;
        WantsLogprobs = IncludesLogprobs = IncludeIsEmpty = false;
        UnaskedLogprobs = NullInclude = default;
        IncludeInsertAt = 0;
    }

    public void SetServiceTier(ReadOnlySpan<byte> name) => _serviceTierLength = name.TryCopyTo(_serviceTier) ? name.Length : 0;

    /// <summary>Takes an id of at most <see cref="StoredIds.TextBytesMax"/> bytes.</summary>
    public void SetStoredId(ReadOnlySpan<byte> id)
    {
        _storedId ??= new byte[StoredIds.TextBytesMax];
        id.CopyTo(_storedId);
        _storedIdLength = id.Length;
    }

    /// <summary>Takes a model name that has no escapes. False when it may not be one.</summary>
    public bool TrySetModel(ReadOnlySpan<byte> name)
    {
        if (name.Length is 0 or > ModelBytesMax || HasControl(name))
            return false;
        name.CopyTo(_model);
        _modelLength = name.Length;
        return true;
    }

    // A name goes into headers, logs and labels, so that C0, DEL and C1 (U+0080 to U+009F, C2 80 to C2 9F) are out.
    private static bool HasControl(ReadOnlySpan<byte> name)
    {
        for (int i = 0; i < name.Length; i++)
        {
            byte c = name[i];
            if (c is < 0x20 or 0x7F || (c == 0xC2 && i + 1 < name.Length && name[i + 1] < 0xA0))
                return true;
        }

        return false;
    }
}
