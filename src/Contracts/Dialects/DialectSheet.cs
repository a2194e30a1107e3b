namespace AiEdge.Contracts.Dialects;

/// <summary>What a configuration has to know of a dialect: the <c>sheet.json</c> of its folder in the data plane.</summary>
public sealed record DialectSheet
{
    /// <summary>Every dialect that a provider may speak, by its number: the order in which they are told.</summary>
    public static IReadOnlyList<DialectSheet> All { get; } = DialectSheetReader.Shipped();

    /// <summary>Its number, which no other has (<c>number</c>).</summary>
    public required int Number { get; init; }

    /// <summary>The name (<c>name</c>, and <c>dialect</c> in configurations).</summary>
    public required string Name { get; init; }

    /// <summary>The header field that carries the credential where a provider names no other (<c>authHeader</c>).</summary>
    public required string AuthHeader { get; init; }

    /// <summary>What <c>baseUrl</c> ends in of what clients' paths begin with (<c>baseEndsIn</c>); empty where these are put behind it whole.</summary>
    public string BaseEndsIn { get; init; } = "";

    /// <summary>Who hosts it besides those who made it: what a provider's <c>hosting</c> may be (<c>hosts</c>).</summary>
    public IReadOnlyList<string> Hosts { get; init; } = [];

    /// <summary>Whether a provider's <c>responses</c> has a meaning for it (<c>hasResponses</c>).</summary>
    public bool HasResponses { get; init; }

    /// <summary>Paths of clients that are served by themselves, where they are metered (<c>paths</c>).</summary>
    public IReadOnlyList<string> Paths { get; init; } = [];

    /// <summary>What such paths end in where they name a model; also as it is called at those who host it (<c>methods</c>).</summary>
    public IReadOnlyList<string> Methods { get; init; } = [];

    /// <summary>The dialect of a name, or null.</summary>
    public static DialectSheet? Named(string name)
    {
        foreach (var sheet in All)
        {
            if (sheet.Name == name)
                return sheet;
        }

        return null;
    }

    /// <summary>The names of those that are meant, as a sentence has them: <c>a, b and c</c>.</summary>
    public static string NamesOf(Predicate<DialectSheet> isMeant)
    {
        ArgumentNullException.ThrowIfNull(isMeant);
        var names = new List<string>();
        foreach (var sheet in All)
        {
            if (isMeant(sheet))
                names.Add(sheet.Name);
        }

        return names.Count < 2 ? string.Concat(names) : string.Join(", ", names[..^1]) + " and " + names[^1];
    }
}
