using AiEdge.FakeUpstream;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests.Routing;

/// <summary>A plane that knows nobody's time, and a target that takes requests and does not answer.</summary>
public sealed class LatencyTests
{
    // Whoever is not answered waits for all others, each of which takes up to a second to be recorded.
    private const int Requests = 8;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Who_never_answers_has_one_request_of_all(bool stream)
    {
        var (hung, end) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var edge = await Edge.StartAsync(new EdgeSetup
        {
            Models = $"  way: {{ targets: [ {{ provider: fake, model: way-0 }}, {{ provider: fake, model: {Ways.Good} }} ], balance: latency }}",
            Fake = new FakeUpstreamOptions
            {
                ScriptFor = request => request.Model == "way-0" ? "n=3" : null,
                AfterFor = request =>
                {
                    if (request.Model != "way-0")
                        return Task.CompletedTask;
                    hung.TrySetResult();
                    return end.Task;
                },
            },
        });
        var (waiting, answered) = (new List<Task<RawAnswer>>(), 0);
        for (var i = 0; i < Requests; i++)
        {
            hung = new();
            var answer = edge.AskAsync(stream ? Ways.Stream() : Ways.Chat());
            waiting.Add(answer);
            if (await Task.WhenAny(answer, hung.Task).WaitAsync(Patience) != answer)
                continue;
            answered++;

            // Its time is known when its exchange has ended, which is later than that its client has the answer.
            await edge.RecordAsync();
        }

        Assert.Equal(Requests - 1, answered);
        end.SetResult();
        Assert.All(await Task.WhenAll(waiting).WaitAsync(Patience), answer => Assert.Equal(200, answer.Status));
        await edge.SeeNothingLeftAsync();
    }
}
