using System.Text;
using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Tests.Admit;

/// <summary>A configuration as the compiler would make it, for limits: one provider or two, some models, some keys.</summary>
internal static class LimitWorld
{
    public static readonly ProviderModel First = Provider("first");
    public static readonly ProviderModel Second = Provider("second");

    public static byte[][] Names(params string[] names) => Array.ConvertAll(names, Encoding.UTF8.GetBytes);

    public static KeyModel Key(string name, string? team = null, string? tier = null, params (string Name, string Value)[] tags) => new()
    {
        Name = name,
        Sha256 = new byte[32],
        Team = team,
        Tier = tier,
        ExpiresUnixMs = long.MaxValue,
        Tags = Array.ConvertAll(tags, tag => KeyValuePair.Create(tag.Name, tag.Value)),
    };

    public static ModelModel Model(string name, long outputMax = 0, PriceModel? price = null, long contextWindow = 0) => new()
    {
        Name = name,
        NameUtf8 = Encoding.UTF8.GetBytes(name),
        IsGlob = name.Contains('*', StringComparison.Ordinal),
        OutputTokensMax = outputMax,
        Targets = [Target(First, price, contextWindow), Target(Second, price, contextWindow)],
    };

    public static LimitModel Limit(
        string name, LimitScope per = LimitScope.Global, LimitSelector? match = null, string? tag = null, params QuantityModel[] quantities) => new()
        {
            Name = name,
            Match = match ?? LimitSelector.All,
            Per = per,
            PerTag = tag,
            Quantities = quantities,
        };

    public static QuantityModel Amount(LimitUnit unit, long amount, LimitPeriod period = LimitPeriod.Minute, long? burst = null) =>
        new() { Unit = unit, Amount = amount, Period = period, Burst = burst ?? amount };

    public static string[] Shown(IEnumerable<LimitPart> parts) => [.. parts.Select(part => $"{part.Limit.Name}:{part.Quantity?.Unit.ToString() ?? "Concurrent"}")];

    private static TargetModel Target(ProviderModel provider, PriceModel? price, long contextWindow) => new()
    {
        Provider = provider,
        Timeouts = provider.Timeouts,
        Price = price,
        ContextWindow = contextWindow,
    };

    private static ProviderModel Provider(string name) => new()
    {
        Name = name,
        Dialect = Dialect.OpenAi,
        UseTls = false,
        Host = "127.0.0.1",
        Port = 1,
        HostHeader = [],
        BasePath = [],
        FixedHeaders = [],
        FixedHeaderNames = [],
        Timeouts = new TimeoutsModel(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(30)),
        UsageChunk = UsageChunkMode.Inject,
        RetryReused = true,
        ConnectionsMax = 1,
        PoolIdle = TimeSpan.FromSeconds(1),
        DnsRefresh = TimeSpan.FromSeconds(1),
        EndpointIdentity = name,
    };
}
