using AiEdge.DataPlane.Core;

namespace AiEdge.Stress.Tests;

/// <summary>What is wrong with a <see cref="TwinHealth"/>.</summary>
public enum HealthDefect
{
    None,

    /// <summary>What was computed is written, whatever stands there by then.</summary>
    PlainWrite,

    /// <summary>Who finds a probe due takes it without looking whether another has.</summary>
    PlainProbe,

    /// <summary>Phase and count are words of their own.</summary>
    TwoWords,
}

/// <summary>Health once more, of failures in a row alone, with pauses between its steps and, if asked for, a defect.</summary>
internal sealed class TwinHealth(HealthDefect defect) : IRacedHealth
{
    private const long Ejected = 100;
    private const long Probing = 200;
    private long _word;
    private long _row;

    public bool IsAvailable(long nowMs) => Volatile.Read(ref _word) is var word && (word < Ejected || (word == Ejected && nowMs >= TargetHealth.EjectedMs));

    public bool TryEnter(long nowMs, out bool isProbe)
    {
        var word = Volatile.Read(ref _word);
        isProbe = word == Ejected && nowMs >= TargetHealth.EjectedMs;
        Race.Gap();
        if (isProbe && defect == HealthDefect.PlainProbe)
            Volatile.Write(ref _word, Probing);
        else if (isProbe)
            isProbe = Interlocked.CompareExchange(ref _word, Probing, Ejected) == Ejected;
        return isProbe || word < Ejected;
    }

    public void Report(long nowMs, bool isFailure, bool isProbe)
    {
        if (defect == HealthDefect.TwoWords && !isProbe)
        {
            ReportInTwo(isFailure);
            return;
        }

        while (true)
        {
            var word = Volatile.Read(ref _word);
            Race.Gap();
            var next = word switch
            {
                Probing when isProbe => isFailure ? Ejected + 1 : 0,
                >= Ejected => word,
                _ when !isFailure => 0,
                _ => word + 1 >= TargetHealth.RowMax ? Ejected : word + 1,
            };
            if (defect == HealthDefect.PlainWrite)
            {
                Volatile.Write(ref _word, next);
                return;
            }

            if (Interlocked.CompareExchange(ref _word, next, word) == word)
                return;
        }
    }

    private void ReportInTwo(bool isFailure)
    {
        var row = isFailure ? Volatile.Read(ref _row) + 1 : 0;
        Race.Gap();
        Volatile.Write(ref _row, row);
        if (row >= TargetHealth.RowMax)
            Volatile.Write(ref _word, Ejected);
    }
}
