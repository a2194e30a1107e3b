using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Fields;
using AiEdge.Contracts.Tree;

namespace AiEdge.Contracts.Options;

/// <summary>
/// How often a request is sent again, as long as nothing of an answer has gone to its client (<c>retry:</c>). What is not written here comes
/// from the top of the document.
/// </summary>
public sealed class RetryOptions
{
    /// <summary>How often it is sent at most, the first time included.</summary>
    public static readonly IntegerField AttemptsField = new("attempts", 3, 1, 10);

    /// <summary>How many of a model's requests may be sent again, besides a few.</summary>
    public static readonly PercentField BudgetField = new("budget", 20);

    /// <summary>How long is waited at most before one is sent again.</summary>
    public static readonly DurationField WaitMaxField = new("waitMax", "5s", "1ms", "60s", ZeroDuration.Zero);

    /// <summary>Whether the target that failed is asked again where there is no other.</summary>
    public static readonly BooleanField SameTargetField = new("sameTarget", false);

    /// <summary>The fields.</summary>
    public static readonly FieldTable Table = new("retry", AttemptsField, BudgetField, WaitMaxField, SameTargetField);

    /// <summary>Nothing written.</summary>
    public static readonly RetryOptions None = new();

    /// <summary>See <see cref="AttemptsField"/>.</summary>
    public Setting<int> Attempts { get; private init; }

    /// <summary>See <see cref="BudgetField"/>; percent.</summary>
    public Setting<int> Budget { get; private init; }

    /// <summary>See <see cref="WaitMaxField"/>.</summary>
    public Setting<TimeSpan> WaitMax { get; private init; }

    /// <summary>See <see cref="SameTargetField"/>.</summary>
    public Setting<bool> SameTarget { get; private init; }

    /// <summary>These settings, completed by those of a wider place.</summary>
    public RetryOptions Over(RetryOptions wider)
    {
        ArgumentNullException.ThrowIfNull(wider);
        return new RetryOptions
        {
            Attempts = Attempts.Or(wider.Attempts),
            Budget = Budget.Or(wider.Budget),
            WaitMax = WaitMax.Or(wider.WaitMax),
            SameTarget = SameTarget.Or(wider.SameTarget),
        };
    }

    /// <summary>Reads the section; nothing written where it is absent.</summary>
    public static RetryOptions Read(ConfigNode? node, FaultList faults) =>
        node is null || FieldReader.Open(node, Table, faults) is not { } reader ? None : new RetryOptions
        {
            Attempts = reader.Get(AttemptsField),
            Budget = reader.Get(BudgetField),
            WaitMax = reader.Get(WaitMaxField),
            SameTarget = reader.Get(SameTargetField),
        };
}
