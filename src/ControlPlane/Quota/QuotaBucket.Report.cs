using AiEdge.Contracts.Wire;
using AiEdge.Limits;

namespace AiEdge.ControlPlane.Quota;

/// <summary>What a plane says of a bucket: its leases, what it used beside them, and what it wants.</summary>
internal abstract partial class QuotaBucket
{
    private void TakeLeases(PlanePart part, ulong stream, BucketReport report, Moment now)
    {
        var isFirst = part.Stream != stream;
        part.Stream = stream;
        foreach (var use in report.Leases)
        {
            if (part.Find(use.Lease) is { } lease)
                Take(lease, use, stream);
            else if (part.Released is { } released && released.Remove(use.Lease, out var known))
                Charge(part, known.Window, Clamp(use.Used) - known.Used);
            else if (!use.IsClosed && use.Amount > 0 && all.IsEarlier(use.Lease))
                Adopt(part, use, stream, now);
        }

        if (!isFirst)
            return;
        for (var i = part.Leases.Count - 1; i >= 0; i--)
        {
            if (part.Leases[i] is var lease && lease.Seen != stream)
                Close(lease);
        }
    }

    private void Take(QuotaLease lease, LeaseUse use, ulong stream)
    {
        lease.Seen = stream;
        var used = Math.Min(Clamp(use.Used), lease.Amount);
        if (used != lease.Used)
        {
            lease.Part.Held -= lease.IsHeld ? 0 : used - lease.Used;
            OnTold(lease.Part, lease.Window, used - lease.Used);
            OnUsed(lease, used - lease.Used);
            lease.Used = used;
        }

        if (use.IsClosed)
        {
            Close(lease);
        }
        else if (use.Amount > 0 && Math.Max(Clamp(use.Amount), used) is var amount && amount < lease.Amount && !lease.IsHeld)
        {
            var back = lease.Amount - amount;
            lease.Amount = amount;
            lease.Part.Held -= back;
            OnReturned(lease, back);
        }
    }

    private void Close(QuotaLease lease)
    {
        var rest = lease.Rest;
        Drop(lease);
        OnReturned(lease, rest);
        if (_spare.Count < _partList.Count)
            _spare.Push(lease);
    }

    private void Adopt(PlanePart part, LeaseUse use, ulong stream, Moment now)
    {
        var lease = new QuotaLease(use.Lease, part, Clamp(use.Amount), now.Ns + LengthNs + LimitClock.SecondNs, (long)use.Window)
        {
            Seen = stream,
            Used = Math.Min(Clamp(use.Used), Clamp(use.Amount)),
        };
        OnAdopted(lease, now);
    }

    private void Charge(PlanePart part, long window, long delta)
    {
        OnTold(part, window, delta);
        Charge(window, delta);
        OnChargedTo(part.ShareAt, window, delta);
    }

    private void TakeTotals(PlanePart part, BucketReport report, Moment now)
    {
        foreach (var adjustment in report.Adjustments)
        {
            var before = part.Adjusted.TryGetValue(adjustment.Window, out var known) ? known : adjustment.Acknowledged;
            part.Adjusted[adjustment.Window] = adjustment.Total;
            if (adjustment.Total != before)
                Charge(part, (long)adjustment.Window, Math.Clamp(adjustment.Total - before, -LimitBucket.AmountMax, LimitBucket.AmountMax));
        }

        var outage = Clamp(report.OutageTotal);
        if (part.OutageCharged < 0)
            part.OutageCharged = StartsOutageAt(Clamp(report.OutageAcknowledged), outage, now);
        if (outage > part.OutageCharged)
            ChargeOutage(part, outage - part.OutageCharged);
        part.OutageCharged = outage;
    }

    private void TakeWants(PlanePart part, BucketReport report, IReadOnlyDictionary<uint, string> keys)
    {
        Forget(part);
        part.Least = Clamp(report.Least);
        double wanted = 0;
        foreach (var want in report.Wants)
            wanted += want.Amount;
        if (wanted <= 0)
            return;
        part.Demand = DemandOf(part, wanted);
        foreach (var want in report.Wants)
        {
            if (want.Amount == 0)
                continue;
            var name = keys.GetValueOrDefault(want.Subject) ?? "";
            if (part.Share.Length > 0)
                name = $"{name}\n{part.Share}";
            if (!_keys.TryGetValue((name, want.Priority), out var key))
            {
                _keys.Add((name, want.Priority), key = new Claimant(name) { Priority = want.Priority });
                _hasNewcomer = true;
            }

            key.Share = part.ShareAt;

            var demand = ClaimOf(part) * want.Amount / wanted;
            key.Demand += demand;
            part.Demands.Add((key, demand));
        }
    }

    private static long Clamp(ulong amount) => (long)Math.Min(amount, LimitBucket.AmountMax);
}
