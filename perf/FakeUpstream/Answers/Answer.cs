namespace AiEdge.FakeUpstream;

/// <summary>What an event is to the pace of its stream.</summary>
internal enum EventKind
{
    /// <summary>Goes out together with the content that follows it.</summary>
    Lead,

    /// <summary>Content, one of the script's count; the pace lies between these.</summary>
    Content,

    /// <summary>Goes out together with the content before it.</summary>
    Tail,
}

/// <summary>An answer before the script bends it: a status, fields, and either a whole body or a stream of events.</summary>
internal sealed record Answer
{
    public int Status { get; init; } = 200;

    public string ContentType { get; init; } = "application/json";

    /// <summary>Further field lines, each with its CRLF.</summary>
    public string Fields { get; init; } = "";

    /// <summary>Writes the whole body.</summary>
    public Action<ByteWriter>? Body { get; init; }

    /// <summary>
    /// Each step announces an event; the step after it writes that event, blank line included, with LF line ends. So the sender can wait
    /// between the two, and what an event says of its own time is true.
    /// </summary>
    public Func<ByteWriter, IEnumerable<EventKind>>? Events { get; init; }

    /// <summary>Whose answer it is: decides the fields that a provider adds.</summary>
    public Vendor Vendor { get; init; } = VendorTable.First;

    /// <summary>What the script's failure within a stream looks like.</summary>
    public string FailEvent { get; init; } =
        "data: {\"error\":{\"message\":\"The server had an error processing your request. Sorry about that!\",\"type\":\"server_error\",\"param\":null,\"code\":null}}\n\n";

    /// <summary>A binary body is chunked unless the script says otherwise, as providers send audio.</summary>
    public bool Binary { get; init; }

    public static Answer Json(Action<ByteWriter> body) => new() { Body = body };

    public static Answer Stream(Func<ByteWriter, IEnumerable<EventKind>> events) => new() { ContentType = "text/event-stream; charset=utf-8", Events = events };
}

/// <summary>What an answer is made from.</summary>
internal sealed class AnswerContext
{
    public required RequestFacts Facts { get; init; }

    public required FakeScript Script { get; init; }

    /// <summary>The request's number on this server; ids are made from it.</summary>
    public required long Number { get; init; }

    public required string Path { get; init; }

    /// <summary>Whose path it is.</summary>
    public required Vendor Vendor { get; init; }

    /// <summary>What is posted there; null where nothing is.</summary>
    public required PostPath? Post { get; init; }

    /// <summary>The body, valid while the answer is being made and sent.</summary>
    public required ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>Fields of a multipart body.</summary>
    public IReadOnlyDictionary<string, string> Form { get; init; } = new Dictionary<string, string>();

    /// <summary>Whether the whole request is judged, as its provider would, and not only what the answer depends on.</summary>
    public bool IsJudged { get; init; }

    /// <summary>Whether that goes for chats, responses and contents, too (<see cref="FakeUpstreamOptions.JudgesAll"/>).</summary>
    public bool JudgesAll { get; init; }

    /// <summary>Whether fields that the provider does not know are refused in these.</summary>
    public bool RefusesUnknown { get; init; }

    public string Model => Facts.Model ?? "fake-model";

    public long Created { get; } = DateTimeOffset.UtcNow.ToUnixTimeSeconds();

    /// <summary>The identifier of anything that this answer names, e.g. `chatcmpl-fake00000000000000000001`.</summary>
    public string Id(string prefix, int index = 0) => $"{prefix}fake{Number:d16}{index:d4}";

    public bool TellsUsage => Script.Usage switch { UsageRule.Off => false, UsageRule.Always => true, _ => Facts.IncludeUsage };
}
