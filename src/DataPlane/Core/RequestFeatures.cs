namespace AiEdge.DataPlane.Core;

/// <summary>
/// What a request may hold that not every server takes, by the words of <c>lacks</c> and <c>takes</c> of a provider. It is looked at where a request is put
/// into another dialect, and nowhere else.
/// </summary>
[Flags]
internal enum RequestFeatures : uint
{
    None = 0,

    /// <summary>Who asks.</summary>
    User = 1 << 0,
    Seed = 1 << 1,

    /// <summary>Stop sequences.</summary>
    Stop = 1 << 2,

    /// <summary>Penalties other than 0.</summary>
    Penalties = 1 << 3,
    Logprobs = 1 << 4,

    /// <summary>Several answers.</summary>
    Choices = 1 << 5,

    /// <summary>An answer that is any JSON.</summary>
    Json = 1 << 6,

    /// <summary>An answer that follows a schema.</summary>
    Schema = 1 << 7,

    /// <summary>Schemas that are kept to strictly.</summary>
    Strict = 1 << 8,

    /// <summary>Either form of JSON beside functions.</summary>
    JsonWithTools = 1 << 9,

    /// <summary>That one function is called at a time.</summary>
    ParallelTools = 1 << 10,

    /// <summary>That a function has to be called.</summary>
    ForcedTools = 1 << 11,

    /// <summary>Pictures and documents by URL.</summary>
    Urls = 1 << 12,

    /// <summary>Documents.</summary>
    Files = 1 << 13,

    /// <summary>What the user says right behind a tool's result.</summary>
    UserAfterTool = 1 << 14,

    /// <summary>Pictures, by URL or not.</summary>
    Pictures = 1 << 15,

    /// <summary>Marks of the prompt's cache in chats, as servers of other makers' models have them.</summary>
    CacheControl = 1 << 16,

    /// <summary>What was thought in earlier turns of a chat.</summary>
    ReasoningContent = 1 << 17,

    /// <summary>What the system says in a chat behind its first turn.</summary>
    LateSystem = 1 << 18,

    /// <summary>What is taken where nobody knows better.</summary>
    Common = (1 << 16) - 1,
}
