using AiEdge.Contracts.Wire;
using AiEdge.ControlPlane.Quota;

namespace AiEdge.ControlPlane.Tests.Quota;

/// <summary>Who gets how much: between keys, and between the planes of one.</summary>
public sealed partial class AllocatorTests
{
    [Theory]
    [InlineData(Priority.Normal, Priority.Normal, 0.42, 0.58)]
    [InlineData(Priority.High, Priority.Normal, 0.90, 0.96)]
    public void A_key_on_three_planes_gets_no_more_than_one_on_a_fourth_and_a_higher_class_nearly_all(
        Priority greedy, Priority quiet, double least, double most)
    {
        var control = Start();
        var planes = Enumerable.Range(0, 4).Select(i => (Plane: control.Join($"p{i}", 1, Now), Seat: new BucketSeat(Id), Granted: new List<BucketGrant>())).ToList();
        Put(control);
        for (var turn = 0; turn < 120; turn++, _now += S / 4)
        {
            for (var i = 0; i < planes.Count; i++)
            {
                // All that was lent is used, and ten times the limit wanted.
                var report = new BucketReport { Bucket = 1 };
                report.Wants.Add(new Want { Subject = i < 3 ? 1u : 2u, Amount = 5_000, Priority = i < 3 ? greedy : quiet });
                if (planes[i].Granted.LastOrDefault() is { Lease: > 0 } last)
                    report.Leases.Add(new LeaseUse { Lease = last.Lease, Amount = last.Amount, Used = last.Amount, IsClosed = true });
                planes[i].Granted.Add(AskWritten(control, planes[i].Plane, planes[i].Seat, report));
            }
        }

        var sums = planes.Select(plane => plane.Granted.Skip(40).Sum(grant => (double)grant.Amount)).ToList();
        Assert.InRange(sums.Take(3).Sum() / sums.Sum(), least, most);
        Assert.InRange(sums.Sum(), 0.95 * 100 * 20, 1.05 * 100 * 20);
    }

    [Fact]
    public void Requests_of_one_key_count_by_their_class_on_whichever_plane()
    {
        var control = Start();
        var planes = Enumerable.Range(0, 2).Select(i => (Plane: control.Join($"p{i}", 1, Now), Seat: new BucketSeat(Id), Last: new BucketGrant(), Sums: new List<double>())).ToArray();
        Put(control);
        for (var turn = 0; turn < 120; turn++, _now += S / 4)
        {
            for (var i = 0; i < planes.Length; i++)
            {
                var report = new BucketReport { Bucket = 1 };
                report.Wants.Add(new Want { Subject = 1, Amount = 5_000, Priority = i == 0 ? Priority.High : Priority.Low });
                if (planes[i].Last is { Lease: > 0 } last)
                    report.Leases.Add(new LeaseUse { Lease = last.Lease, Amount = last.Amount, Used = last.Amount, IsClosed = true });
                planes[i].Last = AskWritten(control, planes[i].Plane, planes[i].Seat, report);
                planes[i].Sums.Add(planes[i].Last.Amount);
            }
        }

        var sums = planes.Select(plane => plane.Sums.Skip(40).Sum()).ToList();
        Assert.InRange(sums[0] / sums.Sum(), 0.90, 0.96);
    }

    [Fact]
    public void Of_one_key_a_plane_with_little_demand_gets_all_of_it_and_one_with_much_the_rest()
    {
        var control = Start();
        var planes = Enumerable.Range(0, 3).Select(i => (Plane: control.Join($"p{i}", 1, Now), Seat: new BucketSeat(Id), Last: new BucketGrant(), Sums: new List<double>())).ToArray();
        Put(control);
        for (var turn = 0; turn < 160; turn++, _now += S / 4)
        {
            for (var i = 0; i < planes.Length; i++)
            {
                // Ten a second on each of two, and far too much on the third: all that was lent is used.
                var report = new BucketReport { Bucket = 1 };
                report.Wants.Add(new Want { Subject = 1, Amount = i < 2 ? 50u : 5_000u });
                if (planes[i].Last is { Lease: > 0 } last)
                    report.Leases.Add(new LeaseUse { Lease = last.Lease, Amount = last.Amount, Used = last.Amount, IsClosed = true });
                planes[i].Last = AskWritten(control, planes[i].Plane, planes[i].Seat, report);
                planes[i].Sums.Add(planes[i].Last.Amount);
            }
        }

        // In the last thirty seconds; their stock is wanted anew each time, for it is used up at once.
        var rates = planes.Select(plane => plane.Sums.Skip(40).Sum() / 30).ToList();
        Assert.InRange(rates[0], 10, 30);
        Assert.InRange(rates[1], 10, 30);
        Assert.InRange(rates.Sum(), 95, 105);
    }
}
