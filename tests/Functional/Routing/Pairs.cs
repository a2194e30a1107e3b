using System.Text.RegularExpressions;
using AiEdge.FakeUpstream;
using AiEdge.Functional.Tests.Anthropic;
using AiEdge.Functional.Tests.Gemini;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests.Routing;

/// <summary>A dialect by what is asked in it, of clients and of providers.</summary>
public enum Spoken
{
    Chat,
    Responses,
    Messages,
    Contents,
}

/// <summary>What is the matter with an answer of a provider.</summary>
public enum Flaw
{
    None,
    Refused,
    Filtered,
    Cut,
}

/// <summary>Clients of each dialect before a cheaper model whose provider speaks each, and one that answers well: it speaks the client's.</summary>
internal static partial class Pairs
{
    public const string Said = "and";

    /// <summary>What makes a provider's model <c>small-1</c> a model of its own.</summary>
    public const string Small = "fake-n3-small";

    /// <summary>What such JSON has to be like.</summary>
    public const string Schema = "{\"type\":\"object\",\"required\":[\"a\"],\"properties\":{\"a\":{\"type\":\"integer\"}},\"additionalProperties\":false}";

    private static readonly Spoken[] All = Enum.GetValues<Spoken>();

    /// <summary>Every client with every provider.</summary>
    public static TheoryData<Spoken, Spoken> Every => Where((_, _) => true);

    public static TheoryData<Spoken, Spoken> Where(Func<Spoken, Spoken, bool> isMeant)
    {
        var pairs = new TheoryData<Spoken, Spoken>();
        foreach (var client in All)
        {
            foreach (var upstream in All)
            {
                if (isMeant(client, upstream))
                    pairs.Add(client, upstream);
            }
        }

        return pairs;
    }

    /// <param name="client">Who asks.</param>
    /// <param name="upstream">What the cheaper model's provider speaks.</param>
    /// <param name="step">More fields of the step.</param>
    /// <param name="small">The name of the cheaper model at its provider.</param>
    /// <param name="script">What its provider does of itself.</param>
    public static Task<Edge> StartAsync(
        Spoken client, Spoken upstream, string step = "", string small = Small, Func<ReceivedRequest, string?>? script = null, string[]? limits = null) =>
        Edge.StartAsync(new EdgeSetup
        {
            Providers = string.Join('\n', Claude.Setup.Providers, Gem.Setup.Providers,
                $"  chats: {{ dialect: openai, responses: translated, baseUrl: \"ROOT/v1\", key: \"{EdgeSetup.ProviderKey}\" }}",
                $"  answers: {{ dialect: openai, responses: only, baseUrl: \"ROOT/v1\", key: \"{EdgeSetup.ProviderKey}\" }}"),
            Models = $$"""
                  large: { targets: [ { provider: {{Provider(client)}}, model: fake-n3-large } ], price: { input: 9, output: 9 }, cascade: [ { model: small{{step}} } ] }
                  small: { targets: [ { provider: {{Provider(upstream)}}, model: {{small}} } ], price: { input: 1, output: 1 } }
                """,
            Limits = limits ?? [],
            Fake = new FakeUpstreamOptions { ScriptFor = request => script?.Invoke(request) },
        });

    /// <summary>A request; <paramref name="more"/> are members of its own dialect.</summary>
    public static string Request(Spoken client, string more = "", string model = "large") => client switch
    {
        Spoken.Chat => Ask.Chat(model: model, more: more),
        Spoken.Responses => Ask.Post("/v1/responses", $$"""{"model":"{{model}}","input":"{{EdgeSetup.Prompt}}","store":false{{more}}}"""),
        Spoken.Messages => Claude.Ask(model: model, more: more),
        _ => Gem.Ask(model: model, more: more),
    };

    /// <summary>What a client asks JSON of a schema with.</summary>
    public static string WantsJson(Spoken client)
    {
        return client switch
        {
            Spoken.Chat => ",\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"s\",\"schema\":" + Schema + "}}",
            Spoken.Responses => ",\"text\":{\"format\":{\"type\":\"json_schema\",\"name\":\"s\",\"schema\":" + Schema + "}}",
            Spoken.Messages => ",\"output_config\":{\"format\":{\"type\":\"json_schema\",\"schema\":" + Schema + "}}",
            _ => ",\"generationConfig\":{\"responseMimeType\":\"application/json\",\"responseJsonSchema\":" + Schema + "}",
        };
    }

    /// <summary>A whole answer of a provider.</summary>
    /// <param name="upstream">What it speaks.</param>
    /// <param name="text">What it says, escaped.</param>
    /// <param name="flaw">What is the matter with it.</param>
    /// <param name="logprob">How probable its two tokens are; null where it does not tell.</param>
    /// <param name="mean">Whether Gemini tells their mean besides.</param>
    public static string Answer(Spoken upstream, string text = Said, Flaw flaw = Flaw.None, string? logprob = null, bool mean = false)
    {
        var token = $$"""{"token":"an","logprob":{{logprob}},"bytes":[97,110],"top_logprobs":[]}""";
        return upstream switch
        {
            Spoken.Chat => Chat(text, flaw, logprob is null ? "null" : $$"""{"content":[{{token}},{{token}}],"refusal":null}"""),
            Spoken.Responses => Response(text, flaw, logprob is null ? "" : $"{token},{token}"),
            Spoken.Messages => Message(text, flaw),
            _ => Contents(text, flaw, logprob, mean),
        };
    }

    /// <summary>What an answer says but for what is made anew each time: ids and times.</summary>
    public static string Lasting(string body) => Fleeting().Replace(body, "");

    /// <summary>What asks a provider for log-probabilities.</summary>
    public static string Asking(Spoken upstream) => upstream switch
    {
        Spoken.Chat => "\"logprobs\":true",
        Spoken.Responses => "\"include\":[\"message.output_text.logprobs\"]",
        Spoken.Contents => "\"responseLogprobs\":true",
        _ => "logprobs",
    };

    private static string Provider(Spoken spoken) => spoken switch
    {
        Spoken.Chat => "chats",
        Spoken.Responses => "answers",
        Spoken.Messages => "claude",
        _ => "google",
    };

    private static string Chat(string text, Flaw flaw, string logprobs)
    {
        var (content, refusal, reason) = flaw switch
        {
            Flaw.Refused => ("null", "\"no\"", "stop"),
            Flaw.Filtered => ($"\"{text}\"", "null", "content_filter"),
            Flaw.Cut => ($"\"{text}\"", "null", "length"),
            _ => ($"\"{text}\"", "null", "stop"),
        };
        var choice = $$"""{"index":0,"message":{"role":"assistant","content":{{content}},"refusal":{{refusal}}},"logprobs":{{logprobs}},"finish_reason":"{{reason}}"}""";
        return $$$"""{"id":"c1","object":"chat.completion","created":1,"model":"m", "choices":[{{{choice}}}],"usage":{"prompt_tokens":11,"completion_tokens":7,"total_tokens":18}}""";
    }

    private static string Response(string text, Flaw flaw, string logprobs)
    {
        var (status, details) = flaw switch
        {
            Flaw.Filtered => ("incomplete", "{\"reason\":\"content_filter\"}"),
            Flaw.Cut => ("incomplete", "{\"reason\":\"max_output_tokens\"}"),
            _ => ("completed", "null"),
        };
        var part = flaw == Flaw.Refused ? "{\"type\":\"refusal\",\"refusal\":\"no\"}" : $$"""{"type":"output_text","annotations":[],"logprobs":[{{logprobs}}],"text":"{{text}}"}""";
        var item = $$"""{"id":"msg_1","type":"message","status":"completed","role":"assistant","content":[{{part}}]}""";
        const string usage = """{"input_tokens":11,"output_tokens":7,"total_tokens":18}""";
        return $$$"""{"id":"resp_1","object":"response","created_at":1,"status":"{{{status}}}","error":null,"incomplete_details":{{{details}}},"model":"m","output":[{{{item}}}], "usage":{{{usage}}}}""";
    }

    private static string Message(string text, Flaw flaw)
    {
        var reason = flaw switch
        {
            Flaw.Refused or Flaw.Filtered => "refusal",
            Flaw.Cut => "max_tokens",
            _ => "end_turn",
        };
        return $$$"""{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"{{{text}}}"}],"stop_reason":"{{{reason}}}","stop_sequence":null,"usage":{"input_tokens":11,"output_tokens":7}}""";
    }

    private static string Contents(string text, Flaw flaw, string? logprob, bool mean)
    {
        if (flaw == Flaw.Filtered)
            return """{"promptFeedback":{"blockReason":"PROHIBITED_CONTENT"},"usageMetadata":{"promptTokenCount":11,"candidatesTokenCount":7,"totalTokenCount":18},"modelVersion":"m"}""";
        var reason = flaw switch
        {
            Flaw.Refused => "SAFETY",
            Flaw.Cut => "MAX_TOKENS",
            _ => "STOP",
        };
        var token = $$"""{"token":"an","tokenId":7,"logProbability":{{logprob}}}""";
        var told = logprob is null ? "" : $$""","logprobsResult":{"topCandidates":[{"candidates":[{{token}}]},{"candidates":[{{token}}]}],"chosenCandidates":[{{token}},{{token}}]}""";
        var average = mean ? ",\"avgLogprobs\":-0.2" : "";
        var candidate = $$$"""{"content":{"parts":[{"text":"{{{text}}}"}],"role":"model"},"finishReason":"{{{reason}}}"{{{average}}}{{{told}}},"index":0}""";
        return $$$"""{"candidates":[{{{candidate}}}], "usageMetadata":{"promptTokenCount":11,"candidatesTokenCount":7,"totalTokenCount":18},"modelVersion":"m","responseId":"r"}""";
    }

    [GeneratedRegex("\"(id|created|created_at|completed_at|responseId)\":(\"[^\"]*\"|[0-9]+)")]
    private static partial Regex Fleeting();
}
