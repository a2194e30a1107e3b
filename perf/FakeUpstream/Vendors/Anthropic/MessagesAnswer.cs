using System.Diagnostics;

namespace AiEdge.FakeUpstream;

/// <summary>Anthropic's messages, whole and streamed: thought where the script reports some, then text or the tools that the request brings.</summary>
internal sealed class MessagesAnswer
{
    /// <summary>What a stream says of a failure within it.</summary>
    public const string FailEvent =
        "event: error\ndata: {\"type\":\"error\",\"error\":{\"details\":null,\"type\":\"overloaded_error\",\"message\":\"Overloaded\"},\"request_id\":\"req_fake\"}\n\n";

    private readonly AnswerContext _context;
    private readonly FakeScript _script;
    private readonly IReadOnlyList<ToolCall> _calls;
    private readonly TextPieces _text;
    private readonly TextPieces _thought;
    private readonly bool _isThoughtHidden;
    private readonly int _outputTokens;
    private readonly string _stop;

    private MessagesAnswer(AnswerContext context)
    {
        (_context, _script) = (context, context.Script);
        var wishes = context.Facts.NeedsDocument ? MessagesWishes.Read(context) : RequestWishes.None;
        _calls = wishes.Calls;
        _text = wishes.StructuredText is { } json ? new TextPieces(json).Cap(context.Facts.TokensMax) : TextPieces.Of(_script, _calls.Count > 0 && !_script.Says ? 0 : _script.Chunks, context.Facts.TokensMax);
        _thought = new TextPieces(_script.ReasoningTokens, 0);
        _isThoughtHidden = _thought.Count > 0 && ClaudeModel.HidesThought(context.Model, context.Body);
        _outputTokens = _thought.Count + _text.Count + _calls.Sum(call => call.Arguments.Count);
        _stop = _calls.Count > 0 ? "tool_use" : _text.Cut ? "max_tokens" : "end_turn";
    }

    public static Answer Make(AnswerContext context)
    {
        if (context.Facts.TokensMax == int.MaxValue)
            return context.Vendor.Fault("max_tokens: Field required");
        if (context.IsJudged && MessagesRules.FaultOf(context.Body, context.Path.EndsWith("awPredict", StringComparison.Ordinal)) is { } fault)
            return context.Vendor.Fault(fault);
        var message = new MessagesAnswer(context);
        return context.Facts.Stream
            ? new Answer { ContentType = "text/event-stream; charset=utf-8", Events = message.Events, FailEvent = FailEvent }
            : new Answer { Body = message.WriteWhole };
    }

    private void WriteWhole(ByteWriter to)
    {
        BeginMessage(to).Add("["u8);
        var blocks = 0;
        if (_thought.Count > 0)
        {
            to.Add("{\"type\":\"thinking\",\"thinking\":"u8);
            if (_isThoughtHidden)
                to.Add("\"\""u8);
            else
                _thought.WriteAll(to);
            to.Add(",\"signature\":\"c2lnbmF0dXJl\"}"u8);
            blocks++;
        }

        if (_calls.Count == 0 || _script.Says)
        {
            _text.WriteAll(to.Add(blocks++ > 0 ? ","u8 : ""u8).Add("{\"type\":\"text\",\"text\":"u8));
            to.Add("}"u8);
        }

        foreach (var call in _calls)
        {
            BeginCall(to.Add(blocks++ > 0 ? ","u8 : ""u8), call);
            call.Arguments.WritePlain(to);
            to.Add("}"u8);
        }

        to.Add("],\"stop_reason\":"u8).AddJson(_stop).Add(",\"stop_sequence\":null"u8);
        if (_script.Usage != UsageRule.Off)
            WriteUsage(to.Add(",\"usage\":"u8), _outputTokens);
        to.Add("}"u8);
    }

    private IEnumerable<EventKind> Events(ByteWriter to)
    {
        yield return EventKind.Lead;
        BeginMessage(to.Add("event: message_start\ndata: {\"type\":\"message_start\",\"message\":"u8)).Add("[],\"stop_reason\":null,\"stop_sequence\":null"u8);
        if (_script.Usage != UsageRule.Off)
            WriteUsage(to.Add(",\"usage\":"u8), 1);
        to.Add("}}\n\n"u8);
        yield return EventKind.Lead;
        to.Add("event: ping\ndata: {\"type\": \"ping\"}\n\n"u8);
        var index = 0;
        foreach (var kind in ThoughtEvents(to))
            yield return kind;
        if (_thought.Count > 0)
            index++;
        if (_calls.Count == 0 || _script.Says)
        {
            yield return EventKind.Lead;
            BeginBlock(to, index).Add("{\"type\":\"text\",\"text\":\"\"}}\n\n"u8);
            for (var i = 0; i < _text.Count; i++)
            {
                yield return EventKind.Content;
                _text.Write(BeginDelta(to, index).Add("{\"type\":\"text_delta\",\"text\":"u8), i);
                End(to);
            }

            yield return EventKind.Tail;
            EndBlock(to, index++);
        }

        foreach (var kind in CallEvents(to, index))
            yield return kind;
        if (_script.Finish)
        {
            yield return EventKind.Tail;
            to.Add("event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":"u8).AddJson(_stop).Add(",\"stop_sequence\":null}"u8);
            if (_script.Usage != UsageRule.Off)
                WriteUsage(to.Add(",\"usage\":"u8), _outputTokens);
            to.Add("}\n\n"u8);
        }

        if (_script.Done && _script.Finish)
        {
            yield return EventKind.Tail;
            to.Add("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"u8);
        }
    }

    private IEnumerable<EventKind> ThoughtEvents(ByteWriter to)
    {
        if (_thought.Count == 0)
            yield break;
        yield return EventKind.Lead;
        BeginBlock(to, 0).Add("{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}}\n\n"u8);
        for (var i = 0; i < _thought.Count && !_isThoughtHidden; i++)
        {
            yield return EventKind.Content;
            _thought.Write(BeginDelta(to, 0).Add("{\"type\":\"thinking_delta\",\"thinking\":"u8), i);
            End(to);
        }

        yield return EventKind.Tail;
        BeginDelta(to, 0).Add("{\"type\":\"signature_delta\",\"signature\":\"c2lnbmF0dXJl\"}}\n\n"u8);
        yield return EventKind.Tail;
        EndBlock(to, 0);
    }

    private IEnumerable<EventKind> CallEvents(ByteWriter to, int index)
    {
        foreach (var call in _calls)
        {
            yield return EventKind.Lead;
            BeginCall(BeginBlock(to, index), call).Add("{}}}\n\n"u8);
            for (var i = 0; i < call.Arguments.Count; i++)
            {
                yield return EventKind.Content;
                call.Arguments.Write(BeginDelta(to, index).Add("{\"type\":\"input_json_delta\",\"partial_json\":"u8), i);
                End(to);
            }

            yield return EventKind.Tail;
            EndBlock(to, index++);
        }
    }

    private ByteWriter BeginMessage(ByteWriter to) =>
        to.Add("{\"id\":"u8).AddJson(_context.Id("msg_")).Add(",\"type\":\"message\",\"role\":\"assistant\",\"model\":"u8).AddJson(_context.Model).Add(",\"content\":"u8);

    private static ByteWriter BeginCall(ByteWriter to, ToolCall call) =>
        to.Add("{\"type\":\"tool_use\",\"id\":"u8).AddJson(call.Id).Add(",\"name\":"u8).AddJson(call.Name).Add(",\"input\":"u8);

    private static ByteWriter BeginBlock(ByteWriter to, int index) =>
        to.Add("event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":"u8).Add(index).Add(",\"content_block\":"u8);

    private static ByteWriter BeginDelta(ByteWriter to, int index) =>
        to.Add("event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":"u8).Add(index).Add(",\"delta\":"u8);

    private static void EndBlock(ByteWriter to, int index) =>
        to.Add("event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":"u8).Add(index).Add("}\n\n"u8);

    private void End(ByteWriter to)
    {
        to.Add("}"u8);
        if (_script.Stamp)
            to.Add(",\"obfuscation\":\"T"u8).Add(Stopwatch.GetTimestamp()).Add("\""u8);
        to.Add("}\n\n"u8);
    }

    private void WriteUsage(ByteWriter to, int outputTokens)
    {
        to.Add("{\"input_tokens\":"u8).Add(_script.InputTokens).Add(",\"cache_creation_input_tokens\":"u8).Add(_script.CacheWriteTokens)
            .Add(",\"cache_read_input_tokens\":"u8).Add(_script.CachedTokens).Add(",\"cache_creation\":{\"ephemeral_5m_input_tokens\":"u8).Add(_script.CacheWriteTokens)
            .Add(",\"ephemeral_1h_input_tokens\":0},\"output_tokens\":"u8).Add(outputTokens);
        if (_thought.Count > 0 && outputTokens >= _thought.Count)
            to.Add(",\"output_tokens_details\":{\"thinking_tokens\":"u8).Add(_thought.Count).Add("}"u8);
        to.Add(",\"service_tier\":"u8).AddJson(_script.Tier ?? "standard").Add("}"u8);
    }
}
