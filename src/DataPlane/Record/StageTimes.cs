using System.Numerics;
using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Record;

/// <summary>
/// How long exchanges are in each of their stages, by stamps that they carry. All of them are counted here, so there is a set of counters for each
/// processor, up to <see cref="SetsMax"/>.
/// </summary>
internal sealed class StageTimes
{
    /// <summary>How many stages there are.</summary>
    public static readonly int Stages = Enum.GetValues<ExchangeStage>().Length;

    private const int SetsMax = 16;

    /// <summary>Microseconds: what is ours is some of them, what providers take is minutes.</summary>
    private static readonly long[] Us =
        [5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 50_000, 100_000, 500_000, 1_000_000, 5_000_000, 10_000_000, 60_000_000, 600_000_000];

    private readonly Histogram[] _histograms;
    private readonly int _mask;

    public StageTimes()
    {
        var sets = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Min(SetsMax, Environment.ProcessorCount));
        _mask = sets - 1;
        _histograms = new Histogram[sets * Stages];
        for (var i = 0; i < _histograms.Length; i++)
            _histograms[i] = new Histogram(Us);
    }

    /// <summary>Counts the stages that an exchange has come through; that in which it has ended otherwise is none of them.</summary>
    public void Add(Exchange exchange)
    {
        var set = (Thread.GetCurrentProcessorId() & _mask) * Stages;
        Add(set, ExchangeStage.Read, exchange.StartedAt, exchange.BodyReadAt);
        Add(set, ExchangeStage.Route, exchange.BodyReadAt, exchange.RoutedAt);
        Add(set, ExchangeStage.Admit, exchange.RoutedAt, exchange.AdmittedAt);
        Add(set, ExchangeStage.Send, exchange.AdmittedAt, exchange.SentAt);
        Add(set, ExchangeStage.Wait, exchange.SentAt, exchange.FirstByteAt);
        Add(set, ExchangeStage.Answer, exchange.FirstByteAt, exchange.AnsweredAt);
        Add(set, ExchangeStage.End, exchange.AnsweredAt, exchange.EndedAt);
    }

    /// <summary>What is known of a stage.</summary>
    public Histogram Of(ExchangeStage stage)
    {
        var sum = new Histogram(Us);
        for (var i = (int)stage; i < _histograms.Length; i += Stages)
            sum.Add(_histograms[i]);
        return sum;
    }

    /// <summary>The word for a stage, in metrics.</summary>
    public static string NameOf(ExchangeStage stage) => stage switch
    {
        ExchangeStage.Read => "read",
        ExchangeStage.Route => "route",
        ExchangeStage.Admit => "admit",
        ExchangeStage.Send => "send",
        ExchangeStage.Wait => "wait",
        ExchangeStage.Answer => "answer",
        _ => "end",
    };

    private void Add(int set, ExchangeStage stage, long from, long to)
    {
        if (from != 0 && to != 0)
            _histograms[set + (int)stage].Add(Math.Max(0, EdgeClock.Us(from, to)));
    }
}
