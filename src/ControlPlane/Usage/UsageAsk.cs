using System.Globalization;

namespace AiEdge.ControlPlane.Usage;

/// <summary>Reads the parameters of a question, and collects everything that is wrong with them.</summary>
internal sealed class UsageAsk(IQueryCollection query, TimeProvider time)
{
    private readonly HashSet<string> _known = [];

    /// <summary>What is wrong: parameter and why.</summary>
    public List<(string Name, string Message)> Faults { get; } = [];

    public bool IsWrong => Faults.Count > 0;

    /// <summary>A parameter that may be there once; null without it.</summary>
    public string? Text(string name)
    {
        _known.Add(name);
        var values = query[name];
        if (values.Count > 1)
            Faults.Add((name, "may be given once"));
        return values.Count == 0 || string.IsNullOrEmpty(values[0]) ? null : values[0];
    }

    /// <summary>A time: RFC 3339, or a date; in UTC where it does not say.</summary>
    public long Time(string name, long otherwise)
    {
        if (Text(name) is not { } text)
            return otherwise;
        if (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var found)
            && text.Length >= 10 && char.IsAsciiDigit(text[0]) && text[4] == '-')
            return found.ToUnixTimeMilliseconds();
        Faults.Add((name, "is not a time as 2026-01-31 or 2026-01-31T10:00:00Z"));
        return otherwise;
    }

    public long NowUnixMs => time.GetUtcNow().ToUnixTimeMilliseconds();

    public long Number(string name, long otherwise, long min, long max)
    {
        if (Text(name) is not { } text)
            return otherwise;
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max)
            return number;
        Faults.Add((name, string.Create(CultureInfo.InvariantCulture, $"is not a number from {min} to {max}")));
        return otherwise;
    }

    /// <summary>One of some words; null without the parameter.</summary>
    public string? Word(string name, params string[] words)
    {
        if (Text(name) is not { } text)
            return null;
        if (Array.IndexOf(words, text) >= 0)
            return text;
        Faults.Add((name, "is none of " + string.Join(", ", words)));
        return null;
    }

    /// <summary>from and to, where to is now and from the given time before it unless they say otherwise.</summary>
    public (long FromUnixMs, long ToUnixMs) Span(TimeSpan otherwise)
    {
        var to = Time("to", NowUnixMs);
        var from = Time("from", to - (long)otherwise.TotalMilliseconds);
        if (from >= to)
            Faults.Add(("from", "is not before to"));
        return (from, to);
    }

    public List<UsageDimension> Dimensions(string name, int max)
    {
        var found = new List<UsageDimension>();
        foreach (var part in (Text(name) ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (!UsageDimension.TryParse(part, out var dimension))
                Faults.Add((name, $"'{part}' is none of key, team, model, rule, provider, tag:NAME"));
            else if (found.Contains(dimension))
                Faults.Add((name, $"'{part}' is there twice"));
            else
                found.Add(dimension);
        }

        if (found.Count > max)
            Faults.Add((name, $"names {found.Count} dimensions, {max} at most"));
        return found;
    }

    /// <summary>key=…, team=…, model=…, rule=…, provider=…, tag=NAME=VALUE (as often as wanted); and the team that the caller is confined to.</summary>
    public List<(UsageDimension Dimension, string Value)> Filters(string? onlyTeam)
    {
        var filters = new List<(UsageDimension, string)>();
        foreach (var name in (string[])["key", "team", "model", "rule", "provider"])
        {
            if (Text(name) is { } value)
                filters.Add((new(name), value));
        }

        _known.Add("tag");
        foreach (var tag in query["tag"])
        {
            var at = tag?.IndexOf('=', StringComparison.Ordinal) ?? -1;
            if (at > 0)
                filters.Add((new("tag:" + tag![..at]), tag[(at + 1)..]));
            else
                Faults.Add(("tag", "is not NAME=VALUE"));
        }

        if (onlyTeam is not null)
            filters.Add((new("team"), onlyTeam));
        return filters;
    }

    /// <summary>Parameters that mean nothing here; to be called last.</summary>
    public void RefuseOthers()
    {
        foreach (var name in query.Keys)
        {
            if (!_known.Contains(name))
                Faults.Add((name, "is not known here"));
        }
    }
}
