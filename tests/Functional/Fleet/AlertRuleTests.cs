using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests.Fleet;

/// <summary>deploy/prometheus-rules.yaml asks for what is there: an alert on a name that nobody exports would never ring.</summary>
public sealed class AlertRuleTests
{
    [Fact]
    public async Task Every_metric_that_a_rule_names_is_exported()
    {
        var rules = await File.ReadAllTextAsync(Path.Combine(Root(), "deploy/prometheus-rules.yaml"));
        var asked = Regex.Matches(rules, @"\b(aiedge|gen_ai)_[a-z_]+(?![a-z_]|!=)").Select(m => m.Value).Distinct().Order(StringComparer.Ordinal).ToList();
        Assert.True(asked.Count > 15);
        await using var control = await ScriptedControl.StartAsync();
        var (edge, _) = await LinkedEdge.ServeAsync(control);
        await using var _1 = edge;
        var exported = Names((await edge.AdminAsync("/metrics")).Text).Concat(Names(await ControlMetricsAsync())).ToHashSet(StringComparer.Ordinal);
        Assert.Equal([], asked.Where(name => !exported.Contains(name)));
        var alerts = Regex.Matches(rules, "- alert: (\\w+)").Select(m => m.Groups[1].Value).ToList();
        Assert.Equal(alerts.Count, alerts.Distinct().Count());
        var guide = await File.ReadAllTextAsync(Path.Combine(Root(), "docs/operations.md"));
        Assert.All(alerts, alert => Assert.Contains(alert, guide, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Every_kind_of_error_that_a_rule_names_is_one()
    {
        var rules = await File.ReadAllTextAsync(Path.Combine(Root(), "deploy/prometheus-rules.yaml"));
        var kinds = Regex.Matches(rules, "kind=~\"([^\"]+)\"").SelectMany(m => m.Groups[1].Value.Split('|')).ToList();
        Assert.True(kinds.Count > 3);
        Assert.All(kinds, kind => Assert.True(Enum.TryParse<DataPlane.Core.ErrorKind>(kind, out _), kind));
    }

    private static IEnumerable<string> Names(string metrics) => Regex.Matches(metrics, "^# TYPE (\\S+) ", RegexOptions.Multiline).Select(m => m.Groups[1].Value);

    private static async Task<string> ControlMetricsAsync()
    {
        await using var control = await LiveControl.StartAsync();
        return await control.GetAsync("/metrics");
    }

    private static string Root([CallerFilePath] string path = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(path)!, "../../.."));
}
