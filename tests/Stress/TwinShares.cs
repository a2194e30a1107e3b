using AiEdge.Limits;

namespace AiEdge.Stress.Tests;

/// <summary>What is wrong with <see cref="TwinShares"/>.</summary>
public enum SharesDefect
{
    None,

    /// <summary>An own draw lowers the claim before the whole, and says nothing of what is between.</summary>
    NoMoving,

    /// <summary>A borrower takes what it has decided on, whatever the whole is by then.</summary>
    PlainBorrow,

    /// <summary>A borrower takes first and looks afterwards, and an owner asks the whole like anybody.</summary>
    TakeThenLook,

    /// <summary>A refund raises the whole before the claim, and says nothing of what is between.</summary>
    NoMovingRefund,

    /// <summary>Who lends by pace takes the difference that he has seen, whatever another has taken meanwhile.</summary>
    ReleaseByDifference,
}

/// <summary>What the race does with a guaranteed part and the rest, whichever they are.</summary>
internal interface IRacedShares
{
    long Used { get; }

    bool TryDraw(bool isOwner, long cost, out long token);

    void Refund(bool isOwner, long amount, long token);
}

/// <summary>The bucket itself: 300 of 1000 are guaranteed; by pace 150, for half of the window has passed.</summary>
internal sealed class RacedShares : IRacedShares
{
    private const long NowNs = LimitClock.SecondNs / 2;

    private readonly SharedBucket _all;

    public RacedShares(bool isByPace)
    {
        var clock = new LimitClock(new UnixEpoch());
        _all = SharedBucket.OfWindow(1000, WindowSchedule.Fixed(LimitClock.SecondNs), DebtPolicy.Carry, clock, [30], NowNs, isByPace);
    }

    public long Used => _all.Parent.Used(NowNs);

    public bool TryDraw(bool isOwner, long cost, out long token)
    {
        var isDrawn = Of(isOwner).TryDraw(cost, NowNs, out var draw);
        token = draw.Token;
        return isDrawn;
    }

    public void Refund(bool isOwner, long amount, long token) => Of(isOwner).Refund(amount, token, NowNs);

    private LimitBucket Of(bool isOwner) => isOwner ? _all.Of(0) : _all.Common;
}

/// <summary>The same protocol once more, with pauses at its racy points and, if asked for, a defect.</summary>
internal sealed class TwinShares(SharesDefect defect, bool isByPace) : IRacedShares
{
    private long _whole = 1000;
    private long _claim = 300;
    private long _moving;

    public long Used => 1000 - Volatile.Read(ref _whole);

    public bool TryDraw(bool isOwner, long cost, out long token)
    {
        token = 0;
        return isOwner ? TryDrawOwn(cost) : TryBorrow(cost);
    }

    public void Refund(bool isOwner, long amount, long token)
    {
        if (isOwner && defect != SharesDefect.NoMovingRefund)
            Interlocked.Add(ref _moving, amount);
        Interlocked.Add(ref _whole, amount);
        Race.Gap();
        if (!isOwner)
            return;
        Interlocked.Add(ref _claim, amount);
        if (defect != SharesDefect.NoMovingRefund)
            Interlocked.Add(ref _moving, -amount);
    }

    private bool TryDrawOwn(long cost)
    {
        if (defect != SharesDefect.NoMoving)
            Interlocked.Add(ref _moving, cost);
        var isDrawn = Interlocked.Add(ref _claim, -cost) >= 0;
        Race.Gap();
        if (defect == SharesDefect.TakeThenLook)
        {
            isDrawn &= Interlocked.Add(ref _whole, -cost) >= 0;
            if (!isDrawn)
                Interlocked.Add(ref _whole, cost);
        }
        else if (isDrawn)
        {
            Interlocked.Add(ref _whole, -cost);
        }

        if (!isDrawn)
            Interlocked.Add(ref _claim, cost);
        if (defect != SharesDefect.NoMoving)
            Interlocked.Add(ref _moving, -cost);
        return isDrawn;
    }

    private void Release()
    {
        const long Kept = 150;
        var claim = Volatile.Read(ref _claim);
        Race.Gap();
        if (defect == SharesDefect.ReleaseByDifference && claim > Kept)
            Interlocked.Add(ref _claim, Kept - claim);
        while (defect != SharesDefect.ReleaseByDifference && claim > Kept && Interlocked.CompareExchange(ref _claim, Kept, claim) is var found && found != claim)
            claim = found;
    }

    private bool TryBorrow(long cost)
    {
        if (isByPace)
            Release();
        if (defect == SharesDefect.TakeThenLook)
        {
            var left = Interlocked.Add(ref _whole, -cost);
            Race.Gap();
            if (left >= Claims())
                return true;
            Interlocked.Add(ref _whole, cost);
            return false;
        }

        while (true)
        {
            var whole = Volatile.Read(ref _whole);
            Race.Gap();
            if (whole - cost < Claims())
                return false;
            if (defect == SharesDefect.PlainBorrow)
                Interlocked.Add(ref _whole, -cost);
            else if (Interlocked.CompareExchange(ref _whole, whole - cost, whole) != whole)
                continue;
            return true;
        }
    }

    private long Claims()
    {
        var sum = Volatile.Read(ref _moving);
        Race.Gap();
        sum += Volatile.Read(ref _claim);
        Race.Gap();
        return sum + Volatile.Read(ref _moving);
    }
}
