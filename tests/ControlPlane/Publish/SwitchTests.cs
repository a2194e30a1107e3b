using AiEdge.ControlPlane.Tests.Api;
using AiEdge.ControlPlane.Tests.Hosting;

namespace AiEdge.ControlPlane.Tests.Publish;

/// <summary>The kill switch, as planes are told of it.</summary>
public sealed class SwitchTests
{
    [Theory]
    [InlineData("models", "gpt-4o")]
    [InlineData("providers", "openai")]
    [InlineData("teams", "blue")]
    public async Task Planes_are_told_what_is_switched_off_and_what_is_on_again(string section, string name)
    {
        await using var rig = await ControlRig.WithModelAsync();
        using var rest = new RestClient(rig);
        await rest.DoAsync("PUT", "teams/blue", """{"may":{"models":["*"]}}""");
        await using var plane = new PlaneClient(rig.Channel(await rig.JoinAsync("p1")), "p1");
        await plane.HelloAsync();
        await plane.ChangeAsync();
        await plane.AppliedAsync();
        await rest.DoAsync("PATCH", $"{section}/{name}", """{"disabled":true}""");
        await plane.NextAsync();
        Assert.Contains("\"disabled\":true", plane.Entries[(section, name)], StringComparison.Ordinal);
        Assert.DoesNotContain("may", plane.Entries[(section, name)], StringComparison.Ordinal);

        // The keys of a team are revoked with it; what goes to a model or a provider ends by itself.
        Assert.Equal(section == "teams" ? ["teams/blue True"] : [], plane.Removals.Select(r => $"{r.Section}/{r.Name} {r.EndsExchanges}"));
        await plane.AppliedAsync();
        await rest.DoAsync("PATCH", $"{section}/{name}", """{"disabled":null}""");
        await plane.NextAsync();
        Assert.DoesNotContain("disabled", plane.Entries[(section, name)], StringComparison.Ordinal);
        Assert.Empty(plane.Removals);
    }

    [Theory]
    [InlineData("keys", "a", """{"sha256":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}""", true)]
    [InlineData("limits", "a", """{"requests":"9/min"}""", false)]
    public async Task Keys_and_limits_are_withheld(string section, string name, string json, bool ends)
    {
        await using var rig = await ControlRig.WithModelAsync();
        using var rest = new RestClient(rig);
        await rest.DoAsync("PUT", $"{section}/{name}", json);
        await using var plane = new PlaneClient(rig.Channel(await rig.JoinAsync("p1")), "p1");
        await plane.HelloAsync();
        await plane.ChangeAsync();
        await plane.AppliedAsync();
        await rest.DoAsync("PATCH", $"{section}/{name}", """{"disabled":true}""");
        await plane.NextAsync();
        Assert.Equal(ends, Assert.Single(plane.Removals).EndsExchanges);
        Assert.DoesNotContain((section, name), plane.Entries.Keys);
        await plane.AppliedAsync();
        await rest.DoAsync("PATCH", $"{section}/{name}", """{"disabled":false}""");
        await plane.NextAsync();
        Assert.Contains((section, name), plane.Entries.Keys);
    }

    [Theory]
    [InlineData("prices", "m", """{"input":1,"output":1,"disabled":true}""")]
    [InlineData("alerts", "m", """{"disabled":true}""")]
    public async Task What_has_no_switch_says_so(string section, string name, string json)
    {
        await using var rig = await ControlRig.WithModelAsync();
        using var rest = new RestClient(rig);
        var answer = await rest.SendAsync("PUT", $"{section}/{name}", json);
        Assert.Contains(answer.Faults, f => f.Contains("disabled", StringComparison.Ordinal));
    }
}
