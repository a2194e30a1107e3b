namespace AiEdge.FakeUpstream;

/// <summary>How a cut stream breaks off.</summary>
internal enum CutHow
{
    /// <summary>FIN after whole chunks, without the last chunk.</summary>
    Fin,

    /// <summary>RST.</summary>
    Rst,

    /// <summary>Half of a chunk, then FIN.</summary>
    Frame,

    /// <summary>A chunk-size line that is no number, then FIN.</summary>
    Size,
}

/// <summary>How the end of a whole answer's body is told.</summary>
internal enum Framing
{
    Default,
    Length,
    Chunked,
    Eof,
}

internal enum UsageRule
{
    /// <summary>As stream_options.include_usage asks.</summary>
    AsAsked,
    Off,
    Always,
}

/// <summary>What a connection does instead of a whole answer.</summary>
internal enum NoAnswer
{
    None,
    Fin,
    Rst,
    Hang,
}

/// <summary>One answer's stage directions; see the knob table for the meaning of each. Times are in microseconds, -1 means "not set".</summary>
internal sealed class FakeScript
{
    public int Chunks { get; set; } = 20;

    /// <summary>A request is judged as its provider would.</summary>
    public bool Rules { get; set; } = true;

    /// <summary>Whose manner a chat is judged in besides (<see cref="ServerRules"/>); empty for nobody's.</summary>
    public string Server { get; set; } = "";

    /// <summary>The request's cap on tokens holds.</summary>
    public bool Cap { get; set; } = true;

    /// <summary>A content event brings from one chunk to so many; 0 and 1 for one.</summary>
    public int Vary { get; set; }

    public long PaceUs { get; set; }

    public long FirstUs { get; set; }

    /// <summary>Content events per send; 0 sends every event alone.</summary>
    public int Batch { get; set; } = 1;

    public int Status { get; set; } = 200;

    public string? RetryAfter { get; set; }

    public long RetryAfterMs { get; set; } = -1;

    public string ErrorBody { get; set; } = "";

    /// <summary>The error comes with the status 200, and its own stands in its code.</summary>
    public bool ErrorInside { get; set; }

    public long HeadUs { get; set; }

    public long DripUs { get; set; }

    public string HeadFault { get; set; } = "";

    public bool FullHeaders { get; set; } = true;

    public UsageRule Usage { get; set; }

    public int InputTokens { get; set; } = 212;

    public int CachedTokens { get; set; }

    public int CacheWriteTokens { get; set; }

    public int ReasoningTokens { get; set; }

    /// <summary>A chat's reasoning tokens are counted beside its completion tokens, and in the total alone with them.</summary>
    public bool ReasoningBeside { get; set; }

    /// <summary>The tier of service that answers name, in their dialect's own words; null for the usual one.</summary>
    public string? Tier { get; set; }

    public bool Azure { get; set; }

    public int CutAt { get; set; } = -1;

    public CutHow CutHow { get; set; }

    public int StallAt { get; set; } = -1;

    /// <summary>Put into the stream as an in-band error event after that many events.</summary>
    public int FailAt { get; set; } = -1;

    public bool SplitUtf8 { get; set; }

    public int SplitBytes { get; set; }

    public long GapUs { get; set; } = 1000;

    public int ChunkBytes { get; set; }

    public string Encoding { get; set; } = "";

    public string Length { get; set; } = "";

    public Framing Framing { get; set; }

    public bool Trailers { get; set; }

    public int Interim { get; set; }

    public bool Early { get; set; }

    public NoAnswer NoAnswer { get; set; }

    /// <summary>On a connection that has already carried a request: end it without a byte.</summary>
    public NoAnswer Stale { get; set; }

    public int RequestsPerConnection { get; set; }

    public long IdleUs { get; set; } = -1;

    public bool Close { get; set; }

    public bool Done { get; set; } = true;

    public bool Finish { get; set; } = true;

    /// <summary>What a chat says to have ended by; null for what has ended it.</summary>
    public string? Reason { get; set; }

    public int HugeBytes { get; set; }

    public string LineEnd { get; set; } = "\n";

    public int CommentEvery { get; set; }

    public bool ByteOrderMark { get; set; }

    public bool Stamp { get; set; }

    public string Tools { get; set; } = "auto";

    /// <summary>A chat's calls that are made at once begin together, and their arguments come in turn.</summary>
    public bool Weave { get; set; }

    /// <summary>Text stands before the calls, too.</summary>
    public bool Says { get; set; }

    public int BinaryBytes { get; set; } = 16_384;

    /// <summary>Whose words the metrics are in.</summary>
    public string Engine { get; set; } = "vllm";

    /// <summary>The model that the metrics are labelled with; empty for the usual one.</summary>
    public string Served { get; set; } = "";

    public int WaitingCount { get; set; }

    public int RunningCount { get; set; }

    public int CacheUsePercent { get; set; }

    public FakeScript Copy() => (FakeScript)MemberwiseClone();
}
