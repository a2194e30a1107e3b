using AiEdge.DataPlane.Tests.Dialects;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Tests.Translate;

/// <summary>Each direction has goldens of all that an answer may be, whole and streamed, but for what its provider's dialect has no word for.</summary>
public sealed class GoldenCasesTests
{
    /// <summary>A golden of any name counts for what its provider says in it; one of usage has the name, since the others are given theirs.</summary>
    private static readonly string[] Cases = ["text", "tools", "thinking", "refusal", "blocked", "length", "usage"];

    public static TheoryData<string, string> Directions
    {
        get
        {
            var rows = new TheoryData<string, string>();
            foreach (var client in SpokenShape.All)
            {
                foreach (var upstream in SpokenShape.All.Where(other => other != client))
                    rows.Add(client.Name, upstream.Name);
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Directions))]
    public void Every_case_has_a_golden(string client, string upstream)
    {
        var (missing, absent) = (new List<string>(), SpokenShape.Named(upstream).Absent);
        foreach (var kind in (string[])["answer", "stream"])
        {
            var seen = Golden.NamesOf(kind).Where(name => name.StartsWith($"{client}.to.{upstream}.", StringComparison.Ordinal)).SelectMany(CasesIn).ToHashSet();
            foreach (var one in Cases)
            {
                if (seen.Contains(one) == absent.ContainsKey(one))
                    missing.Add($"{client}.to.{upstream}.{kind}.{one}");
            }
        }

        Assert.True(missing.Count == 0, "missing, or there though it cannot be:\n" + string.Join('\n', missing));
    }

    private static IEnumerable<string> CasesIn(string name)
    {
        var golden = Golden.Open(name);
        var heard = Translating.Heard(golden.Upstream, golden.In, name.Contains(".stream.", StringComparison.Ordinal));
        if (name.EndsWith(".usage.txt", StringComparison.Ordinal))
            yield return "usage";
        if (heard.Kinds.Contains(NeutralKind.Text))
            yield return "text";
        if (heard.Kinds.Count(kind => kind == NeutralKind.ToolCall) > 1)
            yield return "tools";
        if (heard.Kinds.Contains(NeutralKind.Thinking))
            yield return "thinking";
        if (heard.Kinds.Contains(NeutralKind.Refusal))
            yield return "refusal";
        if (heard.Reasons.Contains(FinishReason.Filtered))
            yield return "blocked";
        if (heard.Reasons.Contains(FinishReason.Length))
            yield return "length";
    }
}
