namespace AiEdge.FakeUpstream;

/// <summary>Gemini's generateContent, whole and as server-sent events: thought where the script reports some, then text or calls.</summary>
internal sealed class GenerateAnswer
{
    /// <summary>What a stream says of a failure within it.</summary>
    public const string FailEvent =
        "data: {\"error\":{\"code\":503,\"message\":\"The model is overloaded. Please try again later.\",\"status\":\"UNAVAILABLE\"}}\n\n";

    private readonly AnswerContext _context;
    private readonly FakeScript _script;
    private readonly IReadOnlyList<ToolCall> _calls;
    private readonly TextPieces _text;
    private readonly TextPieces _thought;
    private readonly string _finish;

    private GenerateAnswer(AnswerContext context)
    {
        (_context, _script) = (context, context.Script);
        var wishes = context.Facts.NeedsDocument ? ContentsWishes.Read(context) : RequestWishes.None;
        _calls = wishes.Calls;
        _text = wishes.StructuredText is { } json
            ? new TextPieces(json).Cap(context.Facts.TokensMax)
            : TextPieces.Of(_script, _calls.Count > 0 && !_script.Says ? 0 : _script.Chunks, context.Facts.TokensMax);
        _thought = new TextPieces(_script.ReasoningTokens, 0);
        _finish = _text.Cut ? "MAX_TOKENS" : "STOP";
    }

    private int OutputTokens => _text.Count + _calls.Sum(call => call.Arguments.Count);

    public static Answer Make(AnswerContext context)
    {
        var answer = new GenerateAnswer(context);
        return context.Facts.Stream
            ? new Answer { ContentType = "text/event-stream", Events = answer.Events, FailEvent = FailEvent }
            : new Answer { Body = answer.WriteWhole, ContentType = "application/json; charset=UTF-8" };
    }

    private void WriteWhole(ByteWriter to)
    {
        to.Add("{\"candidates\":[{\"content\":{\"parts\":["u8);
        var parts = 0;
        if (_thought.Count > 0)
        {
            _thought.WriteAll(to.Add("{\"text\":"u8));
            to.Add(",\"thought\":true}"u8);
            parts++;
        }

        if (_calls.Count == 0 || _script.Says)
        {
            _text.WriteAll(to.Add(parts++ > 0 ? ",{\"text\":"u8 : "{\"text\":"u8));
            to.Add("}"u8);
        }

        foreach (var (number, call) in _calls.Index())
            WriteCall(to.Add(parts++ > 0 ? ","u8 : ""u8), call, number);
        to.Add("],\"role\":\"model\"},\"finishReason\":"u8).AddJson(_finish).Add(",\"index\":0}]"u8);
        WriteRest(to, isLast: true);
        to.Add("}"u8);
    }

    private IEnumerable<EventKind> Events(ByteWriter to)
    {
        for (var i = 0; i < _thought.Count; i++)
        {
            yield return EventKind.Content;
            _thought.Write(Begin(to).Add("{\"text\":"u8), i);
            End(to.Add(",\"thought\":true}"u8), null);
        }

        for (var i = 0; i < _text.Count; i++)
        {
            yield return EventKind.Content;
            _text.Write(Begin(to).Add("{\"text\":"u8), i);
            End(to.Add("}"u8), null);
        }

        foreach (var (number, call) in _calls.Index())
        {
            yield return EventKind.Content;
            WriteCall(Begin(to), call, number);
            End(to, null);
        }

        if (!_script.Finish)
            yield break;
        yield return EventKind.Tail;
        End(Begin(to).Add("{\"text\":\"\"}"u8), _finish);
    }

    private static ByteWriter Begin(ByteWriter to) => to.Add("data: {\"candidates\":[{\"content\":{\"parts\":["u8);

    private void End(ByteWriter to, string? finish)
    {
        to.Add("],\"role\":\"model\"}"u8);
        if (finish is not null)
            to.Add(",\"finishReason\":"u8).AddJson(finish);
        to.Add(",\"index\":0}]"u8);
        WriteRest(to, finish is not null);
        to.Add("}\n\n"u8);
    }

    /// <summary>From 3 on each has an id.</summary>
    private void WriteCall(ByteWriter to, ToolCall call, int number)
    {
        to.Add("{\"functionCall\":{"u8);
        if (_context.Model.StartsWith("gemini-3", StringComparison.Ordinal))
            to.Add("\"id\":"u8).AddJson(_context.Id("call", number)).Add(","u8);
        to.Add("\"name\":"u8).AddJson(call.Name).Add(",\"args\":"u8);
        call.Arguments.WritePlain(to);
        to.Add("}}"u8);
    }

    private void WriteRest(ByteWriter to, bool isLast)
    {
        if (_script.Usage != UsageRule.Off)
            WriteUsage(to, isLast);
        to.Add(",\"modelVersion\":"u8).AddJson(_context.Model).Add(",\"responseId\":"u8).AddJson(_context.Id("resp"));
    }

    private void WriteUsage(ByteWriter to, bool isLast)
    {
        to.Add(",\"usageMetadata\":{\"promptTokenCount\":"u8).Add(_script.InputTokens);
        if (_script.CachedTokens > 0)
            to.Add(",\"cachedContentTokenCount\":"u8).Add(_script.CachedTokens);
        if (isLast)
            to.Add(",\"candidatesTokenCount\":"u8).Add(OutputTokens);
        if (_thought.Count > 0)
            to.Add(",\"thoughtsTokenCount\":"u8).Add(_thought.Count);
        to.Add(",\"totalTokenCount\":"u8).Add(_script.InputTokens + _thought.Count + (isLast ? OutputTokens : 0))
            .Add(",\"promptTokensDetails\":[{\"modality\":\"TEXT\",\"tokenCount\":"u8).Add(_script.InputTokens).Add("}]"u8);
        if (_script.Tier is { } tier)
            to.Add(",\"trafficType\":"u8).AddJson(tier);
        to.Add("}"u8);
    }
}
