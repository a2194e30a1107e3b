using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using AiEdge.FakeUpstream;

namespace AiEdge.Functional.Tests.Rig;

/// <summary>A provider's responses, each kept with the account that it was asked by and known to nobody else.</summary>
internal sealed class ResponseStore
{
    private readonly ConcurrentDictionary<string, string> _accounts = [];
    private readonly ConcurrentQueue<Turn> _turns = [];

    /// <summary>One request, as the provider has it.</summary>
    /// <param name="Account">The credential that it came with.</param>
    /// <param name="Model">The model that it names.</param>
    /// <param name="Previous">What it goes on from.</param>
    /// <param name="Id">The id of its answer; null where it was refused.</param>
    internal sealed record Turn(string Account, string Model, string? Previous, string? Id);

    /// <summary>In the order in which they came.</summary>
    public Turn[] Turns => [.. _turns];

    /// <summary>What the next requests are answered with instead, if anything.</summary>
    public Func<byte[]?> Instead { get; set; } = static () => null;

    public FakeUpstreamOptions Options => new() { RawFor = Answer };

    /// <summary>Forgets all of them, as providers do in time.</summary>
    public void Forget() => _accounts.Clear();

    public static byte[] Refusal(HttpStatusCode status, string message) =>
        Ask.Refusal((int)status, $$$"""{"error":{"message":"{{{message}}}","type":"invalid_request_error","param":null,"code":null}}""");

    private byte[]? Answer(ReceivedRequest request)
    {
        if (!request.Path.EndsWith("/responses", StringComparison.Ordinal))
            return null;
        var body = JsonElement.Parse(request.BodyText);
        var (account, model) = (request.Header("authorization")!, body.GetProperty("model").GetString()!);
        var previous = body.TryGetProperty("previous_response_id", out var before) ? before.GetString() : null;
        if (Instead() is { } instead)
            return Note(instead, new Turn(account, model, previous, null));
        if (previous is not null && _accounts.GetValueOrDefault(previous) != account)
            return Note(Refusal(HttpStatusCode.NotFound, $"Previous response with id '{previous}' not found."), new Turn(account, model, previous, null));
        var id = "resp_" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));
        _accounts[id] = account;
        var isStream = body.TryGetProperty("stream", out var stream) && stream.GetBoolean();
        return Note(isStream ? Ask.StreamAnswer(Events(id, previous)) : Ask.Answer(Response(id, previous, "completed")), new Turn(account, model, previous, id));
    }

    private byte[] Note(byte[] answer, Turn turn)
    {
        _turns.Enqueue(turn);
        return answer;
    }

    private static string Events(string id, string? previous)
    {
        var events = new StringBuilder();
        Add("response.created", $",\"response\":{Response(id, previous, "in_progress")}");
        Add("response.in_progress", $",\"response\":{Response(id, previous, "in_progress")}");
        Add("response.output_text.delta", ",\"item_id\":\"msg_1\",\"output_index\":0,\"content_index\":0,\"delta\":\"Hi\"");
        Add("response.completed", $",\"response\":{Response(id, previous, "completed")}");
        return events.ToString();

        void Add(string type, string more) => events.Append($"event: {type}\ndata: {{\"type\":\"{type}\"{more}}}\n\n");
    }

    private static string Response(string id, string? previous, string status)
    {
        const string Output = """[{"id":"msg_1","type":"message","role":"assistant","content":[{"type":"output_text","text":"Hi"}]}]""";
        var fields = $"\"id\":\"{id}\",\"object\":\"response\",\"created_at\":1700000000,\"status\":\"{status}\",\"output\":{Output}";
        return $"{{{fields},\"previous_response_id\":{(previous is null ? "null" : $"\"{previous}\"")},\"usage\":{{\"input_tokens\":1,\"output_tokens\":1,\"total_tokens\":2}}}}";
    }
}
