using AiEdge.Tokenization.Estimation;

namespace AiEdge.Stress.Tests;

/// <summary>What is read of a value that is published over and over is one that was published, whole.</summary>
public sealed class LatestTests
{
    private const int Readers = 3;

    [Fact]
    public void A_value_is_never_read_in_parts()
    {
        var latest = new Latest<Words>(default);
        Race.Passes(Find(value => latest.Publish(value), () => { latest.Read(out Words value); return value; }, Race.Time));
    }

    [Theory]
    [InlineData(LatestDefect.OneSlot)]
    [InlineData(LatestDefect.NotChecked)]
    [InlineData(LatestDefect.CheckedTooEarly)]
    public void A_broken_twin_is_caught(LatestDefect defect)
    {
        var latest = new TwinLatest(defect);
        Race.Fails(Find(latest.Publish, latest.Read, Race.TwinTime));
    }

    [Fact]
    public void The_twin_without_a_defect_is_not_blamed()
    {
        var latest = new TwinLatest(LatestDefect.None);
        Race.Passes(Find(latest.Publish, latest.Read, Race.Time));
    }

    private static string? Find(Action<Words> publish, Func<Words> read, TimeSpan time)
    {
        long turn = 0;
        string? Write(Random random)
        {
            for (int i = 0; i < 50; i++)
                publish(Words.Of(++turn));
            return null;
        }

        string? Check(Random random)
        {
            long last = 0;
            for (int i = 0; i < 50; i++)
            {
                Words words = read();
                if (!words.IsWhole)
                    return $"read in parts: {words.A}, {words.B}, {words.C}, {words.D}";
                if (words.A < last)
                    return $"{words.A} was read after {last}";
                last = words.A;
            }

            return null;
        }

        return Race.Free(time, [Write, .. Enumerable.Repeat((Func<Random, string?>)Check, Readers)]);
    }
}

/// <summary>A value that is too large to be written at once.</summary>
internal struct Words
{
    public long A;
    public long B;
    public long C;
    public long D;

    public readonly bool IsWhole => A == B && B == C && C == D;

    public static Words Of(long turn) => new() { A = turn, B = turn, C = turn, D = turn };
}
