using System.Text;
using System.Text.Json;

namespace AiEdge.FakeUpstream;

/// <summary>What an answer depends on, read from a request body in one pass over its top level.</summary>
internal sealed class RequestFacts
{
    public static readonly RequestFacts None = new();

    /// <summary>What the body's JSON breaks, or null.</summary>
    public string? Fault { get; private set; }

    public string? Model { get; set; }

    public bool Stream { get; set; }

    public bool IncludeUsage { get; private set; }

    /// <summary>The cap on the answer; absent: <see cref="int.MaxValue"/>.</summary>
    public int TokensMax { get; private set; } = int.MaxValue;

    public int Choices { get; private set; } = 1;

    /// <summary>Something in the body asks for more than plain text, so that the whole document is worth reading.</summary>
    public bool NeedsDocument { get; private set; }

    /// <summary>A reading of a JSON body, by the members of who is asked. Bodies that are no JSON object have a <see cref="Fault"/>.</summary>
    public static RequestFacts Read(ReadOnlySpan<byte> body, RequestWords words, bool quick)
    {
        if (quick && body.Length > 8192)
            return ReadEnds(body);
        var facts = new RequestFacts();
        try
        {
            var json = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = 256 });
            if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
                facts.Fault = "The body is not a JSON object.";
            else
                facts.ReadMembers(ref json, words);
            if (facts.Fault is null && json.Read())
                facts.Fault = "Bytes follow the JSON object.";
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            facts.Fault = "The body is not JSON: " + e.Message;
        }

        return facts;
    }

    /// <summary>The same facts from the fields of a multipart body.</summary>
    public static RequestFacts FromForm(IReadOnlyDictionary<string, string> form, string? fault) => new()
    {
        Fault = fault,
        Model = form.GetValueOrDefault("model"),
        Stream = form.GetValueOrDefault("stream") == "true",
    };

    /// <summary>What the path says, of dialects whose paths name the model.</summary>
    public void TakePath(string path, bool isStream)
    {
        Model ??= ModelIn(path);
        Stream |= isStream;
    }

    /// <summary>The model that a path names, or null.</summary>
    public static string? ModelIn(string path)
    {
        var start = path.LastIndexOf("/models/", StringComparison.Ordinal);
        var end = path.LastIndexOf(':');
        return start >= 0 && end > start ? path[(start + "/models/".Length)..end] : null;
    }

    private static RequestFacts ReadEnds(ReadOnlySpan<byte> body)
    {
        var facts = new RequestFacts();
        facts.Search(body[..4096]);
        facts.Search(body[^4096..]);
        return facts;
    }

    private void Search(ReadOnlySpan<byte> part)
    {
        Stream |= part.IndexOf("\"stream\":true"u8) >= 0;
        IncludeUsage |= part.IndexOf("\"include_usage\":true"u8) >= 0;
        var model = part.IndexOf("\"model\":\""u8);
        if (Model is not null || model < 0)
            return;
        var rest = part[(model + 9)..];
        if (rest.IndexOf((byte)'"') is var end and >= 0)
            Model = Encoding.UTF8.GetString(rest[..end]);
    }

    private void ReadMembers(ref Utf8JsonReader json, RequestWords words)
    {
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("model"u8))
                Model = json.Read() && json.TokenType == JsonTokenType.String ? json.GetString() : Skip(ref json, Model);
            else if (json.ValueTextEquals("stream"u8))
                Stream = json.Read() && json.TokenType == JsonTokenType.True;
            else if (json.ValueTextEquals("stream_options"u8))
                ReadStreamOptions(ref json);
            else if (words.Within.Length > 0 && json.ValueTextEquals(words.Within))
                ReadWithin(ref json, words);
            else if (json.ValueTextEquals("n"u8))
                Choices = Math.Clamp(ReadNumber(ref json, 1), 1, 128);
            else
                ReadOther(ref json, words);
        }
    }

    private void ReadOther(ref Utf8JsonReader json, RequestWords words)
    {
        if (IsOneOf(json, words.Caps))
        {
            TokensMax = ReadNumber(ref json, TokensMax);
            return;
        }

        NeedsDocument |= IsOneOf(json, words.Wishes);
        json.Read();
        json.Skip();
    }

    private void ReadStreamOptions(ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType != JsonTokenType.StartObject)
        {
            json.Skip();
            return;
        }

        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var isUsage = json.ValueTextEquals("include_usage"u8);
            json.Read();
            if (isUsage)
                IncludeUsage = json.TokenType == JsonTokenType.True;
            json.Skip();
        }
    }

    private void ReadWithin(ref Utf8JsonReader json, RequestWords words)
    {
        json.Read();
        if (json.TokenType != JsonTokenType.StartObject)
        {
            json.Skip();
            return;
        }

        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            ReadOther(ref json, words);
    }

    private static bool IsOneOf(in Utf8JsonReader json, string[] names)
    {
        foreach (var name in names)
        {
            if (json.ValueTextEquals(name))
                return true;
        }

        return false;
    }

    private static int ReadNumber(ref Utf8JsonReader json, int otherwise)
    {
        json.Read();
        if (json.TokenType == JsonTokenType.Number && json.TryGetInt32(out var value))
            return value;
        json.Skip();
        return otherwise;
    }

    private static string? Skip(ref Utf8JsonReader json, string? otherwise)
    {
        json.Skip();
        return otherwise;
    }
}
