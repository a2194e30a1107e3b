using System.Text;
using System.Text.Json;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects.OpenAi;
using AiEdge.DataPlane.Meter;

namespace AiEdge.DataPlane.Tests.Meter;

/// <summary>What a stream's texts are by System.Text.Json, and that the readers find the same, whatever they have learned of the stream.</summary>
internal static class DeltaOracles
{
    /// <summary>The texts of each line, an event's data, are those that a reader of the whole tree finds; throws where they are not.</summary>
    public static void TextsAreThoseOfTheTree(byte[] input, int seed)
    {
        _ = seed;
        foreach (RequestShape shape in new[] { RequestShape.Chat, RequestShape.Responses })
            Check(input, shape);
    }

    private static void Check(byte[] input, RequestShape shape)
    {
        var seasoned = new OpenAiStreamReader();
        seasoned.Reset(shape, stripUsage: false, wantsTexts: true);
        foreach (Range range in input.AsSpan().Split((byte)'\n'))
        {
            byte[] data = input[range];
            if (data.Length == 0)
                continue;
            byte[] frame = [.. "data: "u8, .. data, .. "\n\n"u8];
            seasoned.OnEvent(frame, frame.AsSpan(6, data.Length), out _, out _);
            string found = Describe(seasoned.Texts, data);
            if (Expected(data, shape) is { } expected && found != expected)
                throw new InvalidOperationException($"{shape}: {found} instead of {expected} in {Encoding.Latin1.GetString(data)}");
            var fresh = new OpenAiStreamReader();
            fresh.Reset(shape, stripUsage: false, wantsTexts: true);
            fresh.OnEvent(frame, frame.AsSpan(6, data.Length), out _, out _);
            if (Describe(fresh.Texts, data) is var anew && anew != found)
                throw new InvalidOperationException($"{shape}: {found}, and {anew} read anew, in {Encoding.Latin1.GetString(data)}");
        }
    }

    private static string Describe(DeltaTexts texts, ReadOnlySpan<byte> data)
    {
        var line = new StringBuilder();
        foreach (DeltaText text in texts.All)
            line.Append($"{text.Choice}.{text.Part} {text.Kind} {Encoding.UTF8.GetString(data.Slice(text.Start, text.Length))};");
        return line.ToString();
    }

    /// <summary>Null where the tree cannot tell: it is no JSON, or has a member twice.</summary>
    private static string? Expected(byte[] data, RequestShape shape)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(data, new JsonDocumentOptions { MaxDepth = JsonScanner.DepthMax });
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                return "";
            if (HasTwice(document.RootElement))
                return null;
            var line = new StringBuilder();
            if (shape == RequestShape.Chat)
                new ChatTexts(line).Chunk(document.RootElement);
            else
                Typed(document.RootElement, line);
            return line.ToString();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static bool HasTwice(JsonElement element)
    {
        if (element.ValueKind == JsonValueKind.Array)
            return element.EnumerateArray().Any(HasTwice);
        if (element.ValueKind != JsonValueKind.Object)
            return false;
        var names = new HashSet<string>();
        // A name with an escape is another member to the readers, which compare bytes.
        return element.EnumerateObject().Any(m => !names.Add(m.Name) || m.ToString().AsSpan(0, m.ToString().IndexOf(':')).Contains('\\') || HasTwice(m.Value));
    }

    private static void Typed(JsonElement root, StringBuilder line)
    {
        string type = Member(root, "type") is { ValueKind: JsonValueKind.String } t ? t.GetString()! : "";
        if (type.Length > 64)
            return;
        int item = Index(root, "output_index"), part = Index(root, "content_index") is var c and > 0 ? c : Index(root, "summary_index");
        string raw = Member(root, "delta") is { ValueKind: JsonValueKind.String } delta ? Raw(delta) : "";
        if (TypedEventReader.TextKindOf(Encoding.UTF8.GetBytes(type)) is { } kind && raw.Length > 0)
            line.Append($"{item}.{part} {kind} {raw};");
        if (type.EndsWith("output_item.added", StringComparison.Ordinal) && Member(root, "item") is { ValueKind: JsonValueKind.Object } added
            && Member(added, "name") is { ValueKind: JsonValueKind.String } name && Raw(name).Length > 0)
            line.Append($"{item}.0 Name {Raw(name)};");
    }

    private static int Index(JsonElement of, string name) =>
        Member(of, name) is { ValueKind: JsonValueKind.Number } number && number.TryGetInt32(out int index) && index >= 0 ? index : 0;

    private static JsonElement? Member(JsonElement of, string name) => of.TryGetProperty(name, out JsonElement value) ? value : null;

    private static string Raw(JsonElement text) => text.GetRawText()[1..^1];

    /// <summary>The texts of a chunk in the order in which they stand.</summary>
    private sealed class ChatTexts(StringBuilder line)
    {
        private int _index;
        private bool _thought;

        public void Chunk(JsonElement root)
        {
            if (Member(root, "choices") is not { ValueKind: JsonValueKind.Array } choices)
                return;
            foreach (JsonElement choice in choices.EnumerateArray())
            {
                if (choice.ValueKind == JsonValueKind.Object)
                    Choice(choice);
            }
        }

        private void Choice(JsonElement choice)
        {
            JsonElement? index = Member(choice, "index");
            _index = index is { ValueKind: JsonValueKind.Number } n ? (n.TryGetInt32(out int i) && i is >= 0 and <= ChoiceSet.IndexMax ? i : -1) : 0;
            _thought = false;
            foreach (JsonProperty member in choice.EnumerateObject())
            {
                if (member is { Name: "text", Value.ValueKind: JsonValueKind.String })
                    Add(0, TextKind.Content, member.Value);
                if (member is { Name: "delta", Value.ValueKind: JsonValueKind.Object })
                    Delta(member.Value);
            }
        }

        private void Delta(JsonElement delta)
        {
            foreach (JsonProperty member in delta.EnumerateObject())
            {
                switch (member.Name)
                {
                    case "content":
                        Content(member.Value, TextKind.Content);
                        break;
                    case "refusal" when member.Value.ValueKind == JsonValueKind.String:
                        Add(0, TextKind.Refusal, member.Value);
                        break;
                    case "reasoning" or "reasoning_content" when member.Value.ValueKind == JsonValueKind.String && !_thought:
                        _thought = Raw(member.Value).Length > 0;
                        Add(0, TextKind.Reasoning, member.Value);
                        break;
                    case "tool_calls":
                        Calls(member.Value);
                        break;
                    case "function_call":
                        Call(member.Value, 0);
                        break;
                    case "audio" when member.Value.ValueKind == JsonValueKind.Object && Member(member.Value, "transcript") is { ValueKind: JsonValueKind.String } said:
                        Add(0, TextKind.Transcript, said);
                        break;
                }
            }
        }

        private void Content(JsonElement content, TextKind kind)
        {
            if (content.ValueKind == JsonValueKind.String)
                Add(0, kind, content);
            if (content.ValueKind != JsonValueKind.Array)
                return;
            foreach (JsonElement part in content.EnumerateArray())
            {
                if (part.ValueKind == JsonValueKind.String && kind == TextKind.Content)
                    Add(0, kind, part);
                if (part.ValueKind != JsonValueKind.Object)
                    continue;
                foreach (JsonProperty member in part.EnumerateObject())
                {
                    if (member is { Name: "text", Value.ValueKind: JsonValueKind.String })
                        Add(0, kind, member.Value);
                    if (member.Name == "thinking")
                        Thinking(member.Value, kind);
                }
            }
        }

        private void Thinking(JsonElement thought, TextKind within)
        {
            // Thoughts within thoughts are nobody's; what is read is what one level holds.
            if (thought.ValueKind == JsonValueKind.String)
                Add(0, TextKind.Reasoning, thought);
            else if (within == TextKind.Content)
                Content(thought, TextKind.Reasoning);
        }

        private void Calls(JsonElement calls)
        {
            if (calls.ValueKind != JsonValueKind.Array)
                return;
            int at = 0;
            foreach (JsonElement call in calls.EnumerateArray().Where(c => c.ValueKind == JsonValueKind.Object))
            {
                int part = at++;
                foreach (JsonProperty member in call.EnumerateObject())
                {
                    if (member is { Name: "index", Value.ValueKind: JsonValueKind.Number } && member.Value.TryGetInt32(out int index)
                        && index is >= 0 and <= ChoiceSet.IndexMax)
                        part = index;
                    if (member.Name is "function" or "custom")
                        Call(member.Value, part);
                }
            }
        }

        private void Call(JsonElement call, int part)
        {
            if (call.ValueKind != JsonValueKind.Object)
                return;
            foreach (JsonProperty member in call.EnumerateObject().Where(m => m.Value.ValueKind == JsonValueKind.String))
            {
                if (member.Name == "name")
                    Add(part, TextKind.Name, member.Value);
                if (member.Name is "arguments" or "input")
                    Add(part, TextKind.Arguments, member.Value);
            }
        }

        private void Add(int part, TextKind kind, JsonElement text)
        {
            if (Raw(text).Length > 0)
                line.Append($"{_index}.{part} {kind} {Raw(text)};");
        }
    }
}
