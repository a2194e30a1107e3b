using System.Text;
using System.Text.Json;

namespace AiEdge.FleetTest.Faults;

/// <summary>How a client asks, and how it is answered: the words of its dialect, and how streams end in it.</summary>
internal abstract class ClientForm
{
    public static ClientForm Chat { get; } = new ChatForm();

    public static ClientForm Messages { get; } = new MessagesForm();

    public abstract string Path { get; }

    /// <summary>A request's body.</summary>
    public abstract string Ask(bool isStream);

    /// <summary>The text of a whole answer.</summary>
    public abstract string? TextOf(JsonElement answer);

    /// <summary>What an event says; its text is added to what came before.</summary>
    public abstract EventKind Take(string data, StringBuilder text);

    private sealed class ChatForm : ClientForm
    {
        public override string Path => "/v1/chat/completions";

        public override string Ask(bool isStream) =>
            $$$"""{"model":"three","messages":[{"role":"user","content":"x"}]{{{(isStream ? ",\"stream\":true" : "")}}}}""";

        public override string? TextOf(JsonElement answer) => answer.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString();

        public override EventKind Take(string data, StringBuilder text)
        {
            if (data == "[DONE]")
                return EventKind.End;
            var json = JsonElement.Parse(data);
            if (json.TryGetProperty("error", out _))
                return EventKind.Error;
            foreach (var choice in json.GetProperty("choices").EnumerateArray())
            {
                if (choice.GetProperty("delta").TryGetProperty("content", out var content) && content.ValueKind == JsonValueKind.String)
                    text.Append(content.GetString());
            }

            return EventKind.Part;
        }
    }

    private sealed class MessagesForm : ClientForm
    {
        public override string Path => "/v1/messages";

        public override string Ask(bool isStream) =>
            $$$"""{"model":"three","max_tokens":1000,"messages":[{"role":"user","content":"x"}]{{{(isStream ? ",\"stream\":true" : "")}}}}""";

        public override string? TextOf(JsonElement answer) => answer.GetProperty("content")[0].GetProperty("text").GetString();

        public override EventKind Take(string data, StringBuilder text)
        {
            var json = JsonElement.Parse(data);
            switch (json.GetProperty("type").GetString())
            {
                case "error":
                    return EventKind.Error;
                case "message_stop":
                    return EventKind.End;
                case "content_block_delta":
                    text.Append(json.GetProperty("delta").GetProperty("text").GetString());
                    return EventKind.Part;
                default:
                    return EventKind.Part;
            }
        }
    }
}

/// <summary>What an event of a stream is.</summary>
internal enum EventKind
{
    Part,

    /// <summary>All was said.</summary>
    End,

    /// <summary>It broke, and here is why.</summary>
    Error,
}
