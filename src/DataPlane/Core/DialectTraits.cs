using System.Text;
using AiEdge.Contracts.Dialects;

namespace AiEdge.DataPlane.Core;

/// <summary>How a provider tells the limits of an account in the heads of its answers.</summary>
/// <param name="Prefix">What the names begin with, in small letters.</param>
/// <param name="IsUnitFirst">Whether what is limited stands before what is said of it (<c>tokens-limit</c>), or behind it (<c>limit-tokens</c>).</param>
/// <param name="HasParts">Whether input and output have limits of their own.</param>
internal sealed record RateWords(byte[] Prefix, bool IsUnitFirst, bool HasParts);

/// <summary>
/// What stages that know no dialect have to know of one, a row each: it comes down from the dialect's form when the program starts. Immutable, so that
/// asking for one is a load.
/// </summary>
internal sealed record DialectTraits
{
    /// <summary>Dialects that there may be.</summary>
    public const int Max = 16;

    private static readonly DialectTraits?[] Rows = new DialectTraits?[Max];

    public DialectTraits(Dialect id, string name)
    {
        (Id, Name) = (id, name);
        if (DialectSheet.Named(name) is not { } sheet || sheet.Number != (int)id)
            throw new ArgumentException("no dialect of that name and number has a sheet", nameof(name));
        BaseEndsIn = Encoding.ASCII.GetBytes(sheet.BaseEndsIn);
    }

    public Dialect Id { get; }

    /// <summary>The name in configurations, records and messages.</summary>
    public string Name { get; }

    /// <summary>What a provider's base path ends in of what clients' paths begin with; empty where these are put behind it whole.</summary>
    public byte[] BaseEndsIn { get; }

    /// <summary>The parameter of the query in which a client's key may stand; empty where it may not.</summary>
    public byte[] KeyQuery { get; init; } = [];

    /// <summary>All parameters of the query that are credentials, with capitals and small letters told apart.</summary>
    public byte[][] CredentialQueries { get; init; } = [];

    /// <summary>
    /// What the line begins with that clients put before their instructions to say who asks, a header in all but its place; empty where they have none. It is
    /// another with every request, and so no part of what can be kept of a prompt.
    /// </summary>
    public byte[] Attribution { get; init; } = [];

    /// <summary>The parameter of the query by which events are asked for where a client wants an array of them; empty where there is no such form.</summary>
    public byte[] EventsQuery { get; init; } = [];

    /// <summary>Another name of that parameter.</summary>
    public byte[] EventsQueryToo { get; init; } = [];

    /// <summary>What the names of clients' headers begin with that mean nothing to another dialect, in small letters.</summary>
    public string[] ClientPrefixes { get; init; } = [];

    /// <summary>Headers by which a client chooses an account of the provider's: ours are chosen here.</summary>
    public string[] AccountHeaders { get; init; } = [];

    /// <summary>Headers of answers that are about our account, or have our own in their place.</summary>
    public string[] ProviderHeaders { get; init; } = [];

    /// <summary>How its providers tell the limits of an account; null where they do not. These headers are about our account, too.</summary>
    public RateWords? Rates { get; init; }

    /// <summary>Every row.</summary>
    public static IEnumerable<DialectTraits> All
    {
        get
        {
            foreach (var row in Rows)
            {
                if (row is not null)
                    yield return row;
            }
        }
    }

    /// <summary>The row of a dialect.</summary>
    public static DialectTraits Of(Dialect dialect) => Rows[(int)dialect]!;

    /// <summary>Takes a dialect's row, before anything is served.</summary>
    /// <exception cref="InvalidOperationException">Its number is taken, or there are no more.</exception>
    public static void Use(DialectTraits row)
    {
        if ((int)row.Id >= Max || Rows[(int)row.Id] is not null)
            throw new InvalidOperationException($"The dialect {(int)row.Id} is taken, or beyond {Max - 1}.");
        Rows[(int)row.Id] = row;
    }
}
