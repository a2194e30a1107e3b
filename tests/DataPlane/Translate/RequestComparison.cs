using System.Globalization;
using System.Text;
using System.Text.Json;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Tests.Translate;

/// <summary>
/// Whether a request that was carried into another dialect asks for the same, but for what was reported as lost; and whether what was reported was there
/// to be lost. What dialects write in other ways and mean alike is the same: this names each such way.
/// </summary>
internal sealed partial class RequestComparison
{
    /// <summary>One thing that is asked for, or said.</summary>
    /// <param name="Key">What it is.</param>
    /// <param name="Value">Its value.</param>
    /// <param name="Losses">The members of <see cref="FieldNames"/>, or the names themselves, under which its loss is reported; none where it may not be lost.</param>
    private sealed record Thing(string Key, string Value, params string[] Losses)
    {
        /// <summary>In chats, the message of a text that is one string with the others of the same message; 0 for none.</summary>
        public int Joined { get; init; }
    }

    private readonly NeutralRequest _request;
    private readonly Dialects.SpokenShape _upstream;
    private readonly ModelAbilities _model;
    private readonly Dictionary<string, Thing> _fields = [];
    private readonly List<Thing> _said = [];
    private bool _hasLateSystem;

    private RequestComparison(NeutralRequest request, Dialects.SpokenShape upstream, in ModelAbilities model)
    {
        (_request, _upstream, _model) = (request, upstream, model);
        ReadSampling();
        ReadWishes();
        ReadTools();
        ReadMessages();
    }

    /// <summary>Names of fields that tell of each which it is.</summary>
    public static FieldNames EveryName { get; } = NamesOfAll();

    /// <summary>What differs and was not reported; empty for nothing.</summary>
    /// <param name="before">What was carried.</param>
    /// <param name="after">What was read where it was carried to.</param>
    /// <param name="lost">What was reported.</param>
    /// <param name="upstream">Where it was carried to.</param>
    /// <param name="model">What the model there takes.</param>
    public static string Difference(NeutralRequest before, NeutralRequest after, string lost, Dialects.SpokenShape upstream, in ModelAbilities model)
    {
        var (was, now) = (new RequestComparison(before, upstream, model), new RequestComparison(after, upstream, model));
        return was.Difference(now, [.. lost.Split(',', StringSplitOptions.RemoveEmptyEntries)]);
    }

    private static FieldNames NamesOfAll()
    {
        var names = new FieldNames();
        foreach (var property in typeof(FieldNames).GetProperties())
            property.SetValue(names, Encoding.ASCII.GetBytes(property.Name));
        return names;
    }

    /// <summary>Under which name the client's dialect reports the loss.</summary>
    private string NameOf(string loss) =>
        typeof(FieldNames).GetProperty(loss) is { } property ? Encoding.ASCII.GetString((byte[])property.GetValue(_request.Names)!) : loss;

    private static bool IsLost(HashSet<string> lost, string name) => lost.Contains(name) || lost.Any(one => one.StartsWith(name + ".", StringComparison.Ordinal));

    private string Difference(RequestComparison now, HashSet<string> lost)
    {
        bool MayLose(Thing thing) => thing.Losses.Any(name => IsLost(lost, NameOf(name)))
            || (_model.KeepsPrompts && thing.Key.StartsWith("mark", StringComparison.Ordinal) && !thing.Value.Contains("1h", StringComparison.Ordinal));

        var isThere = _fields.Values.Concat(_said).SelectMany(thing => thing.Losses).Concat(["Role", "ToolChoice", "Prefill", .. Unprinted()]).Select(NameOf).ToHashSet();
        KeepAllowed(now);
        if (IsLost(lost, NameOf("Prefill")) && now._said is [.., { Key: "User Text" } last] && last.Value.StartsWith("Go on from", StringComparison.Ordinal))
            now._said.RemoveAt(now._said.Count - 1);
        AskByWords(now, lost);
        foreach (var field in _fields.Values)
        {
            if ((!now._fields.TryGetValue(field.Key, out var other) || other.Value != field.Value) && !MayLose(field))
                return $"{field.Key} was {field.Value} and is {other?.Value}";
        }

        foreach (var field in now._fields.Values.Where(one => !_fields.ContainsKey(one.Key)))
        {
            var wakes = _request.IsAdaptive && _model.ThinksAtOpenAi && !_model.ThinksUnasked;
            if (!IsAsked(field.Key) && !(field.Key == "Effort" && (wakes || MayLose(field))))
                return $"{field.Key} is {field.Value} and was not";
        }

        if (_hasLateSystem && !now._hasLateSystem && !IsLost(lost, NameOf("Role")))
            return "a system prompt has moved";
        if (now._hasUserBehindTool && IsUserBarred)
            return "user stands behind a tool";
        var unlost = _said.Where(thing => !MayLose(thing)).ToList();
        var kinds = _said.Where(MayLose).Select(thing => thing.Key).ToHashSet();
        var (said, says) = (Print(unlost.Where(thing => !kinds.Contains(thing.Key))), Print(now._said.Where(thing => !kinds.Contains(thing.Key))));
        if (said != says)
            return $"said was\n{said}\nand is\n{says}";
        return lost.FirstOrDefault(name => !isThere.Any(there => there.Length > 0 && (name == there || name.StartsWith(there + ".", StringComparison.Ordinal)))) is { } unknown
            ? $"{unknown} is lost and was not there"
            : "";
    }

    /// <summary>What the dialect asks for, whether or not the client does.</summary>
    private bool IsAsked(string key) => key switch
    {
        "TokensMax" => _upstream.Has(Dialects.Asks.CapAlways),
        "Format strict" => _upstream.Has(Dialects.Asks.StrictAlways),
        _ => false,
    };

    /// <summary>What may be lost and makes no difference by itself.</summary>
    private IEnumerable<string> Unprinted()
    {
        if (_request.Effort == ThinkingEffort.Off || _request.IsAdaptive)
            yield return "Effort";
        if (_request.WantsThought)
            yield return "ThoughtShown";
        if (_request.Tools.Exists(tool => Plain(tool.Description).Contains("follow this grammar", StringComparison.Ordinal)))
            yield return "CustomGrammar";
        if (_request.IsSerial)
            yield return "Serial";
        if (_request.SafetyId.IsPresent)
            yield return "safety_identifier";
        if (_request.Parts.Exists(part => part.Name.IsPresent && part.Kind is PartKind.File or PartKind.FileUrl))
            yield return "FileName";
    }

    /// <summary>Where a choice among several cannot be told, those alone are offered that may be called.</summary>
    private void KeepAllowed(RequestComparison now)
    {
        var names = _request.AllowedTools.Select(tool => Plain(tool.Name)).ToHashSet();
        if (names.Count == 0 || now._request.AllowedTools.Count > 0)
            return;
        _fields.Remove("allowed");
        if (now._request.ToolChoice == ToolChoice.Named && names.Count == 1)
        {
            _fields["tool choice"] = _fields["tool choice"] with { Value = $"Named {names.Single()} False" };
            return;
        }

        if (_request.ToolChoice == ToolChoice.Required)
            _fields["tool choice"] = _fields["tool choice"] with { Value = "Required " };
        foreach (var tool in _request.Tools.Select(tool => Plain(tool.Name)).Where(name => !names.Contains(name)))
        {
            foreach (var key in _fields.Keys.Where(key => key.EndsWith(" of " + tool, StringComparison.Ordinal)).ToList())
                _fields.Remove(key);
        }

        if (!_fields.Keys.Any(key => key.StartsWith("tool of ", StringComparison.Ordinal)))
            _ = _fields.Remove("tool choice") | _fields.Remove("serial");
    }

    /// <summary>
    /// A form that is reported as lost is asked for by a sentence at the end of the system prompt's first message; and so is any JSON, where nothing that is
    /// said has the word in it and the dialect wants it.
    /// </summary>
    private void AskByWords(RequestComparison now, HashSet<string> lost)
    {
        var (had, has) = (_request.FormatSchema.IsPresent, now._request.FormatSchema.IsPresent);
        var isLost = lost.Contains(NameOf("Format")) && (had ? !has : _request.Format != now._request.Format);
        var isWordless = !isLost && _upstream.Has(Dialects.Asks.JsonByWord) && now._request.Format != AnswerFormat.Text && !has
            && !_request.Parts.Exists(part => part.Kind == PartKind.Text && Raw(part.Text).Contains("json", StringComparison.OrdinalIgnoreCase));
        if (!isLost && !isWordless)
            return;
        if (isLost)
            _fields.Remove("Schema");
        var sentence = had
            ? "nswer with one JSON value that follows this JSON Schema, and with nothing else:\n" + Raw(_request.FormatSchema)
            : "nswer with one JSON object and nothing else.";
        var calls = now._request.Tools.Count > 0;
        var isFirst = _request.Messages[0].Role == NeutralRole.System;
        _said.Insert(isFirst ? _firstSystem : 0, new Thing("System Text", (calls ? "Unless you call a tool, a" : "A") + sentence) { Joined = isFirst ? JoinedAs(0) : _upstream.Has(Dialects.Asks.OneSystem) ? 1 : 0 });
    }

    /// <summary>Texts of one speaker that stand beside each other are one.</summary>
    private static string Print(IEnumerable<Thing> said)
    {
        var text = new StringBuilder();
        var (before, joined) = ("", 0);
        foreach (var thing in said)
        {
            var isOneMore = thing.Key == before && thing.Key.EndsWith(" Text", StringComparison.Ordinal);
            text.Append(!isOneMore ? "\n" + thing.Key + " " : thing.Joined != 0 && thing.Joined == joined ? "\n\n" : "").Append(thing.Value);
            (before, joined) = (thing.Key, thing.Joined);
        }

        return text.ToString();
    }

    private string Plain(Piece piece) => piece.IsPresent ? JsonElement.Parse("\"" + Raw(piece) + "\"").GetString()! : "";

    private string Raw(Piece piece) => Encoding.UTF8.GetString(piece.Of(_request.Source));

    private void Field(bool isThere, string key, string value, params string[] losses)
    {
        if (isThere)
            _fields[key] = new Thing(key, value, losses);
    }

    private void Number(Piece piece, string name, string without)
    {
        if (piece.IsPresent && double.Parse(Raw(piece), CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture) is var value)
            Field(value != without, name, value, name);
    }

    /// <summary>What a number is by itself is as good as none.</summary>
    private void ReadSampling()
    {
        Number(_request.Temperature, "Temperature", "1");
        Number(_request.TopP, "TopP", "1");
        Number(_request.TopK, "TopK", "");
        Number(_request.Seed, "Seed", "");
        Number(_request.PresencePenalty, "PresencePenalty", "0");
        Number(_request.FrequencyPenalty, "FrequencyPenalty", "0");
        Field(_request.TokensMax >= 0, "TokensMax", $"{_request.TokensMax}", _request.TokensMaxIsOld ? "max_tokens" : "TokensMax");
        Field(_request.Choices > 1, "Choices", $"{_request.Choices}", "Choices");
        Field(_request.WantsLogprobs, "Logprobs", $"{_request.TopLogprobs}", "Logprobs");
        Field(_request.Stops.Count > 0, "Stops", string.Join('|', _request.Stops.Select(Plain)), "Stops");
    }

    private void ReadWishes()
    {
        // Who has one name for both is told the user.
        var (user, safety) = (Plain(_request.User), Plain(_request.SafetyId));
        Field(user.Length + safety.Length > 0, "User", user.Length > 0 ? user : safety, user.Length > 0 ? "User" : "safety_identifier");
        Field(safety.Length > 0 && user.Length > 0 && user != safety, "safety", safety, "safety_identifier");
        Field(_request.CacheMark.IsPresent, "mark", Raw(_request.CacheMark), "cache_control");
        Field(_request.Verbosity.IsPresent, "Verbosity", Plain(_request.Verbosity), "Verbosity");
        foreach (var member in _request.OpenAiMembers)
            Field(!_upstream.Unread.Contains(Encoding.ASCII.GetString(member.Name)), Encoding.ASCII.GetString(member.Name), Raw(member.Value), Encoding.ASCII.GetString(member.Name));
        Field(_request.Format != AnswerFormat.Text, "Format", $"{_request.Format}", "Format");
        Field(_request.FormatIsStrict && _upstream.Has(Dialects.Asks.Strict), "Format strict", "", "Format");
        Field(_request.FormatSchema.IsPresent, "Schema", Schema(_request.FormatSchema), "Schema");

        // A number of tokens has a word that is near to it, and a word a number.
        Field(_request.Effort is not (ThinkingEffort.Unset or ThinkingEffort.Off), "Effort", "", "Effort");
    }

    /// <summary>Objects are closed where they have to be.</summary>
    private string Schema(Piece schema) => schema.IsPresent ? Canonical(JsonElement.Parse(Raw(schema)), "additionalProperties") : "";

    private static string Canonical(JsonElement value, string without = "") => value.ValueKind switch
    {
        JsonValueKind.Object => "{" + string.Join(',', value.EnumerateObject().Where(member => member.Name != without).Select(member => member.Name + ":" + Canonical(member.Value, without))) + "}",
        JsonValueKind.Array => "[" + string.Join(',', value.EnumerateArray().Select(one => Canonical(one, without))) + "]",
        _ => value.ToString(),
    };

    private void ReadTools()
    {
        foreach (var tool in _request.Tools)
        {
            var of = " of " + Plain(tool.Name);
            var schema = Schema(tool.Schema);
            Field(true, "tool" + of, $"{tool.IsCustom} {Plain(tool.Description)} {Plain(tool.Syntax)} {Plain(tool.Grammar)}");
            Field(schema is not ("" or "{type:object,properties:{}}"), "schema" + of, schema, "ToolSchema");
            Field(tool.IsStrict, "strict" + of, "", "Strict");
            Field(tool.CacheMark.IsPresent, "mark" + of, Raw(tool.CacheMark), "ToolCache");
        }

        if (_request.Tools.Count == 0)
            return;
        Field(_request.IsSerial && _request.ToolChoice != ToolChoice.None, "serial", "", "Serial", "ToolChoice");
        var (choice, allowed) = (_request.ToolChoice, string.Join('|', _request.AllowedTools.Select(tool => $"{Plain(tool.Name)} {tool.IsCustom}")));
        var name = choice == ToolChoice.Named ? $"{Plain(_request.ToolName)} {_request.ToolIsCustom}" : "";

        // One of which one has to be called is that one, where any has to be.
        if (choice == ToolChoice.Required && _request.AllowedTools.Count == 1 && _model.Takes(RequestFeatures.ForcedTools))
            (choice, name, allowed) = (ToolChoice.Named, allowed, "");
        Field(choice is not (ToolChoice.Unset or ToolChoice.Auto), "tool choice", $"{choice} {name}", "ToolChoice");
        Field(allowed.Length > 0, "allowed", allowed, "ToolChoice");
    }
}
