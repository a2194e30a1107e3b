namespace AiEdge.FakeUpstream;

/// <summary>The older completions endpoint: the same text as chat, told as `text`.</summary>
internal sealed class CompletionAnswer
{
    private readonly AnswerContext _context;
    private readonly TextPieces _text;
    private readonly byte[] _prefix;

    private CompletionAnswer(AnswerContext context)
    {
        _context = context;
        _text = TextPieces.Of(context.Script, context.Script.Chunks, context.Facts.TokensMax);
        _prefix = new ByteWriter().Add("{\"id\":"u8).AddJson(context.Id("cmpl-")).Add(",\"object\":\"text_completion\",\"created\":"u8).Add(context.Created)
            .Add(",\"model\":"u8).AddJson(context.Model).Memory.ToArray();
    }

    private string Finish => _text.Cut ? "length" : "stop";

    private int OutputTokens => _text.Count * _context.Facts.Choices;

    public static Answer Make(AnswerContext context)
    {
        var completion = new CompletionAnswer(context);
        return context.Facts.Stream ? Answer.Stream(completion.Events) : Answer.Json(completion.WriteWhole);
    }

    private void WriteWhole(ByteWriter to)
    {
        to.Add(_prefix).Add(",\"choices\":["u8);
        for (var choice = 0; choice < _context.Facts.Choices; choice++)
        {
            _text.WriteAll(to.Add(choice > 0 ? ",{\"text\":"u8 : "{\"text\":"u8));
            to.Add(",\"index\":"u8).Add(choice).Add(",\"logprobs\":null,\"finish_reason\":"u8).AddJson(Finish).Add("}"u8);
        }

        to.Add("]"u8);
        if (_context.Script.Usage != UsageRule.Off)
            UsageJson.WriteChat(to.Add(",\"usage\":"u8), _context.Script, OutputTokens);
        to.Add("}"u8);
    }

    private IEnumerable<EventKind> Events(ByteWriter to)
    {
        for (var i = 0; i < _text.Count; i++)
        {
            for (var choice = 0; choice < _context.Facts.Choices; choice++)
            {
                yield return EventKind.Content;
                _text.Write(to.Add("data: "u8).Add(_prefix).Add(",\"choices\":[{\"text\":"u8), i);
                EndChoice(to, choice, "null");
            }
        }

        for (var choice = 0; choice < _context.Facts.Choices && _context.Script.Finish; choice++)
        {
            yield return EventKind.Tail;
            EndChoice(to.Add("data: "u8).Add(_prefix).Add(",\"choices\":[{\"text\":\"\""u8), choice, $"\"{Finish}\"");
        }

        if (_context.TellsUsage && _context.Script.Finish)
        {
            yield return EventKind.Tail;
            UsageJson.WriteChat(to.Add("data: "u8).Add(_prefix).Add(",\"choices\":[],\"usage\":"u8), _context.Script, OutputTokens);
            to.Add("}\n\n"u8);
        }

        if (_context.Script.Done)
        {
            yield return EventKind.Tail;
            to.Add("data: [DONE]\n\n"u8);
        }
    }

    private void EndChoice(ByteWriter to, int choice, string finish)
    {
        to.Add(",\"index\":"u8).Add(choice).Add(",\"logprobs\":null,\"finish_reason\":"u8).Add(finish);
        to.Add(_context.TellsUsage ? "}],\"usage\":null}\n\n"u8 : "}]}\n\n"u8);
    }
}
