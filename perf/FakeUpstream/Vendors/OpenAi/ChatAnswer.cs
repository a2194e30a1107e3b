using System.Diagnostics;

namespace AiEdge.FakeUpstream;

/// <summary>Chat completions, whole and streamed, with tool calls and structured output where the request asks for them.</summary>
internal sealed class ChatAnswer
{
    private readonly AnswerContext _context;
    private readonly FakeScript _script;
    private readonly IReadOnlyList<ToolCall> _calls;
    private readonly TextPieces _text;
    private readonly int _choices;
    private readonly int _outputTokens;
    private readonly string _finish;
    private readonly byte[] _prefix;

    private ChatAnswer(AnswerContext context)
    {
        (_context, _script) = (context, context.Script);
        var wishes = context.Facts.NeedsDocument ? ChatWishes.Read(context) : RequestWishes.None;
        _calls = wishes.Calls;
        _text = wishes.StructuredText is { } json
            ? new TextPieces(json).Cap(context.Facts.TokensMax)
            : TextPieces.Of(_script, _calls.Count > 0 && !_script.Says ? 0 : _script.Chunks, context.Facts.TokensMax);
        _choices = context.Facts.Choices;
        _outputTokens = _choices * (_text.Count + _calls.Sum(call => call.Arguments.Count));
        _finish = _script.Reason ?? (_calls.Count > 0 ? "tool_calls" : _text.Cut ? "length" : "stop");
        _prefix = new ByteWriter().Add("\"id\":"u8).AddJson(context.Id("chatcmpl-")).Add(",\"object\":\"chat.completion"u8)
            .Add(context.Facts.Stream ? ".chunk"u8 : ""u8).Add("\",\"created\":"u8).Add(context.Created)
            .Add(",\"model\":"u8).AddJson(context.Model).Add(",\"service_tier\":"u8).AddJson(_script.Tier ?? "default").Add(",\"system_fingerprint\":\"fp_fake\""u8).Memory.ToArray();
    }

    public static Answer Make(AnswerContext context)
    {
        var chat = new ChatAnswer(context);
        return context.Facts.Stream ? Answer.Stream(chat.Events) : Answer.Json(chat.WriteWhole);
    }

    private void WriteWhole(ByteWriter to)
    {
        to.Add("{"u8).Add(_prefix).Add(",\"choices\":["u8);
        for (var choice = 0; choice < _choices; choice++)
        {
            to.Add(choice > 0 ? ",{\"index\":"u8 : "{\"index\":"u8).Add(choice).Add(",\"message\":{\"role\":\"assistant\",\"content\":"u8);
            if (_calls.Count > 0 && !_script.Says)
                to.Add("null"u8);
            else
                _text.WriteAll(to);
            for (var i = 0; i < _calls.Count; i++)
                WriteCall(to.Add(i > 0 ? ","u8 : ",\"tool_calls\":["u8), _calls[i], -1);
            to.Add(_calls.Count > 0 ? "]"u8 : ""u8);

            to.Add(",\"refusal\":null,\"annotations\":[]},\"logprobs\":null,\"finish_reason\":"u8).AddJson(_finish);
            if (_script.Azure)
                to.Add(AzureFilter.InChoice);
            to.Add("}"u8);
        }

        to.Add("]"u8);
        if (_script.Azure)
            to.Add(AzureFilter.OfPrompt);
        if (_script.Usage != UsageRule.Off)
            UsageJson.WriteChat(to.Add(",\"usage\":"u8), _script, _outputTokens);
        to.Add("}"u8);
    }

    private IEnumerable<EventKind> Events(ByteWriter to)
    {
        if (_script.Azure)
        {
            yield return EventKind.Lead;
            End(to.Add("data: {"u8).Add(_prefix).Add(",\"choices\":[]"u8).Add(AzureFilter.OfPrompt));
        }

        for (var choice = 0; choice < _choices; choice++)
        {
            yield return EventKind.Lead;
            Begin(to, choice).Add("{\"role\":\"assistant\",\"content\":"u8).Add(_calls.Count > 0 && !_script.Says ? "null"u8 : "\"\""u8).Add(",\"refusal\":null}"u8);
            EndChoice(to, null);
        }

        for (var i = 0; i < _text.Count; i++)
        {
            for (var choice = 0; choice < _choices; choice++)
            {
                yield return EventKind.Content;
                _text.Write(Begin(to, choice).Add("{\"content\":"u8), i);
                EndChoice(to.Add("}"u8), null);
            }
        }

        foreach (var kind in CallEvents(to))
            yield return kind;
        for (var choice = 0; choice < _choices && _script.Finish; choice++)
        {
            yield return EventKind.Tail;
            EndChoice(Begin(to, choice).Add("{}"u8), _finish);
        }

        if (_context.TellsUsage && _script.Finish)
        {
            yield return EventKind.Tail;
            UsageJson.WriteChat(to.Add("data: {"u8).Add(_prefix).Add(",\"choices\":[],\"usage\":"u8), _script, _outputTokens);
            to.Add("}\n\n"u8);
        }

        if (_script.Done)
        {
            yield return EventKind.Tail;
            to.Add("data: [DONE]\n\n"u8);
        }
    }

    private IEnumerable<EventKind> CallEvents(ByteWriter to)
    {
        foreach (var (call, part) in _script.Weave ? CallsInTurn() : CallsInOrder())
        {
            for (var choice = 0; choice < _choices; choice++)
            {
                yield return part < 0 ? EventKind.Lead : EventKind.Content;
                if (part < 0)
                {
                    WriteCall(Begin(to, choice).Add("{\"tool_calls\":["u8), _calls[call], call);
                    EndChoice(to.Add("]}"u8), null);
                    continue;
                }

                Begin(to, choice).Add("{\"tool_calls\":[{\"index\":"u8).Add(call).Add(",\"function\":{\"arguments\":"u8);
                _calls[call].Arguments.Write(to, part);
                EndChoice(to.Add("}}]}"u8), null);
            }
        }
    }

    /// <summary>Each call with its beginning, which is the part -1, and the parts of its arguments.</summary>
    private IEnumerable<(int Call, int Part)> CallsInOrder()
    {
        for (var call = 0; call < _calls.Count; call++)
        {
            for (var part = -1; part < _calls[call].Arguments.Count; part++)
                yield return (call, part);
        }
    }

    private IEnumerable<(int Call, int Part)> CallsInTurn()
    {
        for (var part = -1; part < _calls.Max(call => (int?)call.Arguments.Count).GetValueOrDefault(); part++)
        {
            for (var call = 0; call < _calls.Count; call++)
            {
                if (part < _calls[call].Arguments.Count)
                    yield return (call, part);
            }
        }
    }

    /// <summary>With an index it is the first delta of a streamed call, whose arguments follow; without, the whole call.</summary>
    private static void WriteCall(ByteWriter to, ToolCall call, int index)
    {
        to.Add("{"u8);
        if (index >= 0)
            to.Add("\"index\":"u8).Add(index).Add(","u8);
        to.Add("\"id\":"u8).AddJson(call.Id).Add(",\"type\":\"function\",\"function\":{\"name\":"u8).AddJson(call.Name).Add(",\"arguments\":"u8);
        if (index >= 0)
            to.Add("\"\""u8);
        else
            call.Arguments.WriteAll(to);
        to.Add("}}"u8);
    }

    private ByteWriter Begin(ByteWriter to, int choice) =>
        to.Add("data: {"u8).Add(_prefix).Add(",\"choices\":[{\"index\":"u8).Add(choice).Add(",\"delta\":"u8);

    private void EndChoice(ByteWriter to, string? finish)
    {
        to.Add(",\"logprobs\":null,\"finish_reason\":"u8);
        if (finish is null)
            to.Add("null"u8);
        else
            to.AddJson(finish);
        if (_script.Azure)
            to.Add(AzureFilter.InChoice);
        End(to.Add("}]"u8));
    }

    private void End(ByteWriter to)
    {
        if (_context.TellsUsage)
            to.Add(",\"usage\":null"u8);
        if (_script.Stamp)
            to.Add(",\"obfuscation\":\"T"u8).Add(Stopwatch.GetTimestamp()).Add("\""u8);
        to.Add("}\n\n"u8);
    }
}

/// <summary>What Azure adds to chat completions.</summary>
internal static class AzureFilter
{
    public static ReadOnlySpan<byte> OfPrompt =>
        ",\"prompt_filter_results\":[{\"prompt_index\":0,\"content_filter_results\":{\"hate\":{\"filtered\":false,\"severity\":\"safe\"},\"jailbreak\":{\"filtered\":false,\"detected\":false}}}]"u8;

    public static ReadOnlySpan<byte> InChoice => ",\"content_filter_results\":{\"hate\":{\"filtered\":false,\"severity\":\"safe\"}}"u8;
}
