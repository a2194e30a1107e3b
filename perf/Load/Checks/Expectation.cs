using System.Globalization;
using AiEdge.FakeUpstream;

namespace AiEdge.Load;

/// <summary>What every answer must be. Null members are not checked.</summary>
internal sealed record Expectation
{
    public int Status { get; init; } = 200;

    /// <summary>Content chunks of a stream, or the length of a whole text in chunks.</summary>
    public int? Chunks { get; init; }

    /// <summary>The content must be the upstream's deterministic text.</summary>
    public bool Text { get; init; }

    public bool? Usage { get; init; }

    public bool Done { get; init; }

    /// <summary>What follows from a model's name that carries knobs, and from what the request asks for.</summary>
    public static Expectation Of(string model, bool stream)
    {
        var script = new FakeScript();
        var isFake = model.StartsWith("fake-", StringComparison.Ordinal) && ScriptParser.TryApplyModel(script, model, out _);
        return new Expectation
        {
            Status = isFake ? script.Status : 200,
            Chunks = isFake ? script.Chunks : null,
            Text = isFake && script.HugeBytes == 0,
            Usage = true,
            Done = stream,
        };
    }

    /// <summary>Changes by a list such as `events=40, text, usage, nousage, done, nodone, status=200, none`.</summary>
    public static bool TryParse(string list, Expectation start, out Expectation result, out string fault)
    {
        (result, fault) = (start, "");
        foreach (var item in list.Split([',', ';', ' '], StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = item.Split('=');
            var hasNumber = parts.Length == 2 && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out _);
            var number = hasNumber ? int.Parse(parts[1], CultureInfo.InvariantCulture) : 0;
            Expectation? changed = (parts[0], hasNumber) switch
            {
                ("events", true) => result with { Chunks = number },
                ("status", true) => result with { Status = number },
                ("text", false) => result with { Text = true },
                ("notext", false) => result with { Text = false },
                ("usage", false) => result with { Usage = true },
                ("nousage", false) => result with { Usage = false },
                ("done", false) => result with { Done = true },
                ("nodone", false) => result with { Done = false },
                ("none", false) => new Expectation { Status = result.Status },
                _ => null,
            };
            if (changed is null)
            {
                fault = $"'{item}' is no check; known are events=N, status=N, text, notext, usage, nousage, done, nodone, none.";
                return false;
            }

            result = changed;
        }

        return true;
    }
}
