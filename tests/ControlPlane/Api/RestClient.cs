using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using AiEdge.ControlPlane.Tests.Hosting;

namespace AiEdge.ControlPlane.Tests.Api;

/// <summary>REST as a caller with one token sees it; whatever is sent and answered is held against the description.</summary>
internal sealed class RestClient(ControlRig rig, string? token = ControlRig.Admin) : IDisposable
{
    private readonly HttpClient _http = new() { BaseAddress = new Uri(rig.Host.Http, "/api/v1/") };

    public async Task<RestAnswer> SendAsync(string method, string path, string? body = null, string type = "application/json", params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (token is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            request.Content.Headers.TryAddWithoutValidation("Content-Type", type);
        }

        var description = await ApiDescription.OfAsync(_http);
        using var response = await _http.SendAsync(request);
        var answer = new RestAnswer(
            response.StatusCode, response.Headers.ETag?.Tag, response.Content.Headers.ContentType?.MediaType, await response.Content.ReadAsStringAsync())
        {
            Headers = [.. response.Headers.Select(header => header.Key)],
        };
        if (description.Judge(method, path, type, body, answer) is { } operation)
            Accepted.Add(operation);
        return answer;
    }

    /// <summary>Operations, as the description names them, that have accepted something.</summary>
    public HashSet<string> Accepted { get; } = [];

    public Task<RestAnswer> GetAsync(string path) => SendAsync("GET", path);

    /// <summary>Sends what is expected to be accepted.</summary>
    public async Task<JsonNode> DoAsync(string method, string path, string? body = null)
    {
        var answer = await SendAsync(method, path, body);
        Assert.True((int)answer.Status is 200 or 201, answer.Text);
        return JsonNode.Parse(answer.Text)!;
    }

    public void Dispose() => _http.Dispose();
}

internal sealed record RestAnswer(HttpStatusCode Status, string? ETag, string? Type, string Text)
{
    /// <summary>Names of its headers, but for those of its content.</summary>
    public IReadOnlyList<string> Headers { get; init; } = [];

    public JsonNode Json => JsonNode.Parse(Text)!;

    /// <summary>Paths and messages of a problem's faults.</summary>
    public string[] Faults => [.. (Json["faults"] as JsonArray ?? []).Select(f => $"{f!["path"]}: {f["message"]}")];
}
