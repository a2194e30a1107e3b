using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects;
using AiEdge.DataPlane.Flow;
using AiEdge.DataPlane.Tests.Dialects;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Tests.Translate;

/// <summary>Names of functions that a provider would refuse give way to others on the way there, and come back in its answer as they were.</summary>
public sealed class ToolNamesTests
{
    private const string Long = "mcp__a_server_with_a_long_name__a_tool_whose_name_is_longer_than_all_of_them_";

    /// <summary>Names that at least one provider refuses, and some that none does.</summary>
    private static readonly string[] Names =
    [
        "plain", "with-dash_1", Long + "1", Long + "2", Long + Long, "name.of:parts", "name_of_parts", "name:of.parts", "9lives", "-dash", "two words", "caf\u00e9",
        "\u65e5\u672c", ".", "_", "\"quoted\\\"",
    ];

    [Theory]
    [InlineData("chat", "plain", "plain")]
    [InlineData("chat", "9-lives", "9-lives")]
    [InlineData("chat", "a.b", "a_b_")]
    [InlineData("chat", "caf\u00e9 x", "caf__x_")]
    [InlineData("chat", "", "")]
    [InlineData("responses", "a.b", "a_b_")]
    [InlineData("messages", "a.b", "a_b_")]
    [InlineData("messages", "-a", "-a")]
    [InlineData("contents", "a.b:c-d", "a.b:c-d")]
    [InlineData("contents", "_a", "_a")]
    [InlineData("contents", "9lives", "_9lives_")]
    [InlineData("contents", "-a", "_-a_")]
    [InlineData("contents", ".a", "_.a_")]
    [InlineData("contents", "\u00e9a", "_a_")]
    public void A_name_goes_as_it_is_or_as_much_of_it_as_can_stand_and_a_number_of_all_of_it(string upstream, string name, string told)
    {
        var declared = Declared(upstream, name).Single();

        Assert.Equal(told.EndsWith('_') ? told + Hash(name) : told, declared);
    }

    [Theory]
    [InlineData("chat", 64)]
    [InlineData("responses", 64)]
    [InlineData("messages", 128)]
    [InlineData("contents", 64)]
    public void A_name_that_is_too_long_is_cut(string upstream, int max)
    {
        Assert.Equal([new string('f', max)], Declared(upstream, new string('f', max)));
        foreach (var length in (int[])[max + 1, FittedNames.NameBytesMax])
            Assert.Equal([new string('f', max - 9) + "_" + Hash(new string('f', length))], Declared(upstream, new string('f', length)));
    }

    /// <summary>Prompts are kept by their bytes: a name is told as it was told by a release before.</summary>
    [Fact]
    public void A_fitted_name_is_the_same_for_good() =>
        Assert.Equal(["mcp__a_server_with_a_long_name__a_tool_whose_name_is_lo_9056be88", "a_b_4ce83a4e"], Declared("chat", Long + "1", "a.b"));

    [Fact]
    public void No_two_names_are_told_alike()
    {
        var fitted = Declared("chat", "a.b").Single();

        string[] names = ["a.b", "a:b", "a_b", fitted, Long + "1", Long + "2", Long[..60]];
        var told = Declared("chat", names);

        Assert.Equal(names.Length, told.Distinct().Count());
        Assert.Equal(["a_b", fitted, Long[..60]], [told[2], told[3], told[6]]);
        Assert.NotEqual(fitted, told[0]);
    }

    /// <summary>Names that have the same number are told apart by another.</summary>
    [Fact]
    public void Names_of_one_hash_are_told_apart()
    {
        var seen = new Dictionary<uint, string>();
        string one = "", other = "";
        for (var i = 0; one.Length == 0; i++)
        {
            other = "." + i;
            if (!seen.TryAdd((uint)StableHash.Of(Encoding.ASCII.GetBytes(other)), other))
                one = seen[(uint)StableHash.Of(Encoding.ASCII.GetBytes(other))];
        }

        string[] names = [Long + one, Long + other];
        Assert.Equal(2, Declared("chat", names).Distinct().Count());
    }

    [Fact]
    public void Another_spelling_of_a_name_is_the_same_name()
    {
        const string tools = """{"name":"caf\u00e9.1","input_schema":{"type":"object"}},{"name":"a\u005fb","input_schema":{"type":"object"}}""";
        const string call = """{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"café.1","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t"}]}""";
        var request = Translating.Read(RequestShape.Messages, $$"""{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"Q"},{{call}}],"tools":[{{tools}}]}""");

        var names = NamesAt(SpokenShape.Of(RequestShape.Chat), request);

        Assert.Equal(["caf__1_" + Hash("café.1"), "a_b"], names.Declared);
        Assert.Equal(names.Declared[..1], names.Called);
        Assert.Equal("caf\\u00e9.1", Encoding.ASCII.GetString(FittedNames.OwnOf(Encoding.ASCII.GetBytes(names.Called[0]), request.FittedNames.Written)));
    }

    [Fact]
    public void Names_beyond_all_bounds_go_as_they_are()
    {
        string[] names = [.. Enumerable.Range(0, FittedNames.CountMax + 1).Select(i => $"f.{i}"), new string('f', FittedNames.NameBytesMax + 1)];

        var told = Declared("chat", names);

        Assert.DoesNotContain(told[..^2], name => name.Contains('.', StringComparison.Ordinal));
        Assert.Equal(names[^2..], told[^2..]);
    }

    /// <summary>Each is found at once: with all looked through for each of them it would take minutes.</summary>
    [Fact]
    public void Very_many_names_are_told_apart()
    {
        var calls = string.Join(',', Enumerable.Range(0, 100_000).Select(i => $$$$"""{"functionCall":{"name":"f{{{{i}}}}.x","args":{}}},{"functionCall":{"name":"f{{{{i}}}}","args":{}}}"""));
        var request = Translating.Read(RequestShape.Contents, "{\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"Q\"}]},{\"role\":\"model\",\"parts\":[" + calls + "]}]}");

        var called = NamesAt(SpokenShape.Of(RequestShape.Responses), request).Called;

        Assert.Equal(FittedNames.CountMax, called.Count(name => name.Contains('_', StringComparison.Ordinal)));
        Assert.Equal(called.Length, called.Distinct().Count());
    }

    [Theory]
    [MemberData(nameof(GoldenCasesTests.Directions), MemberType = typeof(GoldenCasesTests))]
    public void A_fitted_name_stands_in_a_request_wherever_the_client_s_own_stood(string client, string upstream)
    {
        var (asked, spoken) = (SpokenShape.Named(client), SpokenShape.Named(upstream));
        foreach (var chosen in Names)
        {
            var request = Translating.Read(asked.Shape, Body(asked, Names, [chosen], isNamed: true));
            var names = NamesAt(spoken, request);

            Assert.Equal(Names.Length, names.Declared.Distinct().Count());
            Assert.All(names.Declared, name => Assert.True(spoken.ToolNames.Take(name), name));
            Assert.Equal(names.Declared, names.Called);
            Assert.Equal(spoken.ToolNames.AnsweredAt is not null ? names.Declared : [], names.Answered);
            Assert.Equal(asked.Has(Asks.NamedTool) && spoken.Has(Asks.NamedTool) ? [names.Declared[Array.IndexOf(Names, chosen)]] : [], names.Chosen);
            Assert.Equal(Names, names.Declared.Select(name => Own(request, name)));
            Assert.Equal(!asked.Has(Asks.NamedTool) || spoken.Has(Asks.NamedTool), request.Losses.IsEmpty);
        }
    }

    [Theory]
    [MemberData(nameof(GoldenCasesTests.Directions), MemberType = typeof(GoldenCasesTests))]
    public void Functions_that_alone_may_be_called_are_known_by_their_fitted_names(string client, string upstream)
    {
        var (asked, spoken) = (SpokenShape.Named(client), SpokenShape.Named(upstream));
        if (!asked.Has(Asks.AllowedTools))
            return;
        string[] allowed = [Names[2], Names[5], Names[0]];
        var request = Translating.Read(asked.Shape, Body(asked, Names, allowed, isNamed: false));

        var names = NamesAt(spoken, request);

        // Who cannot be told which may be called is shown these alone.
        Assert.Equal(spoken.Has(Asks.AllowedTools), names.Chosen.Length > 0);
        var told = names.Chosen.Length > 0 ? names.Chosen : names.Declared;
        Assert.Equal(allowed.Order(StringComparer.Ordinal), told.Select(name => Own(request, name)).Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(GoldenCasesTests.Directions), MemberType = typeof(GoldenCasesTests))]
    public void An_answer_has_the_client_s_own_names(string client, string upstream)
    {
        var (asked, spoken) = (SpokenShape.Named(client), SpokenShape.Named(upstream));
        var request = Translating.Read(asked.Shape, Body(asked, Names, [], isNamed: false));
        string[] told = [.. NamesAt(spoken, request).Declared, "unheard_of"];
        var fitted = request.FittedNames.Written.ToArray();
        foreach (var isStream in (bool[])[false, true])
        {
            var events = Answered(spoken.Shape, told, isStream);
            var answer = Translating.Answer(asked.Shape, spoken.Shape, events, isStream, out var losses, names: fitted);

            Assert.Equal("", losses);
            Assert.Equal([.. Names, "unheard_of"], Translating.Heard(asked.Shape, answer, isStream).Calls.Select(call => call.Name));
        }
    }

    /// <summary>What an answer of a provider's is that calls functions, whole or its events.</summary>
    private static List<string> Answered(RequestShape upstream, string[] names, bool isStream)
    {
        var row = Translations.Of(upstream);
        var writer = isStream ? row.NewStreamWriter!() : row.NewAnswerWriter!();
        writer.Begin(new AnswerFacts("id-1"u8, "asked"u8, 1700000000, wantsUsage: true, promptTokens: 0));
        writer.Take(new NeutralEvent(NeutralKind.Start) { Name = "model"u8 });
        for (var i = 0; i < names.Length; i++)
        {
            writer.Take(new NeutralEvent(NeutralKind.ToolCall) { Call = i, Id = Encoding.ASCII.GetBytes("call_" + i), Name = Encoding.ASCII.GetBytes(names[i]) });
            writer.Take(new NeutralEvent(NeutralKind.ArgumentsObject, "{\"a\":1}"u8) { Call = i });
        }

        writer.Take(new NeutralEvent(NeutralKind.Finish) { Reason = FinishReason.ToolCalls });
        writer.End();
        return isStream ? Frames(writer.Out.Written) : [Encoding.UTF8.GetString(writer.Out.Written)];
    }

    private static List<string> Frames(ReadOnlySpan<byte> written)
    {
        var (frames, events, position) = (new FrameSplitter(), new List<string>(), 0);
        while (frames.TryNext(written, ref position, out var frame, out _))
        {
            if (FrameSplitter.Data(frame) is { IsEmpty: false } data)
                events.Add(Encoding.UTF8.GetString(data));
        }

        return events;
    }

    private static string[] Declared(string upstream, params string[] names)
    {
        var client = SpokenShape.All.First(one => one.Name != upstream && one.Shape != RequestShape.Chat);
        var request = Translating.Read(client.Shape, Body(client, names, [], isNamed: false));
        return NamesAt(SpokenShape.Named(upstream), request).Declared;
    }

    private static string Write(NeutralRequest request, SpokenShape upstream)
    {
        var json = new JsonOut(new TextBuffer());
        json.Begin();
        var model = Encoding.ASCII.GetBytes(upstream.Model);
        Translations.Of(upstream.Shape).RequestWriter!.Write(request, new RequestTarget("\"m\""u8, 0, 0, true, ModelAbilities.Of(model)), json);
        return Encoding.UTF8.GetString(json.To.Written);
    }

    private static string Own(NeutralRequest request, string told) =>
        JsonElement.Parse($"\"{Encoding.UTF8.GetString(FittedNames.OwnOf(Encoding.UTF8.GetBytes(told), request.FittedNames.Written))}\"").GetString()!;

    private static string Hash(string name) => $"{(uint)StableHash.Of(Encoding.UTF8.GetBytes(name)):x8}";

    /// <summary>
    /// A request that declares, has called and answered functions, and says which is to be called, or which may be: a chat's, as the client's dialect writes
    /// it, with the names put back that were fitted there.
    /// </summary>
    private static string Body(SpokenShape client, string[] names, string[] chosen, bool isNamed)
    {
        var request = Translating.Read(RequestShape.Chat, Chat(names, chosen, isNamed));
        var body = Write(request, client);
        var fitted = request.FittedNames.Written.ToArray();
        foreach (var told in NamesIn(body, client).Declared)
            body = body.Replace(Quoted(told), "\"" + Encoding.UTF8.GetString(FittedNames.OwnOf(Encoding.UTF8.GetBytes(told), fitted)) + "\"", StringComparison.Ordinal);
        var there = NamesIn(body, client);
        Assert.Equal(names, there.Declared);
        Assert.Equal(names, there.Called);
        Assert.Equal(client.Has(isNamed ? Asks.NamedTool : Asks.AllowedTools) ? chosen : [], there.Chosen);
        return body;
    }

    private static string Quoted(string text) => "\"" + JsonEncodedText.Encode(text) + "\"";

    private static string Chat(string[] names, string[] chosen, bool isNamed)
    {
        string Each(string text, string[] of) => string.Join(
            ',', of.Select((name, i) => text.Replace("NAME", Quoted(name), StringComparison.Ordinal).Replace("ID", "call_" + i, StringComparison.Ordinal)));
        const string function = """{"type":"function","function":{"name":NAME}}""";
        var choice = chosen.Length == 0 ? "" : ",\"tool_choice\":" + (isNamed
            ? Each(function, chosen)
            : """{"type":"allowed_tools","allowed_tools":{"mode":"required","tools":[LIST]}}""".Replace("LIST", Each(function, chosen), StringComparison.Ordinal));
        return $$$"""{"model":"m","messages":[{"role":"user","content":"Q"},{"role":"assistant","tool_calls":[{{{Each("""{"id":"ID","type":"function","function":{"name":NAME,"arguments":"{}"}}""", names)}}}]},"""
            + Each("""{"role":"tool","tool_call_id":"ID","content":"A"}""", names) + "],\"tools\":["
            + Each("""{"type":"function","function":{"name":NAME,"parameters":{"type":"object"}}}""", names) + "]" + choice + "}";
    }

    /// <summary>Every name of a function in a request, by the places where they stand.</summary>
    private static (string[] Declared, string[] Called, string[] Answered, string[] Chosen) NamesIn(string body, SpokenShape of)
    {
        (List<string> Declared, List<string> Called, List<string> Answered, List<string> Chosen) names = ([], [], [], []);
        void Walk(JsonElement value, string path)
        {
            var to = path switch
            {
                _ when Regex.IsMatch(path, of.ToolNames.DeclaredAt) => names.Declared,
                _ when Regex.IsMatch(path, of.ToolNames.ChosenAt) => names.Chosen,
                _ when of.ToolNames.AnsweredAt is { } answered && Regex.IsMatch(path, answered) => names.Answered,
                _ when path.EndsWith("name", StringComparison.Ordinal) => names.Called,
                _ => null,
            };
            if (value.ValueKind == JsonValueKind.String)
                to?.Add(value.GetString()!);
            foreach (var member in value.ValueKind == JsonValueKind.Object ? value.EnumerateObject() : default)
                Walk(member.Value, path + member.Name + (member.Value.ValueKind == JsonValueKind.String ? "" : "."));
            foreach (var item in value.ValueKind == JsonValueKind.Array ? value.EnumerateArray() : default)
                Walk(item, path);
        }

        Walk(JsonElement.Parse(body), "");
        return ([.. names.Declared], [.. names.Called], [.. names.Answered], [.. names.Chosen]);
    }

    /// <summary>A request as it goes to a provider, by its names.</summary>
    private static (string[] Declared, string[] Called, string[] Answered, string[] Chosen) NamesAt(SpokenShape upstream, NeutralRequest request) =>
        NamesIn(Write(request, upstream), upstream);
}
