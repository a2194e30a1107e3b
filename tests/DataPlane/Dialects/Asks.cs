namespace AiEdge.DataPlane.Tests.Dialects;

/// <summary>What a request of a form can ask for that not all forms can, and what it says in a way of its own.</summary>
[Flags]
internal enum Asks
{
    Nothing = 0,

    /// <summary>That one function, by its name, has to be called.</summary>
    NamedTool = 1,

    /// <summary>That some functions alone may be called; who cannot be told is not shown the others.</summary>
    AllowedTools = 2,

    /// <summary>Which call a result is of, by an id.</summary>
    CallIds = 4,

    /// <summary>Results that are texts; else they are objects, into which a text is put.</summary>
    ResultTexts = 8,
    Images = 16,
    Stops = 32,

    /// <summary>A stream, by a member of its body; else by its path.</summary>
    Stream = 64,

    /// <summary>A cap, whether or not the client does.</summary>
    CapAlways = 128,

    /// <summary>Whether a schema is strictly kept to.</summary>
    Strict = 256,

    /// <summary>That a schema is strictly kept to, whether or not the client does.</summary>
    StrictAlways = 512,

    /// <summary>Any JSON in a sentence, too, where nothing else that is said has the word.</summary>
    JsonByWord = 1024,

    /// <summary>Texts of a message as one string, with an empty line between them, unless they are the assistant's.</summary>
    JoinedTexts = 2048,

    /// <summary>A word of the assistant's between a tool and the user, where the model does not take one right behind the other.</summary>
    WordBehindTool = 4096,

    /// <summary>What proves a thought, which goes to the provider as it is and is not read of a client's own.</summary>
    UnreadThoughtProofs = 8192,

    /// <summary>What proves a call, likewise.</summary>
    UnreadCallProofs = 16384,

    /// <summary>What the system says first as one message, and what it says later in that, too, but of models that take it in its place.</summary>
    OneSystem = 32768,

    /// <summary>The texts of a result as one, with an empty line between them, but of models that take parts.</summary>
    JoinedResults = 65536,

    /// <summary>Pictures in results as the user's, behind a text that says of which they are, but of models that take them in their place.</summary>
    PicturesBehind = 131072,
}
