using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace AiEdge.Sample;

/// <summary>Calls as an application makes them.</summary>
internal static class ClientCall
{
    public const string Streamed = """{"model":"gpt-4o-mini","stream":true,"messages":[{"role":"user","content":"Say hello."}]}""";

    private const int TriesMax = 10;

    private const string Whole = """{"model":"fake-n2-d0","max_tokens":64,"messages":[{"role":"user","content":"Say hello."}]}""";

    /// <summary>Makes a streamed call and prints its text as it comes; where a limit says to wait, it waits, as SDKs do.</summary>
    public static async Task StreamAsync(HttpClient http, Uri plane, string key, CancellationToken stop)
    {
        for (var tries = 0; ; tries++)
        {
            using var request = Request(plane, key, Streamed);
            using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop);
            if (answer.StatusCode == HttpStatusCode.TooManyRequests && tries < TriesMax)
            {
                await Task.Delay(answer.Headers.RetryAfter?.Delta ?? TimeSpan.FromSeconds(1), stop);
                continue;
            }

            Console.WriteLine($"\nPOST {plane}v1/chat/completions  {(int)answer.StatusCode}\n");
            using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(stop));
            if (!answer.IsSuccessStatusCode)
                throw new SampleException(await reader.ReadToEndAsync(stop));
            await PrintAsync(reader, stop);
            return;
        }
    }

    /// <summary>Makes a call and tells whether it was admitted.</summary>
    public static async Task<bool> IsAdmittedAsync(HttpClient http, Uri plane, string key, CancellationToken stop)
    {
        using var request = Request(plane, key, Whole);
        using var answer = await http.SendAsync(request, stop);
        if (answer.IsSuccessStatusCode)
            return true;
        if (answer.StatusCode == HttpStatusCode.TooManyRequests)
            return false;
        throw new SampleException($"{(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync(stop)}");
    }

    private static async Task PrintAsync(StreamReader reader, CancellationToken stop)
    {
        while (await reader.ReadLineAsync(stop) is { } line)
        {
            if (line == "data: [DONE]")
            {
                Console.WriteLine();
                return;
            }

            if (line.StartsWith("data: ", StringComparison.Ordinal))
                Console.Write(Delta(line["data: ".Length..]));
        }

        throw new SampleException("the stream did not end with [DONE]");
    }

    private static HttpRequestMessage Request(Uri plane, string key, string body)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(plane, "/v1/chat/completions"))
        {
            Content = new StringContent(body, Encoding.UTF8, "application/json"),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return request;
    }

    private static string? Delta(string chunk)
    {
        using var document = JsonDocument.Parse(chunk);
        if (!document.RootElement.TryGetProperty("choices", out var choices) || choices.GetArrayLength() == 0)
            return null;
        return choices[0].TryGetProperty("delta", out var delta) && delta.TryGetProperty("content", out var text) ? text.GetString() : null;
    }
}
