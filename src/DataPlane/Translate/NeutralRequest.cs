using System.Buffers.Text;

namespace AiEdge.DataPlane.Translate;

/// <summary>Who speaks in a message.</summary>
internal enum NeutralRole : byte
{
    /// <summary>System or developer.</summary>
    System,

    /// <summary>The user, and tools through him.</summary>
    User,
    Assistant,
}

/// <summary>What a part of a message or of an answer is.</summary>
internal enum PartKind : byte
{
    Text,
    Refusal,

    /// <summary>Bytes in base64, with their media type.</summary>
    Image,
    ImageUrl,

    /// <summary>A document in base64, with its media type and name.</summary>
    File,
    FileUrl,

    /// <summary>Sound in base64; its media is the format alone (<see cref="Sound"/>).</summary>
    Audio,

    /// <summary>Thought, with the provider's signature where there is one.</summary>
    Thinking,

    /// <summary>Thought that only its provider can read.</summary>
    HiddenThinking,
    ToolCall,

    /// <summary>What a tool has answered; its content are the parts behind it that are <see cref="NeutralPart.IsOfResult"/>.</summary>
    ToolResult,
}

/// <summary>One part. Texts are the insides of JSON strings, escapes as they stand, in the request's source.</summary>
internal struct NeutralPart
{
    public PartKind Kind;

    /// <summary>The text, the data in base64, the URL, or a call's arguments.</summary>
    public Piece Text;

    /// <summary>A call's arguments, or a result's text, are an object in JSON, not the inside of a string.</summary>
    public bool IsObject;
    public Piece Media;
    public Piece Name;

    /// <summary>The server whose function a call names (<see cref="ToolNamespaces"/>).</summary>
    public Piece Namespace;
    public Piece Id;

    /// <summary>What proves a thought, or a call (<see cref="CallProof"/>).</summary>
    public Piece Signature;

    /// <summary>The thought's proof is what OpenAI has sealed (<see cref="SealedThought"/>): nobody else can read it.</summary>
    public bool IsSealed;

    /// <summary>How closely a picture is looked at, where OpenAI's client says so.</summary>
    public Piece Detail;
    public bool IsError;

    /// <summary>A call of a tool whose input is a text, or what that answered (<see cref="CustomTools"/>).</summary>
    public bool IsCustom;

    /// <summary>That the prompt is to be kept up to here (<see cref="PromptCache"/>).</summary>
    public Piece CacheMark;

    /// <summary>Which of the request's calls it is or answers, where these have no ids.</summary>
    public int Ordinal;
    public bool IsOfResult;

    /// <summary>It goes with the next <see cref="NeutralRequest.RemoveLost"/>.</summary>
    public bool IsLost;
}

/// <summary>A message: some of the request's parts, one behind the other.</summary>
/// <param name="Role">Who speaks.</param>
/// <param name="From">Its first part.</param>
/// <param name="Count">How many it has.</param>
internal readonly record struct NeutralMessage(NeutralRole Role, int From, int Count);

/// <summary>A function that the model may call. Its schema is JSON as it stands, in OpenAPI's manner where that is said; absent for none.</summary>
internal readonly record struct NeutralTool(Piece Name, Piece Description, Piece Schema, bool IsStrict, bool IsOpenApi)
{
    /// <summary>Its input is a text (<see cref="CustomTools"/>), with a grammar where one is given.</summary>
    public bool IsCustom { get; init; }

    /// <summary>The server whose function it is (<see cref="ToolNamespaces"/>); absent for none.</summary>
    public Piece Namespace { get; init; }

    /// <summary>What is said of that, where it is said with this function.</summary>
    public Piece NamespaceText { get; init; }

    public Piece Syntax { get; init; }

    public Piece Grammar { get; init; }

    /// <summary>That the prompt is to be kept up to here (<see cref="PromptCache"/>).</summary>
    public Piece CacheMark { get; init; }
}

/// <summary>What an embedding is for, and what the text is called, where Gemini's client says so.</summary>
internal readonly record struct EmbedPurpose(Piece Task, Piece Title);

/// <summary>One of the tools that may be called where not all may.</summary>
internal readonly record struct AllowedTool(Piece Name, bool IsCustom)
{
    /// <summary>The server whose function it is.</summary>
    public Piece Namespace { get; init; }
}

/// <summary>A member that chats and Responses have alike, by the same name, and no other dialect has.</summary>
/// <param name="Name">The name.</param>
/// <param name="Value">The value, as it stands.</param>
internal readonly record struct OpenAiMember(byte[] Name, Piece Value);

/// <summary>Whether and which tools have to be called.</summary>
internal enum ToolChoice : byte
{
    Unset,
    Auto,
    None,
    Required,
    Named,
}

/// <summary>How much is to be thought.</summary>
internal enum ThinkingEffort : byte
{
    Unset,
    Off,
    Minimal,
    Low,
    Medium,
    High,
    XHigh,
    Max,

    /// <summary>As much as <see cref="NeutralRequest.ThinkingTokens"/> says.</summary>
    Budget,
}

/// <summary>What form the answer's text has.</summary>
internal enum AnswerFormat : byte
{
    Text,
    Json,
    Schema,
}

/// <summary>
/// A request for a chat, whoever asks it of whom. What a dialect cannot say stays empty, what its writer cannot carry it reports. Reused:
/// <see cref="Reset"/> empties it.
/// </summary>
internal sealed partial class NeutralRequest
{
    private TextBuffer _source = new();
    private bool _isOpened;
    private long _schemaWorkLeft;
    private Piece _seenSchema;
    private ClosedSchemas _closed;

    /// <summary>The client's body, and what was put behind it for want of a place in the provider's dialect; all pieces are of it.</summary>
    public ReadOnlySpan<byte> Source => _source.Written;

    public List<NeutralMessage> Messages { get; } = [];

    public List<NeutralPart> Parts { get; } = [];

    public List<NeutralTool> Tools { get; } = [];

    public List<Piece> Stops { get; } = [];

    /// <summary>Those that may be called; empty for all.</summary>
    public List<AllowedTool> AllowedTools { get; } = [];

    /// <summary>It says what becomes of thought that is bound to something else.</summary>
    public bool TellsBinding { get; set; }

    /// <summary>What could not be carried.</summary>
    public LossReport Losses { get; } = new();

    /// <summary>What the provider is told in the place of names that it would refuse (<see cref="Translate.FittedNames"/>).</summary>
    public TextBuffer FittedNames { get; } = new();

    public Piece Temperature { get; set; }

    public Piece TopP { get; set; }

    public Piece TopK { get; set; }

    public Piece Seed { get; set; }

    public Piece PresencePenalty { get; set; }

    /// <summary>How probable each token was is to be told.</summary>
    public bool WantsLogprobs { get; set; }

    /// <summary>It is asked for by us and not by the client, as whoever wrote the request has found.</summary>
    public bool AsksLogprobs { get; private set; }

    /// <summary>Of how many others at its place, too.</summary>
    public long TopLogprobs { get; set; }

    public Piece FrequencyPenalty { get; set; }

    public Piece User { get; set; }

    /// <summary>Who asks, for the provider's watch over misuse alone, where OpenAI's client says so.</summary>
    public Piece SafetyId { get; set; }

    /// <summary>That the whole prompt is to be kept (<see cref="PromptCache"/>).</summary>
    public Piece CacheMark { get; set; }

    /// <summary>-1 where the client sets no cap.</summary>
    public long TokensMax { get; set; }

    /// <summary>The client says so by OpenAI's older name.</summary>
    public bool TokensMaxIsOld { get; set; }

    /// <summary>The cap that was written in the place of the client's, or where that sets none and nobody knows the model's own; 0 for none.</summary>
    public long TokensMaxTold { get; set; }

    public bool Stream { get; set; }

    /// <summary>The client's dialect goes on with an answer that the request begins: one that the assistant has the last word in.</summary>
    public bool GoesOn { get; set; }

    /// <summary>The field that refers to what lies at the client's own provider, and without which it is another question; null for none.</summary>
    public string? Elsewhere { get; set; }

    /// <summary>Answers asked for.</summary>
    public long Choices { get; set; }

    public ToolChoice ToolChoice { get; set; }

    /// <summary>The function of <see cref="ToolChoice.Named"/>.</summary>
    public Piece ToolName { get; set; }

    /// <summary>The server whose function that is.</summary>
    public Piece ToolNamespace { get; set; }

    /// <summary>Tools may be declared more than once.</summary>
    public bool MayRepeatTools { get; set; }

    /// <summary>It is one whose input is a text.</summary>
    public bool ToolIsCustom { get; set; }

    /// <summary>At most one tool is called at a time.</summary>
    public bool IsSerial { get; set; }

    /// <summary>OpenAI's client knows calls as they were before there could be several (<c>functions</c>), and is told them so.</summary>
    public bool CallsAreOld { get; set; }

    /// <summary>The provider cannot be told to call one at a time.</summary>
    public bool CallsAreMany { get; set; }

    /// <summary>One call at a time is all that the client wants, or can be told, and the provider is to know.</summary>
    public bool CallsOne => !CallsAreMany && (IsSerial || CallsAreOld);

    public ThinkingEffort Effort { get; set; }

    /// <summary>No thought at all but between calls of tools, as Anthropic's client may say; the effort is <see cref="ThinkingEffort.Off"/> then.</summary>
    public bool ThinksBetweenTools { get; set; }

    public long ThinkingTokens { get; set; }

    /// <summary>The model is asked to think as much as it finds right.</summary>
    public bool IsAdaptive { get; set; }

    /// <summary>The effort in OpenAI's word, where its client says one.</summary>
    public Piece EffortWord { get; set; }

    /// <summary>The client wants to see what is thought.</summary>
    public bool WantsThought { get; set; }

    /// <summary>The client's dialect has a place for what proves a thought, and sends it back.</summary>
    public bool KeepsProofs { get; set; }

    /// <summary>How much is to be said, in OpenAI's word.</summary>
    public Piece Verbosity { get; set; }

    /// <summary>What OpenAI's own forms of a chat have alike.</summary>
    public List<OpenAiMember> OpenAiMembers { get; } = [];

    public AnswerFormat Format { get; set; }

    public Piece FormatName { get; set; }

    public Piece FormatSchema { get; set; }

    public bool FormatIsStrict { get; set; }

    /// <summary>Schemas that are strictly kept to may have properties that need not be there: Anthropic's may, OpenAI's may not.</summary>
    public bool StrictMayBeOpen { get; set; }

    /// <summary>The schema is in OpenAPI's manner.</summary>
    public bool FormatIsOpenApi { get; set; }

    /// <summary>How long embeddings are to be.</summary>
    public Piece Dimensions { get; set; }

    /// <summary>What each message's embedding is for; empty where nobody says so.</summary>
    public List<EmbedPurpose> Purposes { get; } = [];

    /// <summary>Whether embeddings are wanted in base64.</summary>
    public bool WantsBase64 { get; set; }

    /// <summary>How the client's dialect calls what others may not be able to carry.</summary>
    public FieldNames Names { get; private set; } = new();

    /// <param name="source">The client's body, which stays the caller's.</param>
    /// <param name="names">How the client's dialect calls what may be lost.</param>
    public void Reset(TextBuffer source, FieldNames names)
    {
        _source = source;
        Names = names;
        Messages.Clear();
        Parts.Clear();
        Tools.Clear();
        Stops.Clear();
        AllowedTools.Clear();
        Losses.Clear();
        FittedNames.Clear();
        OpenAiMembers.Clear();
        Purposes.Clear();
        EffortWord = Verbosity = SafetyId = CacheMark = default;
        Temperature = TopP = TopK = Seed = PresencePenalty = FrequencyPenalty = User = Dimensions = default;
        ToolName = ToolNamespace = FormatName = FormatSchema = default;
        TokensMax = -1;
        Elsewhere = null;
        _isOpened = false;
        _schemaWorkLeft = SchemaWords.WorkMax;
        _seenSchema = default;
        _closed = default;
        Choices = 1;
        TokensMaxIsOld = MayRepeatTools = ToolIsCustom = IsAdaptive = ThinksBetweenTools = TellsBinding = false;
        Stream = WantsLogprobs = AsksLogprobs = WantsThought = KeepsProofs = IsSerial = CallsAreOld = CallsAreMany = false;
        FormatIsStrict = StrictMayBeOpen = FormatIsOpenApi = WantsBase64 = GoesOn = false;
        ToolChoice = ToolChoice.Unset;
        Effort = ThinkingEffort.Unset;
        ThinkingTokens = TopLogprobs = TokensMaxTold = 0;
        Format = AnswerFormat.Text;
    }

    /// <summary>
    /// Ends what the system says above all messages, wherever it stands in the body, which began with the part <paramref name="from"/>. False where it was
    /// said already: each time it would move all that stands behind it.
    /// </summary>
    public bool TryOpen(int from)
    {
        if (_isOpened)
            return false;
        Messages.Insert(0, new NeutralMessage(NeutralRole.System, from, Parts.Count - from));
        return _isOpened = true;
    }

    /// <summary>Whether log-probabilities are to be asked for, of a target that takes that.</summary>
    public bool TakeLogprobs(in RequestTarget target)
    {
        AsksLogprobs = !WantsLogprobs && target.AsksLogprobs;
        return WantsLogprobs || AsksLogprobs;
    }

    /// <summary>The cap to be sent: one that the model cannot give is lowered, which is told, and reported where it is the client's. -1 for none.</summary>
    /// <param name="target">Whom it is sent to.</param>
    /// <param name="unasked">The cap where the client sets none; -1 for none.</param>
    public long CapAt(in RequestTarget target, long unasked = -1)
    {
        var max = TokensMax >= 0 ? TokensMax : unasked;
        if (target.OutputCap > 0)
            max = max < 0 ? target.OutputCap : Math.Min(max, target.OutputCap);
        if (target.OutputMost is not (var most and > 0) || max <= most)
            return max;
        if (TokensMax >= 0)
            LoseCap();
        return TokensMaxTold = most;
    }

    /// <summary>Reports that the client's cap does not hold.</summary>
    public void LoseCap() => Losses.Add(TokensMaxIsOld ? "max_tokens"u8 : Names.TokensMax);

    /// <summary>The number in a piece, or null.</summary>
    public double? Number(Piece piece) =>
        piece.IsPresent && Utf8Parser.TryParse(piece.Of(Source), out double value, out var used) && used == piece.Length ? value : null;

    /// <summary>Ends a message that began with the part <paramref name="from"/>.</summary>
    public void EndMessage(NeutralRole role, int from) => Messages.Add(new NeutralMessage(role, from, Parts.Count - from));

    /// <summary>Reports what is there and has no place in the provider's dialect.</summary>
    public void LoseIf(bool isThere, ReadOnlySpan<byte> name)
    {
        if (isThere)
            Losses.Add(name);
    }

    /// <summary>Whether the answer's schema can be strictly kept to by who speaks OpenAI's dialect; what would be refused for that is reported.</summary>
    /// <param name="takesAny">Whether any schema can be; else as OpenAI does.</param>
    /// <param name="isClosed">Whether OpenAI would keep to it, by whom its objects are closed then.</param>
    public bool KeepsToFormat(bool takesAny, out bool isClosed)
    {
        isClosed = FormatIsStrict && (!StrictMayBeOpen || IsStrict(FormatSchema, FormatIsOpenApi));
        var keeps = isClosed || (FormatIsStrict && takesAny);
        if (FormatIsStrict && !keeps)
            Losses.Add(Names.Format, "strict"u8);
        return keeps;
    }

    /// <summary>As above, of a function's.</summary>
    public bool KeepsTo(in NeutralTool tool, bool takesAny)
    {
        var keeps = tool.IsStrict && (takesAny || !StrictMayBeOpen || (tool.Schema.IsPresent && IsStrict(tool.Schema, tool.IsOpenApi)));
        LoseIf(tool.IsStrict && !keeps, Names.Strict);
        return keeps;
    }

    private bool IsStrict(Piece schema, bool isOpenApi) => MayLookInto(schema) && SchemaWords.IsStrict(Source, schema, isOpenApi);

    /// <summary>Whether a schema is looked into: of all of a request's so much is that <see cref="SchemaWords.WorkMax"/> says, those that come first.</summary>
    public bool MayLookInto(Piece schema)
    {
        if (schema == _seenSchema)
            return true;
        var work = SchemaWords.Work(schema.Of(Source), _schemaWorkLeft);
        var may = work <= _schemaWorkLeft;
        if (may)
            (_seenSchema, _schemaWorkLeft) = (schema, _schemaWorkLeft - work);
        return may;
    }

    /// <summary>Whether the answer's schema says that it is an object's.</summary>
    public bool FormatIsOfObject => SchemaWords.IsOfObject(Source, FormatSchema, FormatIsOpenApi);

    /// <summary>Whether Anthropic is to keep to a schema; those that are asked for first come first (<see cref="ClosedSchemas"/>).</summary>
    /// <param name="schema">The schema; absent for a function that takes nothing.</param>
    /// <param name="isOpenApi">It is in OpenAPI's manner.</param>
    /// <param name="isTool">It is what a function takes.</param>
    public bool Closes(Piece schema, bool isOpenApi, bool isTool) =>
        schema.IsPresent ? MayLookInto(schema) && _closed.TryTake(Source, schema, isOpenApi, isTool) : _closed.TryTakeTool();

    /// <summary>Reports that nothing makes the model tell what it thinks, where the client has asked for that alone.</summary>
    public void LoseShownThought() => LoseIf(WantsThought && Names.ThoughtShown.Length > 0, Names.ThoughtShown);

    /// <summary>Reports penalties, where there are any: 0 is as good as none.</summary>
    public void LosePenalties()
    {
        LoseIf(Number(PresencePenalty) is { } presence && presence != 0, Names.PresencePenalty);
        LoseIf(Number(FrequencyPenalty) is { } frequency && frequency != 0, Names.FrequencyPenalty);
    }

    /// <summary>Reports a part that stands where nothing but text has a place.</summary>
    public void LoseUnlessText(in NeutralPart part)
    {
        if (part.Kind is not (PartKind.Text or PartKind.Refusal))
            Losses.Add(part.Kind switch
            {
                PartKind.Image or PartKind.ImageUrl => Names.ImageUrl,
                PartKind.File or PartKind.FileUrl => Names.File,
                PartKind.Audio => Names.Audio,
                PartKind.Thinking or PartKind.HiddenThinking => Names.Thinking,
                PartKind.ToolCall => Names.Arguments,
                _ => Names.ResultContent,
            });
    }

    /// <summary>Who asks, where the provider has one name for it; another of the client's is reported.</summary>
    public Piece OneUser()
    {
        if (!SafetyId.IsPresent || !User.IsPresent)
            return User.IsPresent ? User : SafetyId;
        LoseIf(!SafetyId.Of(Source).SequenceEqual(User.Of(Source)), "safety_identifier"u8);
        return User;
    }

    /// <summary>Reports what OpenAI alone could be told.</summary>
    public void LoseOpenAiMembers()
    {
        foreach (var member in OpenAiMembers)
            Losses.Add(member.Name);
        LoseIf(Verbosity.IsPresent, Names.Verbosity);
        foreach (var part in Parts)
            LoseIf(part.Detail.IsPresent, Names.Detail);
    }
}
