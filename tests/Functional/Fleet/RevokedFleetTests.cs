using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests.Fleet;

/// <summary>A key is taken away from a whole fleet: on each of its planes what is under way by it ends, and nothing else does.</summary>
public sealed class RevokedFleetTests
{
    private const int Planes = 5;

    private static readonly string Revoked =
        "data: " + RawAnswer.Error("The API key has been revoked.", "invalid_request_error", "revoked") + "\n\n";

    [Theory]
    [InlineData("DELETE", "keys/gone", null)]
    [InlineData("PATCH", "keys/gone", """{"disabled":true}""")]
    [InlineData("PATCH", "teams/blue", """{"disabled":true}""")]
    public async Task A_key_that_is_revoked_ends_its_stream_on_each_plane_and_no_other(string method, string path, string? body)
    {
        var control = await LiveControl.StartAsync();
        var edges = new List<LinkedEdge>();
        for (var i = 0; i < Planes; i++)
            edges.Add(await LinkedEdge.MakeAsync(control.Grpc));
        try
        {
            await control.DoAsync("PUT", "providers/fake", $$"""{"dialect":"openai","baseUrl":"{{edges[0].Fake.BaseUrl}}"}""");
            await control.DoAsync("PUT", "models/gpt-4o", """{"targets":[{"provider":"fake","model":"fake-n3"}]}""");
            await control.DoAsync("PUT", "teams/blue", "{}");
            foreach (var (edge, i) in edges.Select((edge, i) => (edge, i)))
                Assert.Empty(await edge.StartAsync(LiveControl.JoinToken, planeId: "p" + i));
            var gone = (string)(await control.DoAsync("POST", "keys", """{"name":"gone","team":"blue"}"""))["secret"]!;
            var kept = (string)(await control.DoAsync("POST", "keys?wait=all&timeout=60s", """{"name":"kept"}"""))["secret"]!;
            var open = await Task.WhenAll(edges.SelectMany(edge => new[] { OpenAsync(edge, gone), OpenAsync(edge, kept) }));

            await control.DoAsync(method, path, body);

            foreach (var ended in open.Where((_, i) => i % 2 == 0))
            {
                var answer = await ended.ReadAnswerAsync();
                Assert.Equal(Revoked, answer.Frames[^1]);
                Assert.True(answer.IsWhole);
                ended.Dispose();
            }

            // The others have been told nothing: what their provider has still to say comes through.
            for (var i = 0; i < 2 * Planes; i++)
                (await edges[0].Fake.NextRequestAsync()).Resume();
            foreach (var other in open.Where((_, i) => i % 2 == 1))
            {
                Assert.Equal("[DONE]", (await other.ReadAnswerAsync()).Events[^1]);
                other.Dispose();
            }

            foreach (var edge in edges)
            {
                Assert.Equal(401, (await edge.AskAsync(Ask.Chat(key: gone))).Status);
                Assert.Equal(200, (await edge.AskAsync(Ask.Chat(key: kept))).Status);
            }
        }
        finally
        {
            foreach (var edge in edges)
                await edge.DisposeAsync();
            await control.DisposeAsync();
        }
    }

    private static async Task<RawClient> OpenAsync(LinkedEdge edge, string key)
    {
        var client = await edge.ConnectAsync();
        await client.SendAsync(Ask.Stream("n=9; b=0; stall=4", key: key));
        await client.SeeAsync("data: ");
        return client;
    }
}
