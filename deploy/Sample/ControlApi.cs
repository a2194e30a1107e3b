using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace AiEdge.Sample;

/// <summary>The few calls of the control plane's REST that a newcomer needs.</summary>
internal sealed class ControlApi(HttpClient http, Uri address, string token)
{
    /// <summary>Writes an entry, as <c>curl -X PUT</c> would.</summary>
    public async Task PutAsync(string path, string json, CancellationToken stop) => await SendAsync(HttpMethod.Put, path, json, stop);

    /// <summary>Makes a client's key; the secret is told this once.</summary>
    public async Task<string> CreateKeyAsync(string json, CancellationToken stop)
    {
        using var answer = JsonDocument.Parse(await SendAsync(HttpMethod.Post, "keys", json, stop));
        return answer.RootElement.GetProperty("secret").GetString()!;
    }

    private async Task<string> SendAsync(HttpMethod method, string path, string json, CancellationToken stop)
    {
        using var request = new HttpRequestMessage(method, new Uri(address, "/api/v1/" + path));
        request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var answer = await http.SendAsync(request, stop);
        var text = await answer.Content.ReadAsStringAsync(stop);
        return answer.IsSuccessStatusCode ? text : throw new SampleException($"{method} /api/v1/{path} was answered {(int)answer.StatusCode}: {text}");
    }
}

/// <summary>The sample cannot go on; the message says why.</summary>
internal sealed class SampleException(string message) : Exception(message);
