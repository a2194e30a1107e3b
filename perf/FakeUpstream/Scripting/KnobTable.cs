using System.Globalization;

namespace AiEdge.FakeUpstream;

/// <summary>One stage direction that a model's name or the x-fake header can give.</summary>
/// <param name="Name">As in `name=value`; a letter is also accepted as `-n100` in a model's name.</param>
/// <param name="Values">What may stand behind the equals sign.</param>
/// <param name="Meaning">One sentence, used in --help and in the README.</param>
/// <param name="TrySet">Applies a value; false if it is not one of <paramref name="Values"/>.</param>
internal sealed record Knob(string Name, string Values, string Meaning, Func<FakeScript, string, bool> TrySet);

/// <summary>All knobs; the parser, --help and the README's table are made from it.</summary>
internal static class KnobTable
{
    public static IReadOnlyList<Knob> All { get; } =
    [
        // Pace and size.
        Int("n", "count", "content chunks (default 20)", (s, v) => s.Chunks = v),
        Time("d", "µs", "pause between sends of content", (s, v) => s.PaceUs = v),
        Time("f", "µs", "pause before the first event, or before a whole answer", (s, v) => s.FirstUs = v),
        Int("b", "count", "content events per send (default 1); 0 sends every event alone, the ends too", (s, v) => s.Batch = v),
        Int("bytes", "count", "the first content chunk is that many bytes of filler", (s, v) => s.HugeBytes = v),
        Int("vary", "count", "each content event brings from one chunk to that many", (s, v) => s.Vary = v),
        Flag("rules", "off: what the provider would refuse in a request is answered all the same", (s, v) => s.Rules = v),
        OneOf("server", ServerRules.Servers, "whose server of OpenAI's dialect it is: what that one refuses in a chat is refused besides", (s, v) => s.Server = v),
        Flag("cap", "off: max_tokens and its like are overlooked", (s, v) => s.Cap = v),
        Int("binary", "count", "bytes of an audio answer (default 16384)", (s, v) => s.BinaryBytes = v),
        Flag("stamp", "each content event carries `obfuscation` with the monotonic clock in ns, for one-way delays", (s, v) => s.Stamp = v),

        // Status and errors.
        Int("e", "status", "short for status=", SetStatus),
        Int("status", "status", "an error answer in the shape of the path's dialect; 429 brings Retry-After: 1 unless told otherwise", SetStatus),
        Text("retryafter", "seconds, date or none", "Retry-After of the error answer", (s, v) => s.RetryAfter = v),
        Time("retryafterms", "ms", "retry-after-ms of the error answer", (s, v) => s.RetryAfterMs = v),
        OneOf("error", ["json", "quota", "spent", "html", "text", "empty", "filter", "truncated", "flat", "bare", "list", "detail"],
            "body of the error answer; quota is insufficient_quota, spent (with 400) a cap of the account, filter is Azure's content filter; flat is Mistral's, bare Ollama's, list that of Google's chats, detail FastAPI's",
            (s, v) => s.ErrorBody = v),
        Flag("inside", "the error answer comes as 200, with its status in error.code, as OpenRouter has it", (s, v) => s.ErrorInside = v),

        // Usage and the shape of a stream.
        OneOf("usage", ["asked", "off", "always"], "whether usage is told (default: as include_usage asks; whole answers always)",
            (s, v) => s.Usage = v switch { "off" => UsageRule.Off, "always" => UsageRule.Always, _ => UsageRule.AsAsked }),
        Int("in", "count", "input tokens reported (default 212)", (s, v) => s.InputTokens = v),
        Int("cached", "count", "cached input tokens reported", (s, v) => s.CachedTokens = v),
        Int("cachewrite", "count", "tokens reported as written to the cache; of messages", (s, v) => s.CacheWriteTokens = v),
        Int("reasoning", "count", "reasoning tokens reported, on top of the chunks; messages show them as thinking, responses as a summary where one is asked for", (s, v) => s.ReasoningTokens = v),
        Flag("beside", "a chat's reasoning tokens stand beside completion_tokens rather than in them, as xAI has it", (s, v) => s.ReasoningBeside = v),
        Text("tier", "name", "the tier of service that the answer says it was served by: service_tier, of Gemini trafficType", (s, v) => s.Tier = v),
        Flag("azure", "Azure's shape: a first chunk with empty choices and prompt_filter_results, filter results in choices", (s, v) => s.Azure = v),
        OneOf("tools", ["auto", "off", "always"], "tool calls (default: when the request has tools and its last message is not a tool's)", (s, v) => s.Tools = v),
        Flag("says", "text stands before the calls, too; not of responses", (s, v) => s.Says = v),
        Flag("weave", "a chat's calls at once all begin first, and parts of their arguments come in turn", (s, v) => s.Weave = v),
        Flag("done", "off: no [DONE]", (s, v) => s.Done = v),
        Flag("finish", "off: no finish_reason, no response.completed", (s, v) => s.Finish = v),
        Text("reason", "word", "the finish_reason of a chat, whatever has ended it", (s, v) => s.Reason = v),
        OneOf("eol", ["lf", "crlf", "cr"], "line ends of the event stream", (s, v) => s.LineEnd = v switch { "crlf" => "\r\n", "cr" => "\r", _ => "\n" }),
        Int("comments", "count", "a comment line before every such event", (s, v) => s.CommentEvery = v),
        Flag("bom", "a byte order mark before the first event", (s, v) => s.ByteOrderMark = v),

        // Broken streams.
        Int("cut", "count", "break off after that many events (whole answers: after that many bytes of the body)", (s, v) => s.CutAt = v),
        OneOf("how", ["fin", "rst", "frame", "size"], "how cut= breaks off: FIN without the last chunk, RST, inside a chunk, a chunk size that is no number",
            (s, v) => s.CutHow = Enum.Parse<CutHow>(v, ignoreCase: true)),
        Int("stall", "count", "say nothing more after that many events (or bytes), until the client leaves", (s, v) => s.StallAt = v),
        Int("fail", "count", "an in-band error event after that many events, then the end without [DONE]", (s, v) => s.FailAt = v),
        new Knob("split", "utf8 or count", "cut each event inside its multi-byte characters, or every so many bytes: a chunk and a send for each part",
            (s, v) => (s.SplitUtf8 = v == "utf8") || (TryCount(v, out var count) && (s.SplitBytes = count) > 0)),
        Time("gap", "µs", "pause between the parts of split= (default 1000)", (s, v) => s.GapUs = v),
        Int("chunk", "count", "bytes per HTTP chunk; several chunks go out in one send", (s, v) => s.ChunkBytes = v),
        Text("encoding", "gzip, br, deflate or any name", "Content-Encoding of the answer even if identity was asked; other names leave the bytes as they are",
            (s, v) => s.Encoding = v),

        // Heads and framing.
        Time("head", "µs", "pause before the head", (s, v) => s.HeadUs = v),
        Time("drip", "µs", "send the head byte by byte with this pause", (s, v) => s.DripUs = v),
        OneOf("badhead", HeadFaults.Names, "a malformed head", (s, v) => s.HeadFault = v),
        OneOf("headers", ["full", "few"], "few leaves out what real providers add", (s, v) => s.FullHeaders = v == "full"),
        OneOf("length", ["right", "short", "long"], "Content-Length of a whole answer: 5 less or 5 more than the body", (s, v) => s.Length = v == "right" ? "" : v),
        OneOf("framing", ["length", "chunked", "eof"], "how the body's end is told", (s, v) => s.Framing = Enum.Parse<Framing>(v, ignoreCase: true)),
        Flag("trailers", "a trailer section behind the last chunk", (s, v) => s.Trailers = v),
        Int("interim", "1xx", "an interim answer (100, 102, 103) before the final one", (s, v) => s.Interim = v),
        Flag("early", "answer as soon as the head is in, without reading the body (by header or default only)", (s, v) => s.Early = v),

        // Connections.
        OneOf("noanswer", ["fin", "rst", "hang"], "no answer: close, reset, or keep silent until the client leaves", (s, v) => s.NoAnswer = Enum.Parse<NoAnswer>(v, ignoreCase: true)),
        OneOf("stale", ["fin", "rst", "hang"], "the same, but only on a connection that has already carried a request", (s, v) => s.Stale = Enum.Parse<NoAnswer>(v, ignoreCase: true)),
        Int("requests", "count", "close the connection, unannounced, after that many requests", (s, v) => s.RequestsPerConnection = v),
        Time("idle", "µs", "close the connection, unannounced, that long after the answer", (s, v) => s.IdleUs = v),
        Flag("close", "answer with Connection: close, and close", (s, v) => s.Close = v),

        // The server's own metrics.
        OneOf("engine", ["vllm", "vllm-old", "sglang", "tgi", "llamacpp", "none"], "whose words GET /metrics is in; none says nothing of how busy it is",
            (s, v) => s.Engine = v),
        Text("served", "name", "the model that the metrics are labelled with", (s, v) => s.Served = v),
        Int("waiting", "count", "requests that wait, as the metrics say", (s, v) => s.WaitingCount = v),
        Int("running", "count", "requests that are worked at, as the metrics say", (s, v) => s.RunningCount = v),
        Int("kv", "percent", "the part of the key-value cache in use, as the metrics say", (s, v) => s.CacheUsePercent = v),
    ];

    public static Knob? Find(ReadOnlySpan<char> name)
    {
        foreach (var knob in All)
        {
            if (name.SequenceEqual(knob.Name))
                return knob;
        }

        return null;
    }

    private static void SetStatus(FakeScript script, int status) => script.Status = status;

    private static bool TryCount(string text, out int count) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out count);

    private static Knob Int(string name, string values, string meaning, Action<FakeScript, int> set) =>
        new(name, values, meaning, (script, text) => TryCount(text, out var value) && Do(() => set(script, value)));

    private static Knob Time(string name, string unit, string meaning, Action<FakeScript, long> set) =>
        new(name, unit, meaning, (script, text) => TryCount(text, out var value) && Do(() => set(script, value)));

    private static Knob Flag(string name, string meaning, Action<FakeScript, bool> set) =>
        new(name, "on or off", meaning, (script, text) => text is "on" or "off" or "1" or "0" && Do(() => set(script, text is "on" or "1")));

    private static Knob Text(string name, string values, string meaning, Action<FakeScript, string> set) =>
        new(name, values, meaning, (script, text) => text.Length > 0 && Do(() => set(script, text)));

    private static Knob OneOf(string name, string[] values, string meaning, Action<FakeScript, string> set) =>
        new(name, string.Join(", ", values), meaning, (script, text) => values.Contains(text) && Do(() => set(script, text)));

    private static bool Do(Action action)
    {
        action();
        return true;
    }
}
