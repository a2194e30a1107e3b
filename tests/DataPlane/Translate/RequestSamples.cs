using System.Text;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Tests.Translate;

/// <summary>
/// Requests as any client may make them, each member of a neutral request among them: whatever one dialect can say and another cannot is in one of them.
/// The seed decides.
/// </summary>
internal sealed class RequestSamples
{

    private static readonly string[] Words = ["plain", "caf\\u00e9", "\\\"quoted\\\"", "back\\\\slash", "日本", "a\\nb", "\\ud83d\\ude00", "<&'>", "x"];
    private static readonly string[] Ids = ["c", "call.odd/", "call_0123456789012345678901234567890123456789_", "toolu_"];
    private static readonly string[] Functions = ["f", "9f", "-f", "f.of:", "caf\\u00e9 ", "日本", "_", "mcp__a_server_with_a_long_name__a_function_whose_name_is_long_enough__", new string('f', 130)];
    private static readonly string[] Schemas =
    [
        """{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}""",
        """{"type":"object","properties":{"a":{"type":"integer","minimum":1},"b":{"type":["string","null"]}},"required":["a"]}""",
        """{"type":"object","properties":{},"additionalProperties":false}""",
        """{"type":"object","properties":{"map":{"type":"object","additionalProperties":{"type":"number"}}},"required":["map"]}""",
        """{"type":"object","properties":{"of":{"type":"array","items":{"$ref":"#"}}},"required":["of"],"additionalProperties":false}""",
        """{"type":"object","properties":{"list":{"type":"array","items":{"anyOf":[{"type":"number"},{"type":"boolean"}]},"maxItems":3}},"required":["list"],"additionalProperties":false}""",
    ];

    private readonly Random _random;
    private readonly TextBuffer _source = new TextBuffer().Add(" "u8);
    private readonly string[] _functions;
    private int _calls;

    private RequestSamples(int seed)
    {
        _random = new Random(seed);
        _functions = [.. Enumerable.Range(0, 3).Select(i => (Chance(2) ? OneOf(Functions) : "f") + i)];
        Request.Reset(_source, RequestComparison.EveryName);
    }

    private NeutralRequest Request { get; } = new();

    public static NeutralRequest Make(int seed)
    {
        var sample = new RequestSamples(seed);
        sample.Say();
        sample.OfferTools();
        sample.Ask();
        sample.WishOfThought();
        return sample.Request;
    }

    private bool Chance(int of) => _random.Next(of) == 0;

    private string OneOf(params string[] texts) => texts[_random.Next(texts.Length)];

    private Piece Put(string text)
    {
        var piece = new Piece(_source.Length, Encoding.UTF8.GetByteCount(text));
        _source.Add(Encoding.UTF8.GetBytes(text));
        return piece;
    }

    private Piece Word() => Put(OneOf(Words) + _random.Next(100));

    private Piece Mark() => Chance(8) ? Put(OneOf("""{"type":"ephemeral"}""", """{"type":"ephemeral","ttl":"5m"}""", """{"type":"ephemeral","ttl":"1h"}""")) : default;

    private void Say()
    {
        if (Chance(2))
            Message(NeutralRole.System, () => Text(_random.Next(1, 3)));
        for (var turns = _random.Next(1, 5); turns > 0; turns--)
        {
            Message(NeutralRole.User, SayAsUser);
            if (Chance(8))
                Message(NeutralRole.System, () => Text(1));
            if (Chance(3))
                continue;
            var first = _calls;
            Message(NeutralRole.Assistant, Answer);
            if (_calls > first)
                Message(NeutralRole.User, () => AddResults(first));
        }

        // The last word is a user's, or a tool's.
        if (Request.Messages[^1].Role != NeutralRole.User)
            Message(NeutralRole.User, () => Text(1));
    }

    private void Message(NeutralRole role, Action say)
    {
        var from = Request.Parts.Count;
        say();
        Request.EndMessage(role, from);
    }

    private void Part(NeutralPart part) => Request.Parts.Add(part with { CacheMark = Mark() });

    private void Text(int count)
    {
        for (; count > 0; count--)
            Part(new NeutralPart { Kind = PartKind.Text, Text = Word() });
    }

    private void SayAsUser()
    {
        Text(1);
        for (var more = _random.Next(3); more > 0; more--)
        {
            switch (_random.Next(9))
            {
                case 0:
                    Part(Picture());
                    break;
                case 1:
                    Part(new NeutralPart { Kind = PartKind.ImageUrl, Text = Put(OneOf("https://e.com/a.png", "https://e.com/a", "http://e.com/b.jpg")), Detail = Detail() });
                    break;
                case 2:
                    Part(new NeutralPart { Kind = PartKind.File, Media = Put("application/pdf"), Text = Put("JVBERi0x"), Name = Chance(2) ? Word() : default });
                    break;
                case 3:
                    Part(new NeutralPart { Kind = PartKind.File, Media = Put("application/zip"), Text = Put("AAAA"), Name = Chance(2) ? Word() : default });
                    break;
                case 4:
                    Part(new NeutralPart { Kind = PartKind.FileUrl, Text = Put(OneOf("https://e.com/a.pdf", "https://e.com/a")), Name = Chance(2) ? Word() : default });
                    break;
                case 5:
                    Part(new NeutralPart { Kind = PartKind.Audio, Media = Put(OneOf("wav", "mp3", "mpeg", "x-wav", "flac")), Text = Put("UklGRg") });
                    break;
                default:
                    Text(1);
                    break;
            }
        }
    }

    private NeutralPart Picture() => new() { Kind = PartKind.Image, Media = Put("image/png"), Text = Put("iVBORw0K"), Detail = Detail() };

    private Piece Detail() => Chance(3) ? Put(OneOf("low", "high")) : default;

    private void Answer()
    {
        if (Chance(4))
            Request.Parts.Add(new NeutralPart { Kind = PartKind.Thinking, Text = Word(), Signature = Chance(3) ? default : Put("c2ln" + _random.Next(100)) });
        if (Chance(8))
            Request.Parts.Add(new NeutralPart { Kind = PartKind.Thinking, Text = Word(), Signature = Put("c2Vh" + _random.Next(100)), IsSealed = true });
        if (Chance(8))
            Request.Parts.Add(new NeutralPart { Kind = PartKind.HiddenThinking, Text = Put("aGlk" + _random.Next(100)) });
        if (Chance(6))
            Request.Parts.Add(new NeutralPart { Kind = PartKind.Refusal, Text = Word() });
        else if (Chance(2))
            Text(_random.Next(1, 3));
        for (var calls = _random.Next(3); calls > 0; calls--)
            Call();
        if (Request.Parts[^1].Kind is not (PartKind.ToolCall or PartKind.Text or PartKind.Refusal))
            Text(1);
    }

    private void Call()
    {
        var call = new NeutralPart { Kind = PartKind.ToolCall, Ordinal = _calls++, Name = Put(OneOf(_functions)), IsCustom = Chance(6) };
        call.Id = Put(OneOf(Ids) + call.Ordinal);
        var json = OneOf("{}", "{\"a\":\"" + OneOf(Words) + "\"}", """{"b":[1,{"c":null}],"d":true}""");
        if (call.IsCustom)
            call.Text = Word();
        else if (Chance(2))
            (call.Text, call.IsObject) = (Put(json), true);
        else
            call.Text = Put(System.Text.Json.JsonEncodedText.Encode(Chance(8) ? "no object" : json).ToString());
        if (!call.IsCustom && Chance(6))
            call.Signature = Put("cHJv" + _random.Next(100));
        Part(call);
    }

    private void AddResults(int first)
    {
        var calls = Request.Parts.Where(part => part.Kind == PartKind.ToolCall && part.Ordinal >= first).ToList();
        foreach (var call in calls)
        {
            Part(new NeutralPart { Kind = PartKind.ToolResult, Id = call.Id, Ordinal = call.Ordinal, IsCustom = call.IsCustom, IsError = !call.IsCustom && Chance(6) });
            var from = Request.Parts.Count;
            Text(_random.Next(1, 3));
            if (!call.IsCustom && Chance(8))
                Part(Picture());
            for (var p = from; p < Request.Parts.Count; p++)
                Request.Parts[p] = Request.Parts[p] with { IsOfResult = true };
        }

        if (Chance(3))
            Text(1);
    }

    private void OfferTools()
    {
        for (var i = 0; i < 3 && Chance(2); i++)
        {
            var isCustom = Chance(6);
            Request.Tools.Add(new NeutralTool(Put(_functions[i]), Chance(2) ? Word() : default, isCustom || Chance(5) ? default : Put(OneOf(Schemas)), !isCustom && Chance(3), false)
            {
                IsCustom = isCustom,
                Syntax = isCustom ? Put("lark") : default,
                Grammar = isCustom ? Put("start: \\\"x\\\"") : default,
                CacheMark = Mark(),
            });
        }

        Request.StrictMayBeOpen = Chance(2);
        if (Request.Tools.Count == 0)
            return;
        Request.IsSerial = Chance(3);
        Request.ToolChoice = (ToolChoice)_random.Next(5);
        if (Request.ToolChoice == ToolChoice.Named)
            (Request.ToolName, Request.ToolIsCustom) = (Request.Tools[0].Name, Request.Tools[0].IsCustom);
        if (Request.ToolChoice is not (ToolChoice.Auto or ToolChoice.Required) || Chance(2))
            return;
        foreach (var tool in Request.Tools.Where(_ => Chance(2)))
            Request.AllowedTools.Add(new AllowedTool(tool.Name, tool.IsCustom));
    }

    private void Ask()
    {
        Request.Temperature = Number("0", "0.7", "1", "1.5");
        Request.TopP = Number("0.1", "0.97", "1");
        Request.TopK = Number("40");
        Request.Seed = Number("7");
        Request.PresencePenalty = Number("0", "0.5");
        Request.FrequencyPenalty = Number("0", "-0.5");
        Request.TokensMax = Chance(3) ? -1 : Chance(5) ? 7 : 4000;
        Request.Choices = Chance(4) ? _random.Next(1, 11) : 1;
        Request.WantsLogprobs = Chance(4);
        Request.TopLogprobs = Request.WantsLogprobs && Chance(2) ? 3 : 0;
        for (var stops = Chance(3) ? _random.Next(1, 7) : 0; stops > 0; stops--)
            Request.Stops.Add(Word());
        Request.User = Chance(3) ? Put("user-" + _random.Next(3)) : default;
        Request.SafetyId = Chance(4) ? Put(OneOf("user-0", "safe", new string('s', 65))) : default;
        Request.Stream = Chance(2);
        Request.CacheMark = Mark();
        Request.Verbosity = Chance(5) ? Put(OneOf("low", "high")) : default;
        foreach (var (name, value) in new[] { ("metadata", "{\"a\":\"b\"}"), ("service_tier", "\"flex\""), ("prompt_cache_key", "\"k\""), ("prompt_cache_retention", "\"24h\"") })
        {
            if (Chance(8))
                Request.OpenAiMembers.Add(new OpenAiMember(Encoding.ASCII.GetBytes(name), Put(value)));
        }

        Request.Format = (AnswerFormat)(Chance(2) ? 0 : _random.Next(3));
        if (Request.Format == AnswerFormat.Schema)
            (Request.FormatName, Request.FormatSchema, Request.FormatIsStrict) = (Put("form"), Put(Chance(5) ? """{"type":"array","items":{"type":"string"}}""" : OneOf(Schemas)), Chance(2));
    }

    private Piece Number(params string[] numbers) => Chance(3) ? Put(OneOf(numbers)) : default;

    private void WishOfThought()
    {
        if (Chance(2))
            return;
        Request.Effort = (ThinkingEffort)_random.Next((int)ThinkingEffort.Budget + 1);
        Request.ThinkingTokens = Request.Effort == ThinkingEffort.Budget ? OneOf("100", "1500", "9000", "30000") is var tokens ? long.Parse(tokens, null) : 0 : 0;
        Request.IsAdaptive = Request.Effort == ThinkingEffort.Unset && Chance(2);
        Request.WantsThought = Request.Effort != ThinkingEffort.Off && Chance(2);
        Request.KeepsProofs = Request.WantsThought && Chance(2);
        if (Request.Effort is not (ThinkingEffort.Unset or ThinkingEffort.Budget) && Chance(2))
            Request.EffortWord = Put(Request.Effort == ThinkingEffort.Off ? "none" : Request.Effort.ToString().ToLowerInvariant());
    }
}
