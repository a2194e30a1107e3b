using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Fields;
using AiEdge.Contracts.Tree;

namespace AiEdge.Contracts.Options;

/// <summary>How often a request for a whole answer is sent at once, and which of the answers is taken (<c>models.NAME.ensemble</c>).</summary>
public sealed class EnsembleOptions
{
    /// <summary>Attempts at once.</summary>
    public const int SizeMax = 8;

    /// <summary>Word of <see cref="PickField"/> for the first good answer.</summary>
    public const string FirstValid = "first-valid";

    /// <summary>How many attempts are made at once.</summary>
    public static readonly CountField SizeField = new("size", 2, SizeMax) { IsRequired = true };

    /// <summary>Which of the answers is taken.</summary>
    public static readonly ChoiceField PickField =
        new("pick", [FirstValid, "majority", "most-probable", "shortest", "longest"]) { Default = "majority" };

    /// <summary>What an answer is not taken for as long as there is another; left out, all of it.</summary>
    public static readonly StringListField UnlessField = new("unless", TextRules.CascadeRule, TextRules.CascadeRulesMax);

    /// <summary>With so many good answers nobody waits for more; left out, all are waited for.</summary>
    public static readonly CountField AnswersMinField = new("answersMin", 1, SizeMax);

    /// <summary>How long is waited for more answers once there is one.</summary>
    public static readonly DurationField WithinField = new("within", "30s", "100ms", "1h", ZeroDuration.Off);

    /// <summary>The fields.</summary>
    public static readonly FieldTable Table = new("ensemble", SizeField, PickField, UnlessField, AnswersMinField, WithinField);

    /// <summary>See <see cref="SizeField"/>.</summary>
    public Setting<long> Size { get; private init; }

    /// <summary>See <see cref="PickField"/>.</summary>
    public Setting<string> Pick { get; private init; }

    /// <summary>See <see cref="UnlessField"/>.</summary>
    public Setting<IReadOnlyList<Setting<string>>> Unless { get; private init; }

    /// <summary>See <see cref="AnswersMinField"/>.</summary>
    public Setting<long> AnswersMin { get; private init; }

    /// <summary>See <see cref="WithinField"/>.</summary>
    public Setting<TimeSpan> Within { get; private init; }

    /// <summary>Reads the section; null where there is none.</summary>
    public static EnsembleOptions? Read(ConfigNode? node, FaultList faults) =>
        node is null || FieldReader.Open(node, Table, faults) is not { } reader ? null : new EnsembleOptions
        {
            Size = reader.Get(SizeField),
            Pick = reader.Get(PickField),
            Unless = reader.Get(UnlessField),
            AnswersMin = reader.Get(AnswersMinField),
            Within = reader.Get(WithinField),
        };
}
