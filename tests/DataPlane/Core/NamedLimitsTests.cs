using System.Text;
using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Tests.Core;

/// <summary>An account's limits under names that clients chose.</summary>
public sealed class NamedLimitsTests
{
    private readonly NamedLimits _limits = new();

    [Fact]
    public void A_name_has_its_own_limits_from_when_it_was_added()
    {
        Assert.Null(Find("gpt-5"));
        var five = Add("gpt-5", 0);
        Assert.NotNull(five);
        Assert.Same(five, Find("gpt-5"));
        Assert.Same(five, Add("gpt-5", 10));
        Assert.NotSame(five, Add("gpt-4", 0));
        Assert.Null(Find("gpt-"));
        Assert.Null(Find(""));
        Assert.Equal(["gpt-5", "gpt-4"], _limits.Learnt.Select(static one => one.Name));
    }

    [Fact]
    public void Who_names_thousands_pushes_out_nobody_who_is_in_use()
    {
        var kept = Enumerable.Range(0, NamedLimits.LearntMax).Select(i => Add($"useful-{i}", 0)).ToArray();
        for (var (i, now) = (0, 0L); i < 5000; i++, now += NamedLimits.IdleMs / 1000)
        {
            foreach (var one in kept)
                one!.Want(now, default);
            Assert.Null(Add($"foul-{i}", now));
        }

        Assert.Equal(kept, Enumerable.Range(0, NamedLimits.LearntMax).Select(i => Find($"useful-{i}")));
    }

    [Fact]
    public void Who_was_idle_longest_makes_room_once_he_was_so_for_a_minute()
    {
        for (var i = 0; i < NamedLimits.LearntMax; i++)
            Add($"name-{i}", i == 5 ? 0 : 20_000);
        Assert.Null(Add("new", NamedLimits.IdleMs - 1));
        var added = Add("new", NamedLimits.IdleMs);
        Assert.Same(added, Find("new"));
        Assert.Null(Find("name-5"));
        Assert.NotNull(Find("name-4"));
        Assert.NotNull(Find("name-6"));
        Assert.Null(Add("newer", NamedLimits.IdleMs + 1));
        Assert.Equal(NamedLimits.LearntMax, _limits.Learnt.Count);
    }

    [Theory]
    [InlineData("with space")]
    [InlineData("\u00fcber")]
    [InlineData("line\n")]
    public void A_name_that_is_not_printable_ASCII_has_no_place(string name)
    {
        Assert.Null(Add(name, 0));
        Assert.Empty(_limits.Learnt);
    }

    [Fact]
    public void What_the_configuration_names_is_not_kept_twice_and_takes_no_place()
    {
        var (learnt, other, configured) = (Add("learnt", 0), Add("other", 0), new AccountLimits());
        _limits.Configure([("learnt", learnt!), ("large", configured)]);
        Assert.Equal((learnt, other, configured), (Find("learnt"), Find("other"), Find("large")));
        Assert.Same(configured, Add("large", 0));
        Assert.Equal(["other"], _limits.Learnt.Select(static one => one.Name));
        _limits.Configure([]);
        Assert.Equal((null, other, null), (Find("learnt"), Find("other"), Find("large")));
        _limits.Configure(null);
        Assert.Null(Find("other"));
    }

    [Fact]
    public void To_find_one_allocates_nothing()
    {
        for (var i = 0; i < NamedLimits.LearntMax; i++)
            Add($"name-{i}", 0);
        var name = Encoding.UTF8.GetBytes("name-63");
        Assert.NotNull(_limits.Find(new AccountAsk(default, name)));
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            _limits.Find(new AccountAsk(default, name));
            _limits.Add(new AccountAsk(default, name), 1);
            _limits.Add(new AccountAsk(default, "unknown"u8), 1);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private AccountLimits? Find(string name) => _limits.Find(new AccountAsk(default, Encoding.UTF8.GetBytes(name)));

    private AccountLimits? Add(string name, long nowMs) => _limits.Add(new AccountAsk(default, Encoding.UTF8.GetBytes(name)), nowMs);
}
