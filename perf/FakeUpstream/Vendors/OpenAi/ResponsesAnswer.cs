namespace AiEdge.FakeUpstream;

/// <summary>
/// The responses endpoint. A stream follows its grammar: created, in_progress, then each output item from added to done, then completed
/// (or incomplete when a cap on tokens was reached), each event with its sequence number.
/// </summary>
internal sealed class ResponsesAnswer
{
    private readonly AnswerContext _context;
    private readonly IReadOnlyList<ToolCall> _calls;
    private readonly TextPieces _text;
    private readonly TextPieces _thought;
    private readonly bool _showsThought;
    private readonly bool _sealsThought;
    private readonly string _id;
    private readonly string _messageId;
    private int _sequence;

    private ResponsesAnswer(AnswerContext context)
    {
        _context = context;
        var wishes = context.Facts.NeedsDocument ? ChatWishes.ReadResponses(context) : RequestWishes.None;
        _calls = wishes.Calls;
        _text = wishes.StructuredText is { } json
            ? new TextPieces(json).Cap(context.Facts.TokensMax)
            : TextPieces.Of(context.Script, _calls.Count > 0 ? 0 : context.Script.Chunks, context.Facts.TokensMax);
        _thought = new TextPieces(context.Script.ReasoningTokens, 0);
        _showsThought = context.Script.ReasoningTokens > 0 && context.Body.Span.IndexOf("\"summary\":\"auto\""u8) >= 0;
        _sealsThought = context.Script.ReasoningTokens > 0 && context.Body.Span.IndexOf("\"reasoning.encrypted_content\""u8) >= 0;
        (_id, _messageId) = (context.Id("resp_"), context.Id("msg_"));
    }

    private string FinalStatus => _text.Cut ? "incomplete" : "completed";

    /// <summary>Thought that nobody asked for is not an item; it is paid for all the same.</summary>
    private bool HasThought => _showsThought || _sealsThought;

    private int OutputTokens => _text.Count + _calls.Sum(call => call.Arguments.Count);

    public static Answer Make(AnswerContext context)
    {
        var response = new ResponsesAnswer(context);
        return context.Facts.Stream ? Answer.Stream(response.Events) : Answer.Json(to => response.WriteResponse(to, response.FinalStatus));
    }

    private IEnumerable<EventKind> Events(ByteWriter to)
    {
        foreach (var type in (string[])["response.created", "response.in_progress"])
        {
            yield return EventKind.Lead;
            WriteResponse(Begin(to, type).Add(",\"response\":"u8), "in_progress");
            to.Add("}\n\n"u8);
        }

        foreach (var kind in HasThought ? ThoughtEvents(to) : [])
            yield return kind;
        foreach (var kind in _calls.Count > 0 ? CallEvents(to) : MessageEvents(to))
            yield return kind;
        if (!_context.Script.Finish)
            yield break;
        yield return EventKind.Tail;
        WriteResponse(Begin(to, "response." + FinalStatus).Add(",\"response\":"u8), FinalStatus);
        to.Add("}\n\n"u8);
    }

    private IEnumerable<EventKind> ThoughtEvents(ByteWriter to)
    {
        yield return EventKind.Lead;
        WriteThought(Begin(to, "response.output_item.added").Add(",\"output_index\":0,\"item\":"u8), isDone: false);
        to.Add("}\n\n"u8);
        if (_showsThought)
        {
            yield return EventKind.Lead;
            PlaceThought(Begin(to, "response.reasoning_summary_part.added")).Add(",\"part\":{\"type\":\"summary_text\",\"text\":\"\"}}\n\n"u8);
            for (var i = 0; i < _thought.Count; i++)
            {
                yield return EventKind.Content;
                _thought.Write(PlaceThought(Begin(to, "response.reasoning_summary_text.delta")).Add(",\"delta\":"u8), i);
                to.Add("}\n\n"u8);
            }

            yield return EventKind.Tail;
            _thought.WriteAll(PlaceThought(Begin(to, "response.reasoning_summary_text.done")).Add(",\"text\":"u8));
            to.Add("}\n\n"u8);
            yield return EventKind.Tail;
            _thought.WriteAll(PlaceThought(Begin(to, "response.reasoning_summary_part.done")).Add(",\"part\":{\"type\":\"summary_text\",\"text\":"u8));
            to.Add("}}\n\n"u8);
        }

        yield return EventKind.Tail;
        WriteThought(Begin(to, "response.output_item.done").Add(",\"output_index\":0,\"item\":"u8), isDone: true);
        to.Add("}\n\n"u8);
    }

    private ByteWriter PlaceThought(ByteWriter to) => to.Add(",\"item_id\":"u8).AddJson(_context.Id("rs_")).Add(",\"output_index\":0,\"summary_index\":0"u8);

    private void WriteThought(ByteWriter to, bool isDone)
    {
        to.Add("{\"id\":"u8).AddJson(_context.Id("rs_")).Add(",\"type\":\"reasoning\",\"summary\":["u8);
        if (isDone && _showsThought)
        {
            _thought.WriteAll(to.Add("{\"type\":\"summary_text\",\"text\":"u8));
            to.Add("}"u8);
        }

        to.Add("]"u8);
        if (_sealsThought)
            to.Add(",\"encrypted_content\":"u8).AddJson(isDone ? "gAAAAA-fake_" + _context.Id("seal") : "early");
        to.Add("}"u8);
    }

    private IEnumerable<EventKind> MessageEvents(ByteWriter to)
    {
        yield return EventKind.Lead;
        WriteMessage(Begin(to, "response.output_item.added").Add(",\"output_index\":"u8).Add(FirstIndex).Add(",\"item\":"u8), "in_progress");
        to.Add("}\n\n"u8);
        yield return EventKind.Lead;
        Place(Begin(to, "response.content_part.added")).Add(",\"part\":{\"type\":\"output_text\",\"annotations\":[],\"logprobs\":[],\"text\":\"\"}}\n\n"u8);
        for (var i = 0; i < _text.Count; i++)
        {
            yield return EventKind.Content;
            _text.Write(Place(Begin(to, "response.output_text.delta")).Add(",\"delta\":"u8), i);
            if (_context.Script.Stamp)
                to.Add(",\"obfuscation\":\"T"u8).Add(System.Diagnostics.Stopwatch.GetTimestamp()).Add("\""u8);
            to.Add(",\"logprobs\":[]}\n\n"u8);
        }

        yield return EventKind.Tail;
        _text.WriteAll(Place(Begin(to, "response.output_text.done")).Add(",\"text\":"u8));
        to.Add(",\"logprobs\":[]}\n\n"u8);
        yield return EventKind.Tail;
        WritePart(Place(Begin(to, "response.content_part.done")).Add(",\"part\":"u8));
        to.Add("}\n\n"u8);
        yield return EventKind.Tail;
        WriteMessage(Begin(to, "response.output_item.done").Add(",\"output_index\":"u8).Add(FirstIndex).Add(",\"item\":"u8), FinalStatus);
        to.Add("}\n\n"u8);
    }

    private IEnumerable<EventKind> CallEvents(ByteWriter to)
    {
        for (var index = 0; index < _calls.Count; index++)
        {
            var call = _calls[index];
            yield return EventKind.Lead;
            WriteCall(Begin(to, "response.output_item.added").Add(",\"output_index\":"u8).Add(FirstIndex + index).Add(",\"item\":"u8), call, "in_progress");
            to.Add("}\n\n"u8);
            for (var i = 0; i < call.Arguments.Count; i++)
            {
                yield return EventKind.Content;
                Begin(to, "response.function_call_arguments.delta").Add(",\"item_id\":"u8).AddJson(call.ItemId).Add(",\"output_index\":"u8).Add(FirstIndex + index);
                call.Arguments.Write(to.Add(",\"delta\":"u8), i);
                to.Add("}\n\n"u8);
            }

            yield return EventKind.Tail;
            Begin(to, "response.function_call_arguments.done").Add(",\"item_id\":"u8).AddJson(call.ItemId).Add(",\"output_index\":"u8).Add(FirstIndex + index);
            call.Arguments.WriteAll(to.Add(",\"name\":"u8).AddJson(call.Name).Add(",\"arguments\":"u8));
            to.Add("}\n\n"u8);
            yield return EventKind.Tail;
            WriteCall(Begin(to, "response.output_item.done").Add(",\"output_index\":"u8).Add(FirstIndex + index).Add(",\"item\":"u8), call, "completed");
            to.Add("}\n\n"u8);
        }
    }

    private ByteWriter Begin(ByteWriter to, string type) =>
        to.Add("event: "u8).Add(type).Add("\ndata: {\"type\":\""u8).Add(type).Add("\",\"sequence_number\":"u8).Add(_sequence++);

    /// <summary>Where the items begin that are no thought.</summary>
    private int FirstIndex => HasThought ? 1 : 0;

    private ByteWriter Place(ByteWriter to) => to.Add(",\"item_id\":"u8).AddJson(_messageId).Add(",\"output_index\":"u8).Add(FirstIndex).Add(",\"content_index\":0"u8);

    private void WriteResponse(ByteWriter to, string status)
    {
        var isFinal = status != "in_progress";
        to.Add("{\"id\":"u8).AddJson(_id).Add(",\"object\":\"response\",\"created_at\":"u8).Add(_context.Created).Add(",\"status\":"u8).AddJson(status)
            .Add(",\"background\":false,\"error\":null,\"incomplete_details\":"u8)
            .Add(status == "incomplete" ? "{\"reason\":\"max_output_tokens\"}"u8 : "null"u8)
            .Add(",\"instructions\":null,\"max_output_tokens\":"u8);
        if (_context.Facts.TokensMax == int.MaxValue)
            to.Add("null"u8);
        else
            to.Add(_context.Facts.TokensMax);
        to.Add(",\"max_tool_calls\":null,\"model\":"u8).AddJson(_context.Model).Add(",\"output\":["u8);
        if (isFinal)
            WriteOutput(to, status);
        to.Add("],\"parallel_tool_calls\":true,\"previous_response_id\":null,\"prompt_cache_key\":null,\"reasoning\":{\"effort\":null,\"summary\":null},"u8)
            .Add("\"safety_identifier\":null,\"service_tier\":"u8).AddJson(isFinal ? _context.Script.Tier ?? "default" : "auto")
            .Add(",\"store\":true,\"temperature\":1.0,\"text\":{\"format\":{\"type\":\"text\"},\"verbosity\":\"medium\"},"u8)
            .Add("\"tool_choice\":\"auto\",\"tools\":[],\"top_logprobs\":0,\"top_p\":1.0,\"truncation\":\"disabled\",\"usage\":"u8);
        if (isFinal && _context.Script.Usage != UsageRule.Off)
            UsageJson.WriteResponses(to, _context.Script, OutputTokens);
        else
            to.Add("null"u8);
        to.Add(",\"user\":null,\"metadata\":{}}"u8);
    }

    private void WriteOutput(ByteWriter to, string status)
    {
        if (HasThought)
        {
            WriteThought(to, isDone: true);
            to.Add(","u8);
        }

        if (_calls.Count == 0)
            WriteMessage(to, status);
        for (var i = 0; i < _calls.Count; i++)
            WriteCall(to.Add(i > 0 ? ","u8 : ""u8), _calls[i], "completed");
    }

    private void WriteMessage(ByteWriter to, string status)
    {
        to.Add("{\"id\":"u8).AddJson(_messageId).Add(",\"type\":\"message\",\"status\":"u8).AddJson(status).Add(",\"role\":\"assistant\",\"content\":["u8);
        if (status != "in_progress")
            WritePart(to);
        to.Add("]}"u8);
    }

    private void WritePart(ByteWriter to)
    {
        _text.WriteAll(to.Add("{\"type\":\"output_text\",\"annotations\":[],\"logprobs\":[],\"text\":"u8));
        to.Add("}"u8);
    }

    private static void WriteCall(ByteWriter to, ToolCall call, string status)
    {
        to.Add("{\"id\":"u8).AddJson(call.ItemId).Add(",\"type\":\"function_call\",\"status\":"u8).AddJson(status)
            .Add(",\"call_id\":"u8).AddJson(call.Id).Add(",\"name\":"u8).AddJson(call.Name).Add(",\"arguments\":"u8);
        if (status == "in_progress")
            to.Add("\"\""u8);
        else
            call.Arguments.WriteAll(to);
        to.Add("}"u8);
    }
}
