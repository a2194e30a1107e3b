using System.Text;
using AiEdge.DataPlane.Core;

namespace AiEdge.Stress.Tests;

/// <summary>What is wrong with the twin of <see cref="NamedLimits"/>.</summary>
public enum NamedDefect
{
    None,

    /// <summary>The new table is written, whatever stands there by then.</summary>
    PlainAdd,

    /// <summary>Whoever was overtaken adds his own to the other's table without looking whether it has the name by now.</summary>
    LooksOnce,
}

/// <summary>However many threads learn names, each has one place, and none is lost while there is room.</summary>
public sealed class NamedLimitsTests
{
    private const int Names = 12;
    private const int Full = NamedLimits.LearntMax - 6;

    private static readonly byte[][] Utf8 = [.. Enumerable.Range(0, Full + Names).Select(static i => Encoding.ASCII.GetBytes($"name-{i}"))];

    [Fact]
    public void Each_name_has_one_place() => Race.Passes(Find(
        static () =>
        {
            var limits = new NamedLimits();
            return (i => limits.Add(new AccountAsk(default, Utf8[i]), 0), i => limits.Find(new AccountAsk(default, Utf8[i])), () => [.. limits.Learnt.Select(static one => one.Name)]);
        },
        Race.Time));

    [Theory]
    [InlineData(NamedDefect.PlainAdd)]
    [InlineData(NamedDefect.LooksOnce)]
    public void A_broken_twin_is_caught(NamedDefect defect) => Race.Fails(Find(() => new TwinNames(defect).Ways, Race.TwinTime));

    [Fact]
    public void The_twin_without_a_defect_is_not_blamed() => Race.Passes(Find(static () => new TwinNames(NamedDefect.None).Ways, Race.Time));

    /// <summary>
    /// All but six places are taken when three threads add the same twelve names in different orders: six get one, and whoever was given limits of a name
    /// was given those that are found afterwards.
    /// </summary>
    private static string? Find(Func<(Func<int, object?> Add, Func<int, object?> Find, Func<string[]> All)> make, TimeSpan time)
    {
        var ways = make();
        var given = new object?[3][];
        return Race.Rounds(
            time,
            _ =>
            {
                ways = make();
                for (var i = 0; i < Full; i++)
                    ways.Add(i);
            },
            _ =>
            {
                var all = ways.All();
                if (all.Length != NamedLimits.LearntMax || all.Distinct().Count() != all.Length)
                    return $"{all.Length} places, {all.Distinct().Count()} names";
                for (var i = 0; i < Full; i++)
                {
                    if (ways.Find(i) is null)
                        return $"name {i} is lost";
                }

                for (var i = 0; i < Names; i++)
                {
                    foreach (var one in given)
                    {
                        if (one[i] is { } its && !ReferenceEquals(its, ways.Find(Full + i)))
                            return $"name {Full + i} has two places";
                    }
                }

                return null;
            },
            random => Add(0, random),
            random => Add(1, random),
            random => Add(2, random));

        void Add(int thread, Random random)
        {
            var (mine, start) = (new object?[Names], random.Next(Names));
            for (var i = 0; i < Names; i++)
                mine[(start + i) % Names] = ways.Add(Full + ((start + i) % Names));
            given[thread] = mine;
        }
    }

    /// <summary>Names and what was given for them, with pauses between the steps and, if asked for, a defect.</summary>
    private sealed class TwinNames(NamedDefect defect)
    {
        private (int Name, object Limits)[] _table = [];

        public (Func<int, object?>, Func<int, object?>, Func<string[]>) Ways =>
            (Add, i => Find(_table, i), () => [.. _table.Select(static one => $"name-{one.Name}")]);

        private static object? Find((int Name, object Limits)[] table, int name) => Array.Find(table, one => one.Name == name).Limits;

        private object? Add(int name)
        {
            for (var tries = 0; ; tries++)
            {
                var table = Volatile.Read(ref _table);
                if ((tries == 0 || defect != NamedDefect.LooksOnce) && Find(table, name) is { } known)
                    return known;
                if (table.Length >= NamedLimits.LearntMax)
                    return null;
                var added = new object();
                (int, object)[] next = [.. table, (name, added)];
                Race.Gap();
                if (defect == NamedDefect.PlainAdd)
                    Volatile.Write(ref _table, next);
                else if (Interlocked.CompareExchange(ref _table, next, table) != table)
                    continue;
                return added;
            }
        }
    }
}
