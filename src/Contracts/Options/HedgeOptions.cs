using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Fields;
using AiEdge.Contracts.Tree;

namespace AiEdge.Contracts.Options;

/// <summary>When another target is asked besides the one that is late to begin its stream (<c>models.NAME.hedge</c>).</summary>
public sealed class HedgeOptions
{
    /// <summary>Digits behind the point of <see cref="CostMaxField"/>: nanodollars.</summary>
    public const int CostDigits = 9;

    /// <summary>What <see cref="AfterField"/> is where each target's own time is meant, which nineteen of twenty of its streams begin within.</summary>
    public const string Learned = "p95";

    /// <summary>How long a stream's first event with content may take before another one is asked for it, too; zero stands for <see cref="Learned"/>.</summary>
    public static readonly DurationField AfterField = new("after", "1s", "50ms", "60s") { Word = Learned };

    /// <summary>For how many of the model's requests, besides a few.</summary>
    public static readonly PercentField BudgetField = new("budget", 5);

    /// <summary>What the prompt may cost at most at the other target, in dollars.</summary>
    public static readonly DecimalField CostMaxField = new("costMax", "dollars, such as 0.05", CostDigits, "1000");

    /// <summary>The fields.</summary>
    public static readonly FieldTable Table = new("hedge", AfterField, BudgetField, CostMaxField);

    /// <summary>See <see cref="AfterField"/>.</summary>
    public Setting<TimeSpan> After { get; private init; }

    /// <summary>See <see cref="BudgetField"/>; percent.</summary>
    public Setting<int> Budget { get; private init; }

    /// <summary>See <see cref="CostMaxField"/>; nanodollars.</summary>
    public Setting<long> CostMax { get; private init; }

    /// <summary>Reads the section; null where there is none.</summary>
    public static HedgeOptions? Read(ConfigNode? node, FaultList faults) =>
        node is null || FieldReader.Open(node, Table, faults) is not { } reader ? null : new HedgeOptions
        {
            After = reader.Get(AfterField),
            Budget = reader.Get(BudgetField),
            CostMax = reader.Get(CostMaxField),
        };
}
