using System.Text.Json.Nodes;
using Json.Schema;

namespace AiEdge.ControlPlane.Tests.Api;

/// <summary>
/// The description that a control plane gives of itself, as a judge of what is really sent and answered: bodies that were accepted, good answers and
/// problems, each by the schema of its operation (JSON Schema 2020-12).
/// </summary>
internal sealed class ApiDescription
{
    private const string Root = "/api/v1/";
    private const string Components = "#/components/schemas/";

    private static readonly EvaluationOptions Listing = new() { OutputFormat = OutputFormat.List };
    private static readonly string[] Everywhere = ["Date", "Server", "Transfer-Encoding", "Connection", "Cache-Control", "Vary"];
    private static readonly SemaphoreSlim Reading = new(1, 1);
    private static ApiDescription? _read;

    private readonly JsonObject _paths;
    private readonly JsonNode _definitions;
    private readonly System.Collections.Concurrent.ConcurrentDictionary<string, JsonSchema> _schemas = new();

    private ApiDescription(JsonNode description)
    {
        _paths = description["paths"]!.AsObject();
        _definitions = JsonNode.Parse(description["components"]!["schemas"]!.ToJsonString().Replace(Components, "#/$defs/", StringComparison.Ordinal))!;
    }

    /// <summary>All operations: method and path.</summary>
    public IEnumerable<string> Operations => _paths.SelectMany(p => p.Value!.AsObject().Select(m => $"{m.Key.ToUpperInvariant()} {p.Key}"));

    /// <summary>That of the build; read once, from the first control plane that is asked.</summary>
    public static async Task<ApiDescription> OfAsync(HttpClient http)
    {
        await Reading.WaitAsync();
        try
        {
            return _read ??= new ApiDescription(JsonNode.Parse(await http.GetStringAsync("/openapi/v1.json"))!);
        }
        finally
        {
            Reading.Release();
        }
    }

    /// <summary>Fails where one of both is not what is described.</summary>
    /// <returns>The operation that accepted it; null where it was refused.</returns>
    public string? Judge(string method, string path, string type, string? body, RestAnswer answer)
    {
        var (status, said) = ((int)answer.Status, $"{method} {path} {body}: {(int)answer.Status} {answer.Text}");

        // What the server makes of a path, or answers by itself, is not described.
        if (path.Length > 4096 || path.StartsWith("../", StringComparison.Ordinal) || path.Contains("%00", StringComparison.Ordinal) || path.Contains("%2e", StringComparison.Ordinal))
            return null;
        if (status >= 400)
        {
            Assert.True(answer.Type == "application/problem+json", said);
            Hold("Problem", answer.Text, said);
            Assert.True(status == (int)answer.Json["status"]!, said);
            return null;
        }

        var template = Template(path.Split('?')[0]);
        var operation = _paths[template ?? ""]?[method.ToLowerInvariant()];
        Assert.True(operation is not null, "not described: " + said);
        var response = operation["responses"]![answer.Status.ToString("D")];
        Assert.True(response is not null, "a status that is not described: " + said);
        Assert.True(response["content"]![answer.Type!] is not null, $"the type {answer.Type} is not described: {said}");
        var headers = (response["headers"] as JsonObject ?? []).Select(header => header.Key).ToList();
        foreach (var name in answer.Headers.Except(Everywhere, StringComparer.OrdinalIgnoreCase))
            Assert.True(headers.Contains(name, StringComparer.OrdinalIgnoreCase), $"the header {name} is not described: {said}");
        if (answer.Type == "application/json")
            Hold(SchemaOf(response, answer.Type), answer.Text, said);
        if (body is not null && operation["requestBody"] is { } taken)
        {
            Assert.True(taken["content"]![type] is not null, $"the type {type} is not described: {said}");
            if (type.EndsWith("json", StringComparison.Ordinal))
                Hold(SchemaOf(taken, type), body, "accepted: " + said);
        }

        return $"{method} {template}";
    }

    /// <summary>Whether a text is what a schema says.</summary>
    public bool IsGood(string schema, string text) => Of(schema).Evaluate(JsonNode.Parse(text)).IsValid;

    private static string SchemaOf(JsonNode holder, string type) => ((string)holder["content"]![type]!["schema"]!["$ref"]!)[Components.Length..];

    private void Hold(string schema, string text, string said)
    {
        var found = Of(schema).Evaluate(JsonNode.Parse(text), Listing);
        if (found.IsValid)
            return;
        var complaints = found.Details.Where(d => d.HasErrors).SelectMany(d => d.Errors!.Select(e => $"{d.InstanceLocation}: {e.Key} {e.Value}"));
        Assert.Fail($"not {schema}: {said}\n{string.Join('\n', complaints.Take(12))}");
    }

    private JsonSchema Of(string name) => _schemas.GetOrAdd(name, _ => JsonSchema.FromText(
        new JsonObject { ["$ref"] = "#/$defs/" + name, ["$defs"] = _definitions.DeepClone() }.ToJsonString()));

    /// <summary>The path as it is described; one without braces goes before one with.</summary>
    private string? Template(string path)
    {
        var parts = (Root + path).Split('/');
        return _paths.Select(p => p.Key).Where(Fits).OrderBy(t => t.Count(c => c == '{')).FirstOrDefault();

        bool Fits(string template)
        {
            var own = template.Split('/');
            return own.Length == parts.Length && own.Zip(parts).All(p => p.First == p.Second || (p.First.StartsWith('{') && p.Second.Length > 0));
        }
    }
}
