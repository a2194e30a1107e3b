using AiEdge.DataPlane.Core;

namespace AiEdge.Stress.Tests;

/// <summary>What is wrong with a <see cref="TwinSteps"/>.</summary>
public enum StepDefect
{
    None,

    /// <summary>Two steps that are due at the same time are the same word.</summary>
    Alike,

    /// <summary>The lease is read once the step has been taken away.</summary>
    LeaseLast,
}

/// <summary>The step of a client's link once more, with pauses at its racy points and, if asked for, a defect.</summary>
internal sealed class TwinSteps(StepDefect defect) : ISteps
{
    private const long Never = long.MaxValue;

    private long _step = Never;
    private byte _steps;
    private long _lease;
    private long _late = -1;

    public bool IsLate => Volatile.Read(ref _late) == Volatile.Read(ref _lease);

    public void Lease(long lease) => Volatile.Write(ref _lease, lease);

    public void Begin(long lease)
    {
        Lease(lease);
        var number = defect == StepDefect.Alike ? 0 : ++_steps;
        Volatile.Write(ref _step, (long)number << 8 | (byte)Step.Late);
    }

    public void End() => Volatile.Write(ref _step, Never);

    public void Act()
    {
        var step = Volatile.Read(ref _step);
        var lease = Volatile.Read(ref _lease);
        Race.Gap();
        if (step == Never || Interlocked.CompareExchange(ref _step, Never, step) != step)
            return;
        if (defect == StepDefect.LeaseLast)
        {
            Race.Gap();
            lease = Volatile.Read(ref _lease);
        }

        Volatile.Write(ref _late, lease);
    }
}
