using AiEdge.FakeUpstream;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests.Routing;

/// <summary>
/// Data planes whose model <c>way</c> has several targets, each asked for a model of its own, so that the provider can be told by it what to do.
/// A target's first priority is its place.
/// </summary>
internal static class Ways
{
    public const string Good = "fake-n3";

    /// <param name="scripts">What each target does, in the order in which they are asked; null for one that nobody listens for.</param>
    /// <param name="more">More fields of the model.</param>
    /// <param name="change">What else is different.</param>
    /// <param name="timeouts">Timeouts of the first targets, each its own: whoever is to answer is given time.</param>
    /// <param name="wait">What an answer waits for.</param>
    /// <param name="raw">Answers as they are, in the place of those of the scripts.</param>
    public static Task<Edge> StartAsync(
        string?[] scripts, string more = "", Func<EdgeSetup, EdgeSetup>? change = null, string[]? timeouts = null, Func<ReceivedRequest, Task>? wait = null,
        Func<ReceivedRequest, byte[]?>? raw = null)
    {
        var targets = scripts.Select((script, i) =>
            $"{{ provider: {(script is null ? "closed" : "fake")}, model: way-{i}, priority: {i}, timeouts: {{ {timeouts?.ElementAtOrDefault(i)} }} }}");
        var setup = new EdgeSetup
        {
            Models = $"  way: {{ targets: [ {string.Join(", ", targets)} ]{(more.Length > 0 ? ", " + more : "")} }}\n  other: {{ targets: [ {{ provider: fake, model: {Good} }} ] }}",
            Fake = new FakeUpstreamOptions
            {
                ScriptFor = request => request.Model is { } model && model.StartsWith("way-", StringComparison.Ordinal) ? scripts[model[4] - '0'] : null,
                AfterFor = wait,
                RawFor = raw,
            },
        };
        return Edge.StartAsync(change is null ? setup : change(setup));
    }

    /// <summary>Makes <c>way-1</c> answer behind the request for <c>way-0</c>: where both are asked at once, a busy machine may hear the second first.</summary>
    public static Func<ReceivedRequest, Task> AfterTheFirst()
    {
        var first = new TaskCompletionSource();
        return request =>
        {
            if (request.Model == "way-1")
                return first.Task.WaitAsync(TimeSpan.FromSeconds(60));
            first.TrySetResult();
            return Task.CompletedTask;
        };
    }

    public static string Chat(string more = "") => Ask.Chat(model: "way", more: more);

    public static string Stream() => Ask.Stream(model: "way");

    /// <summary>Who was asked, in order.</summary>
    public static string[] Asked(Edge edge) => [.. edge.Fake.Requests.Select(request => request.Model!)];
}
