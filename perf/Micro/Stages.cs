namespace AiEdge.Micro;

/// <summary>The table of stages: one line each. Every stage has a benchmark and a line in baselines/allocations.json.</summary>
internal static class Stages
{
    public static IReadOnlyList<Stage> All { get; } =
    [
        new("http/request-head", HttpStages.RequestHead),
        new("http/request-head-two-segments", HttpStages.RequestHeadInTwoSegments),
        new("http/response-head", HttpStages.ResponseHead),
        new("http/chunked-32-events", HttpStages.Chunked),
        new("http/sse-scan-32-frames", HttpStages.SseScan),
        new("http/sse-frame", HttpStages.SseFrameOfOneLine),
        new("http/sse-frame-of-lines", HttpStages.SseFrameOfLines),
        new("http/sse-reader-cut-32-frames", HttpStages.SseReaderCut),
        new("http/write-head", HttpStages.WriteHead),
        new("http/write-event", HttpStages.WriteEvent),
        new("parse/request-small", JsonStages.SmallRequest),
        new("parse/request-100-kb", JsonStages.LargeRequest),
        new("meter/answer", JsonStages.JsonAnswer),
        new("meter/32-chunks", JsonStages.ChatEvents),
        new("meter/32-chunks-stripped", JsonStages.ChatEventsStripped),
        new("meter/32-chunks-unlike", JsonStages.ChatEventsUnlike),
        new("exchange/small", ExchangeStages.Small, IsProcess: true),
        new("exchange/100-kb", ExchangeStages.Large, IsProcess: true),
        new("exchange/stream-32-events", ExchangeStages.Stream, IsProcess: true),
        new("tokens/count-16-kb-prose", TokenStages.CountProse),
        new("tokens/count-16-kb-scripts", TokenStages.CountScripts),
        new("tokens/count-16-kb-piece", TokenStages.CountLongPiece),
        new("tokens/count-32-kb-broken", TokenStages.CountBroken),
        new("tokens/count-16-kb-segments", TokenStages.CountSegments),
        new("tokens/append-64-deltas", TokenStages.AppendDeltas),
        new("prompt/scan-100-kb-history", PromptStages.Scan),
        new("prompt/scan-and-note-100-kb-history", PromptStages.ScanAndNote),
        new("prompt/count-19-of-20-seen", PromptStages.CountSeen),
        new("prompt/count-19-of-20-seen-without-aes", PromptStages.CountSeenWithoutAes),
        new("prompt/count-none-seen", PromptStages.CountFresh),
        new("prompt/hash-100-kb", PromptStages.Hash),
        new("prompt/hash-100-kb-without-aes", PromptStages.HashWithoutAes),
        new("prompt/estimate-and-learn", PromptStages.Estimate),
    ];
}
