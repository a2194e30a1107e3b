namespace AiEdge.FakeUpstream;

/// <summary>Reads stage directions from model names (`fake-n100-d500-cut=3`) and from lists (`n=100; cut=3`).</summary>
internal static class ScriptParser
{
    /// <summary>
    /// Knobs of a model's name, which must begin with fake- or mock-. Other names and segments that are no knob are just names;
    /// `key=value` with an unknown key or a bad value is a fault, which is named.
    /// </summary>
    public static bool TryApplyModel(FakeScript script, string? model, out string? fault)
    {
        fault = null;
        if (model is null || !(model.StartsWith("fake-", StringComparison.Ordinal) || model.StartsWith("mock-", StringComparison.Ordinal)))
            return true;
        foreach (var range in model.AsSpan(5).Split('-'))
        {
            var segment = model.AsSpan(5)[range];
            if (segment.Contains('='))
            {
                if (!TryApplyPair(script, segment, out fault))
                    return false;
            }
            else if (segment.Length > 1 && !segment[1..].ContainsAnyExceptInRange('0', '9') && KnobTable.Find(segment[..1]) is { } knob)
            {
                if (!knob.TrySet(script, segment[1..].ToString()))
                {
                    fault = $"'{segment}' is out of range.";
                    return false;
                }
            }
        }

        return true;
    }

    /// <summary>Knobs of a list whose items are separated by semicolons.</summary>
    public static bool TryApplyList(FakeScript script, string list, out string? fault)
    {
        fault = null;
        foreach (var item in list.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (!TryApplyPair(script, item, out fault))
                return false;
        }

        return true;
    }

    private static bool TryApplyPair(FakeScript script, ReadOnlySpan<char> pair, out string? fault)
    {
        fault = null;
        var equals = pair.IndexOf('=');
        var name = (equals < 0 ? pair : pair[..equals]).Trim();
        var value = (equals < 0 ? "on" : pair[(equals + 1)..].Trim()).ToString();
        var knob = KnobTable.Find(name);
        if (knob is not null && knob.TrySet(script, value))
            return true;
        fault = knob is null ? $"No knob is named '{name}'." : $"'{value}' is no value of the knob '{name}' ({knob.Values}).";
        return false;
    }
}
