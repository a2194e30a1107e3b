using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Tests.Admit;

namespace AiEdge.Stress.Tests;

/// <summary>What is wrong with a table's twin.</summary>
public enum TableDefect
{
    None,

    /// <summary>What was found is shown before it is complete.</summary>
    ShownEarly,

    /// <summary>All threads look in one list.</summary>
    OneScratch,
}

/// <summary>Which limits bind a key for a model is the same for everybody, also while the first ones ask.</summary>
public sealed class LimitTableTests
{
    private const int Keys = 6;
    private const int Models = 9;

    private static readonly LimitModel[] Limits =
    [
        .. Enumerable.Range(0, 12).Select(i => LimitWorld.Limit(
            $"l{i}",
            match: new LimitSelector { Keys = i % 3 == 0 ? null : LimitWorld.Names($"k{i % Keys}", "k1"), Models = i % 4 == 0 ? null : LimitWorld.Names($"m{i % Models}", "m2") },
            quantities: LimitWorld.Amount(LimitUnit.Requests, 10))),
    ];

    private static readonly ModelModel[] AllModels = [.. new ModelTable([.. Enumerable.Range(0, Models).Select(i => LimitWorld.Model($"m{i}"))]).All];

    private static readonly int[][] Expected = [.. Enumerable.Range(0, Keys * Models).Select(i => Make()(i / Models, i % Models))];

    [Fact]
    public void Everybody_finds_the_same() => Race.Passes(Find(Make, Race.Time));

    [Theory]
    [InlineData(TableDefect.ShownEarly)]
    [InlineData(TableDefect.OneScratch)]
    public void A_broken_twin_is_caught(TableDefect defect) => Race.Fails(Find(() => Twin(defect), Race.TwinTime));

    [Fact]
    public void The_twin_without_a_defect_is_not_blamed() => Race.Passes(Find(() => Twin(TableDefect.None), Race.Time));

    private static string? Find(Func<Func<int, int, int[]>> make, TimeSpan time)
    {
        var resolve = make();
        return Race.Rounds(
            time,
            _ => resolve = make(),
            _ => null,
            [.. Enumerable.Repeat<Action<Random>>(
                random =>
                {
                    for (var i = 0; i < 12; i++)
                    {
                        var at = random.Next(Keys * Models);
                        var found = resolve(at / Models, at % Models);
                        if (!found.AsSpan().SequenceEqual(Expected[at]))
                            throw new InvalidOperationException($"{string.Join(',', found)} instead of {string.Join(',', Expected[at])}");
                    }
                },
                3)]);
    }

    private static Func<int, int, int[]> Make()
    {
        var table = new LimitTable(Limits);
        var keys = Enumerable.Range(0, Keys).Select(i => LimitWorld.Key($"k{i}")).ToArray();
        return (key, model) => Array.ConvertAll(table.Resolve(keys[key], AllModels[model]).First, part => part.Index);
    }

    private static Func<int, int, int[]> Twin(TableDefect defect)
    {
        var known = new int[]?[Keys * Models];
        var scratch = new List<int>();
        return Resolve;

        int[] Resolve(int key, int model)
        {
            ref var slot = ref known[key * Models + model];
            if (Volatile.Read(ref slot) is { } found)
                return found;
            var expected = Expected[key * Models + model];
            if (defect == TableDefect.ShownEarly)
            {
                var early = new int[expected.Length];
                Volatile.Write(ref slot, early);
                Race.Gap();
                expected.CopyTo(early, 0);
                return early;
            }

            var list = defect == TableDefect.OneScratch ? scratch : [];
            list.Clear();
            foreach (var index in expected)
            {
                Race.Gap();
                list.Add(index);
            }

            int[] made = [.. list];
            Volatile.Write(ref slot, made);
            return made;
        }
    }
}
