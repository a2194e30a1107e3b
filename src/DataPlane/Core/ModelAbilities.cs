using AiEdge.Tokenization.Models;

namespace AiEdge.DataPlane.Core;

/// <summary>Efforts of thought by their words, the least first.</summary>
[Flags]
internal enum Efforts : byte
{
    None = 0,

    /// <summary>No thought at all.</summary>
    Off = 1,
    Minimal = 2,
    Low = 4,
    Medium = 8,
    High = 16,
    XHigh = 32,
    Max = 64,
}

/// <summary>How a model is told to think.</summary>
internal enum ThoughtForm : byte
{
    /// <summary>Nobody knows.</summary>
    Unknown,

    /// <summary>It does not think, and refuses to be told to.</summary>
    None,

    /// <summary>By a word.</summary>
    Word,

    /// <summary>By a number of tokens.</summary>
    Budget,

    /// <summary>By a number or by a word.</summary>
    Either,
}

/// <summary>What becomes of an answer that the request begins: the assistant's words at the end of it.</summary>
internal enum PrefillForm : byte
{
    /// <summary>Nobody knows: it may be gone on with, or answered anew.</summary>
    Unknown,

    /// <summary>The answer is its rest.</summary>
    Continued,

    /// <summary>The answer repeats it and goes on, where the message says that it is a prefix; else it is refused.</summary>
    Repeated,

    /// <summary>The request is refused.</summary>
    Refused,
}

/// <summary>
/// What a model takes in a request, by its name: the one place that knows it of models' families (the providers' references of reasoning, and what
/// their APIs refuse). A name that stands for no known model tells nothing, and the next is asked: deployments have names of their own.
/// </summary>
internal readonly record struct ModelAbilities
{
    private const int NameBytesMax = 256;
    private const Efforts LowToHigh = Efforts.Low | Efforts.Medium | Efforts.High;

    /// <summary>What its tokens are counted by, which tells whose it is.</summary>
    public ModelFamily Family { get; private init; }

    /// <summary>How it is told to think.</summary>
    public ThoughtForm Thought { get; private init; }

    /// <summary>The words for it that are taken; with <see cref="Efforts.Off"/> thought can be switched off.</summary>
    public Efforts Words { get; private init; }

    /// <summary>The least and the most tokens of thought, beside none; 0 for no bound.</summary>
    public int BudgetMin { get; private init; }

    /// <summary>As above.</summary>
    public int BudgetMax { get; private init; }

    /// <summary>The longest answer of a model of this kind, which holds where no list of prices knows the very model; 0 where that is not known.</summary>
    public int OutputTokensMax { get; private init; }

    /// <summary>It thinks where nothing is said.</summary>
    public bool ThinksUnasked { get; private init; }

    /// <summary>Temperature and its like are refused, whatever they are.</summary>
    public bool RefusesSampling { get; private init; }

    /// <summary>They are taken all the same where thought is off, as <see cref="Efforts.Off"/> says.</summary>
    public bool SamplesUnthinking { get; private init; }

    /// <summary>In chat completions functions are refused beside thought, which has to be off for them.</summary>
    public bool CallsUnthinking { get; private init; }

    /// <summary>Temperature and the share of words (<c>top_p</c>) are refused together.</summary>
    public bool TakesOneSampler { get; private init; }

    /// <summary>What it thinks comes untold, unless it is asked to tell it.</summary>
    public bool HidesThought { get; private init; }

    /// <summary>Thought of earlier turns is bound to all that stood before it, and is refused where that has changed.</summary>
    public bool BindsThought { get; private init; }

    /// <summary>It always thinks, and can be told to do so between calls alone, which is the least.</summary>
    public bool RestsBetweenTools { get; private init; }

    /// <summary>What becomes of an answer that the request begins.</summary>
    public PrefillForm Prefill { get; private init; }

    /// <summary>Calls of earlier turns are refused without what proves them.</summary>
    public bool WantsCallProof { get; private init; }

    /// <summary>Calls and what they answered carry ids, where its dialect has calls without them, too.</summary>
    public bool CallsHaveIds { get; private init; }

    /// <summary>What calls have answered may have pictures and documents in it, where its dialect has answers without them, too.</summary>
    public bool ResultsHaveMedia { get; private init; }

    /// <summary>It is Mistral's: ids of calls have nine letters and digits, and all others are refused.</summary>
    public bool IsMistral { get; private init; }

    /// <summary>A seed is <c>random_seed</c>, where one is taken.</summary>
    public bool SeedIsRandom { get; private init; }

    /// <summary>What a request for it may hold: by its name, and by what its provider says it lacks and takes.</summary>
    public RequestFeatures Features
    {
        get => RequestFeatures.Common ^ _unlike;
        private init => _unlike = RequestFeatures.Common ^ value;
    }

    /// <summary>What is common and it does not take.</summary>
    public RequestFeatures Lacks => RequestFeatures.Common & _unlike;

    /// <summary>Whether a chat's cap is <c>max_completion_tokens</c>: reasoning models of OpenAI refuse <c>max_tokens</c>.</summary>
    public bool TakesCompletionTokens => Family == ModelFamily.OpenAiReasoning;

    /// <summary>Whether its provider keeps prompts for later ones without being asked to (the providers' pages on prompt caching).</summary>
    public bool KeepsPrompts => (IsOpenAi && !IsOfFirst) || (Family == ModelFamily.Gemini && ThinksUnasked);

    /// <summary>It counts by the vocabulary of the first chat models: gpt-4 and gpt-3.5.</summary>
    private bool IsOfFirst { get; init; }

    /// <summary>Whether it is one of OpenAI's own.</summary>
    public bool IsOpenAi => IsOfChats(Family);

    /// <summary>
    /// Whether an answer's schema may be one of anything. OpenAI takes an object's alone, and whoever nobody knows may be OpenAI, unless its provider says that
    /// it takes schemas.
    /// </summary>
    public bool TakesAnySchema => (Said & RequestFeatures.Schema) != 0 || IsMistral || !(IsOpenAi || Family == ModelFamily.Unknown);

    /// <summary>Whether it keeps strictly to any schema, as its provider says: OpenAI does to closed ones alone, that want all their properties.</summary>
    public bool KeepsToAnySchema => (Said & RequestFeatures.Strict) != 0;

    /// <summary>What its provider says that it takes, whatever its name tells.</summary>
    private RequestFeatures Said { get; init; }

    private bool IsKnown => Family != ModelFamily.Unknown || IsMistral || _unlike != RequestFeatures.None;

    private readonly RequestFeatures _unlike;

    /// <summary>Whether thought can be asked of it by OpenAI's fields.</summary>
    public bool ThinksAtOpenAi => Family == ModelFamily.OpenAiReasoning && Thought == ThoughtForm.Word;

    /// <summary>Whether it takes something.</summary>
    public bool Takes(RequestFeatures one) => (Features & one) != 0;

    /// <summary>
    /// Of an exchange's target: by the provider's name for the model, else by the one that it is asked for by, else by its rule's; and by what the provider
    /// says of itself, which holds in any case.
    /// </summary>
    public static ModelAbilities Of(Exchange exchange)
    {
        var named = Of(exchange.Target?.UpstreamModel);
        if (!named.IsKnown)
            named = Of(exchange.PassedModel);
        if (!named.IsKnown)
            named = Of(exchange.Model?.NameUtf8);
        return exchange.Target?.Provider is { } provider ? named.At(provider.LacksFeatures, provider.TakesFeatures) : named;
    }

    /// <summary>At a server that lacks and takes so much, whatever is known of the model.</summary>
    public ModelAbilities At(RequestFeatures lacks, RequestFeatures takes) => this with
    {
        Features = (Features & ~lacks) | takes,
        SeedIsRandom = SeedIsRandom && (takes & RequestFeatures.Seed) == 0,
        Said = Said | takes,
    };

    /// <summary>Of a name in UTF-8.</summary>
    public static ModelAbilities Of(ReadOnlySpan<byte> model)
    {
        var found = ModelEncodings.Find(model);
        var family = found.Family;
        if (model.Length > NameBytesMax)
            return default;
        Span<byte> lower = stackalloc byte[NameBytesMax];
        System.Text.Ascii.ToLower(model, lower, out var length);
        ReadOnlySpan<byte> name = lower[..length];
        return family switch
        {
            ModelFamily.OpenAiReasoning => OfOpenAi(name).At(RequestFeatures.None, RequestFeatures.LateSystem),
            ModelFamily.Claude => OfClaude(name),
            ModelFamily.Gemini => OfGemini(name),
            ModelFamily.Unknown when IsOfMistral(name) => OfMistral(name),
            ModelFamily.Unknown when name.StartsWith("deepseek"u8) && IsAtItsMaker(name) => OfDeepSeek(name),
            ModelFamily.Unknown => default,
            ModelFamily.OpenAiOpen => new ModelAbilities { Family = family, Words = LowToHigh, ThinksUnasked = true }
                .At(RequestFeatures.Pictures, RequestFeatures.None),
            _ => new ModelAbilities { Family = family, Thought = ThoughtForm.None, IsOfFirst = found.Encoding == TokenEncoding.Cl100kBase }
                .At(RequestFeatures.None, LateSystemOf(family)),
        };
    }

    /// <summary>
    /// Whether it is named as its maker's own API names it: other servers put the maker before a slash, or a tag behind a colon, which a name for a model that
    /// was tuned has, too.
    /// </summary>
    private static bool IsAtItsMaker(ReadOnlySpan<byte> name) => name.StartsWith("ft:"u8) || name.IndexOfAny("/:"u8) < 0;

    /// <summary>
    /// Mistral's API refuses fields that it does not know (its reference of chat completions, and what it says to <c>user</c> and <c>seed</c>), and models
    /// of its make a user behind a tool, wherever they are.
    /// </summary>
    private static ModelAbilities OfMistral(ReadOnlySpan<byte> name)
    {
        var isAtItsMaker = IsAtItsMaker(name);
        var made = new ModelAbilities
        {
            IsMistral = true,
            SeedIsRandom = isAtItsMaker,
            Prefill = isAtItsMaker ? PrefillForm.Repeated : PrefillForm.Unknown,
        };
        var lacks = RequestFeatures.UserAfterTool
            | (isAtItsMaker ? RequestFeatures.User | RequestFeatures.Logprobs | RequestFeatures.Files : RequestFeatures.None);
        return made.At(lacks, RequestFeatures.None);
    }

    /// <summary>
    /// DeepSeek's API (its pages "JSON Output" and "Thinking Mode"): JSON, but no schema; text alone; what was thought before a call has to come back; and
    /// who thinks, as all do but <c>deepseek-chat</c>, cannot be made to call.
    /// </summary>
    private static ModelAbilities OfDeepSeek(ReadOnlySpan<byte> name)
    {
        var lacks = RequestFeatures.Schema | RequestFeatures.Urls | RequestFeatures.Files | RequestFeatures.Pictures;
        if (!name.StartsWith("deepseek-chat"u8))
            lacks |= RequestFeatures.ForcedTools;
        return default(ModelAbilities).At(lacks, RequestFeatures.ReasoningContent);
    }

    private static bool IsOfMistral(ReadOnlySpan<byte> name) =>
        name.IndexOf("mistral"u8) >= 0 || name.IndexOf("mixtral"u8) >= 0 || name.IndexOf("ministral"u8) >= 0 || name.IndexOf("magistral"u8) >= 0
        || name.IndexOf("codestral"u8) >= 0 || name.IndexOf("devstral"u8) >= 0 || name.IndexOf("pixtral"u8) >= 0 || name.IndexOf("voxtral"u8) >= 0;

    /// <summary>
    /// The o series and gpt-5 and what follows it (OpenAI's guide "Reasoning models", its pages of models). From 5.1 on thought can be switched off, but for
    /// those that <see cref="AlwaysThinks"/>; till 5.4 it is off unless asked for. From 5.4 on OpenAI's own chat completions have no functions beside
    /// thought; what others make of these models is not known. The o series refuses to be told how many calls at a time it may make. A family that is newer
    /// than these lines is taken to be as the last of them.
    /// </summary>
    private static ModelAbilities OfOpenAi(ReadOnlySpan<byte> name)
    {
        var made = new ModelAbilities { Family = ModelFamily.OpenAiReasoning, Thought = ThoughtForm.Word, RefusesSampling = true, ThinksUnasked = true };
        if (name.IndexOf("gpt-"u8) is not (var at and >= 0))
            return (made with { Words = LowToHigh }).At(LacksOfO(name), RequestFeatures.None);
        var version = Version(name[(at + 4)..]);
        if (name.IndexOf("-chat"u8) >= 0)
            return made with { Thought = ThoughtForm.None, RefusesSampling = version > 500, ThinksUnasked = false };
        var (isPro, isCodex) = (IsPro(name), name.IndexOf("codex"u8) >= 0);
        if (version < 501)
            return made with { Words = isPro ? Efforts.High : isCodex ? LowToHigh : LowToHigh | Efforts.Minimal };
        var words = isPro ? Efforts.Medium | Efforts.High : isCodex || AlwaysThinks(name, version) ? LowToHigh : LowToHigh | Efforts.Off;
        if (version > 501 || name.IndexOf("-max"u8) >= 0)
            words |= Efforts.XHigh;
        if (version >= 506 && !isPro && !isCodex)
            words |= Efforts.Max;
        var canRest = (words & Efforts.Off) != 0;
        return made with
        {
            Words = words,
            SamplesUnthinking = canRest,
            ThinksUnasked = !canRest || version > 504,
            CallsUnthinking = version >= 504 && IsAtItsMaker(name),
        };
    }

    /// <summary>The first small ones see no pictures.</summary>
    private static RequestFeatures LacksOfO(ReadOnlySpan<byte> name) => RequestFeatures.ParallelTools
        | (name.IndexOf("o1-mini"u8) >= 0 || name.IndexOf("o3-mini"u8) >= 0 ? RequestFeatures.Pictures : RequestFeatures.None);

    /// <summary>OpenAI's own models take what the system says in any place; templates of many others refuse it behind the first.</summary>
    private static RequestFeatures LateSystemOf(ModelFamily family) =>
        IsOfChats(family) ? RequestFeatures.LateSystem : RequestFeatures.None;

    private static bool IsOfChats(ModelFamily family) => family is >= ModelFamily.OpenAiChat and <= ModelFamily.OpenAiReasoning;

    /// <summary>A deployment called <c>-prod</c> is none.</summary>
    private static bool IsPro(ReadOnlySpan<byte> name) =>
        name.IndexOf("-pro"u8) is var at and >= 0 && (at + 4 == name.Length || !char.IsAsciiLetter((char)name[at + 4]));

    /// <summary>From gpt-6 on it is the lesser ones that thought can be switched off of: Luna, Terra and the first Sol, and none of 6.2.</summary>
    private static bool AlwaysThinks(ReadOnlySpan<byte> name, int version) => version >= 600
        && (version > 601 || (name.IndexOf("-luna"u8) < 0 && name.IndexOf("-terra"u8) < 0 && (version > 600 || name.IndexOf("-sol"u8) < 0)));

    /// <summary>
    /// Claude (Anthropic's pages "Extended thinking", "Adaptive thinking", "Effort", "Structured outputs" and those of what is new in each model). Schemas are
    /// kept to from 4.5 on. An answer that was begun is refused from 4.6 on. From 4.7 on nothing but an effort is taken, no sampling, and thought is not told
    /// unasked; from 5 on it thinks unless told not to, and some of them cannot be. From 5.5 on, Fable and Mythos from 5.1 on, it binds what it has thought
    /// to what stood before it ("Preserved thinking"). Sonnet from 5.5 on thinks between calls alone where it is told so.
    /// </summary>
    private static ModelAbilities OfClaude(ReadOnlySpan<byte> name)
    {
        var version = Version(name[(name.IndexOf("claude"u8) + "claude".Length)..]);
        var isBound = version >= (name.IndexOf("fable"u8) >= 0 || name.IndexOf("mythos"u8) >= 0 ? 501 : 505);
        var isAlwaysOn = name.IndexOf("fable"u8) >= 0 || name.IndexOf("mythos"u8) >= 0 || (version >= 505 && name.IndexOf("haiku"u8) < 0);
        if (isAlwaysOn)
            version = Math.Max(version, 500);
        var lacks = (version is > 0 and < 405 ? RequestFeatures.Schema | RequestFeatures.Strict : RequestFeatures.None)
            | (isAlwaysOn ? RequestFeatures.ForcedTools : RequestFeatures.None);
        var made = new ModelAbilities
        {
            Family = ModelFamily.Claude,
            Words = Efforts.Off,
            OutputTokensMax = ClaudeOutputMax(version, isOpus: name.IndexOf("opus"u8) >= 0),
            TakesOneSampler = version is 0 or >= 401,
            Prefill = version is > 0 and < 406 ? PrefillForm.Continued : PrefillForm.Refused,
            Features = RequestFeatures.Common & ~lacks,
        };
        if (version is > 0 and < 307)
            return made with { Thought = ThoughtForm.None };
        if (version < 406)
            return made with { Thought = version == 0 ? ThoughtForm.Unknown : ThoughtForm.Budget, BudgetMin = 1024 };
        var words = LowToHigh | Efforts.Max | (isAlwaysOn ? Efforts.None : Efforts.Off) | (version > 406 ? Efforts.XHigh : Efforts.None);
        return made with
        {
            Thought = version == 406 ? ThoughtForm.Either : ThoughtForm.Word,
            Words = words,
            BudgetMin = 1024,
            ThinksUnasked = version >= 500,
            RefusesSampling = version > 406,
            HidesThought = version > 406,
            BindsThought = isBound,
            RestsBetweenTools = version >= 505 && name.IndexOf("sonnet"u8) >= 0,
        };
    }

    /// <summary>As Anthropic's pages of models have it: 128k from Opus 4.6 and all others' 5 on. A family that is newer gives no less.</summary>
    private static int ClaudeOutputMax(int version, bool isOpus) => version switch
    {
        0 => 0,
        < 305 => 4096,
        < 307 => 8192,
        < 405 when isOpus => 32_000,
        < 406 => 64_000,
        < 500 when !isOpus => 64_000,
        _ => 128_000,
    };

    /// <summary>
    /// Gemini (Google's pages "Gemini thinking" and "Structured outputs"): no thought before 2.5, numbers in 2.5, words from 3 on, which cannot be silenced.
    /// Penalties are not enabled since 2.5, JSON goes with functions from 3 on. An answer that was begun is refused by 3.5 Flash-Lite and from 3.6 on ("What's
    /// new in Gemini 3.6"), and what lies between is not known to take it. Ids of calls are refused before 3 and asked for from 3.5 on, on Vertex, too; media
    /// in what calls have answered are known from 3 on. Who makes images does not think before 3. Names without a number are those of the latest.
    /// </summary>
    private static ModelAbilities OfGemini(ReadOnlySpan<byte> name)
    {
        var version = Version(name[(name.IndexOf("gemini"u8) + "gemini".Length)..]);
        var lacks = (version is 0 or >= 205 ? RequestFeatures.Penalties : RequestFeatures.None)
            | (version is > 0 and < 300 ? RequestFeatures.JsonWithTools : RequestFeatures.None);
        var thinks = version >= 205 && (version >= 300 || name.IndexOf("-image"u8) < 0);
        var made = new ModelAbilities
        {
            Family = ModelFamily.Gemini,
            WantsCallProof = version is 0 or >= 300,
            CallsHaveIds = version is 0 or >= 300,
            ResultsHaveMedia = version is 0 or >= 300,
            Prefill = version is > 0 and < 305 ? PrefillForm.Continued : PrefillForm.Refused,
            ThinksUnasked = thinks,
            Features = RequestFeatures.Common & ~lacks,
        };
        if (version == 0)
            return made;
        if (!thinks)
            return made with { Thought = ThoughtForm.None };
        var isFlash = name.IndexOf("flash"u8) >= 0;
        if (version < 300)
        {
            var isLite = name.IndexOf("lite"u8) >= 0;
            return made with
            {
                Thought = ThoughtForm.Budget,
                Words = isFlash ? Efforts.Off : Efforts.None,
                BudgetMin = isLite ? 512 : isFlash ? 1 : 128,
                BudgetMax = isFlash ? 24576 : 32768,
            };
        }

        var words = isFlash && version < 306 ? LowToHigh | Efforts.Minimal : version == 300 ? Efforts.Low | Efforts.High : LowToHigh;
        return made with { Thought = ThoughtForm.Word, Words = words };
    }

    /// <summary>
    /// The first number of at most two digits and one that stands right behind it, parted by a point or a hyphen, as 100 × major + minor; 0 where there is
    /// none. Dates are longer, and what stands further on is a deployment's own, a tag or a date.
    /// </summary>
    private static int Version(ReadOnlySpan<byte> name)
    {
        for (var i = 0; i < name.Length; i++)
        {
            var (major, digits) = Number(name[i..]);
            if (digits is 1 or 2)
            {
                var rest = name[(i + digits)..];
                var (minor, length) = rest.Length > 0 && rest[0] is ((byte)'.' or (byte)'-') ? Number(rest[1..]) : default;
                return (major * 100) + (length <= 2 ? minor : 0);
            }

            i += digits;
        }

        return 0;
    }

    /// <summary>The number that a text begins with, if it is not long, and how many digits it has.</summary>
    private static (int Number, int Digits) Number(ReadOnlySpan<byte> text)
    {
        var (number, i) = (0, 0);
        for (; i < text.Length && char.IsAsciiDigit((char)text[i]); i++)
            number = i < 2 ? (number * 10) + text[i] - '0' : 0;
        return (number, i);
    }
}
