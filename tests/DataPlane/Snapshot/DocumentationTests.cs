using AiEdge.Contracts.Fields;
using AiEdge.Contracts.Options;
using AiEdge.Contracts.Source;
using AiEdge.DataPlane.Tests.Translate;

namespace AiEdge.DataPlane.Tests.Snapshot;

/// <summary>docs/configuration.md: its examples load, and its tables say what the fields say.</summary>
public sealed class DocumentationTests
{
    private static readonly string GuideFile = Repository.PathOf("docs/configuration.md");
    private static readonly string[] Guide = File.ReadAllLines(GuideFile);

    private static readonly Dictionary<string, FieldTable> Tables = new()
    {
        ["providers.NAME"] = ProviderOptions.Table,
        ["providers.NAME.accounts.NAME"] = AccountOptions.Table,
        ["providers.NAME.tls"] = TlsOptions.ProviderTable,
        ["providers.NAME.probe"] = ProbeOptions.Table,
        ["providers.NAME.capacity"] = CapacityOptions.Table,
        ["models.NAME"] = ModelOptions.Table,
        ["models.NAME.targets[]"] = TargetOptions.Table,
        ["models.NAME.simple"] = SimpleOptions.Table,
        ["models.NAME.health"] = HealthOptions.Table,
        ["models.NAME.hedge"] = HedgeOptions.Table,
        ["models.NAME.cascade[]"] = CascadeOptions.Table,
        ["models.NAME.ensemble"] = EnsembleOptions.Table,
        ["affinity"] = AffinityOptions.Table,
        ["tokenizers.NAME"] = TokenizerOptions.Table,
        ["teams.NAME"] = TeamOptions.Table,
        ["teams.NAME.may"] = TeamMayOptions.Table,
        ["keys[]"] = KeyOptions.Table,
        ["keys[].previous"] = PreviousSecretOptions.Table,
        ["limits[]"] = LimitOptions.Table,
        ["limits[].match"] = LimitMatchOptions.Table,
        ["limits[].weights"] = LimitWeightsOptions.Table,
        ["limits[].queue"] = LimitQueueOptions.Table,
        ["limits[].degrade[]"] = DegradeOptions.Table,
        ["retry"] = RetryOptions.Table,
        ["price"] = PriceOptions.Table,
        ["price.longContext"] = LongContextOptions.Table,
        ["runaway"] = RunawayOptions.Table,
        ["timeouts"] = TimeoutsOptions.Table,
        ["server"] = ServerOptions.Table,
        ["journal"] = JournalOptions.Table,
        ["server.tls"] = TlsOptions.ServerTable,
    };

    [Fact]
    public void Every_example_loads_without_faults_or_warnings_and_fits_the_schema()
    {
        var yaml = Blocks("yaml");
        Assert.Equal(2, yaml.Count);
        foreach (var example in yaml)
        {
            AssertLoads(example, ConfigFormat.Yaml);
            Assert.Empty(SchemaTests.Errors(example));
        }

        AssertLoads(Assert.Single(Blocks("json")), ConfigFormat.Json);
    }

    [Fact]
    public void Every_field_has_its_row_with_its_default_and_its_bounds()
    {
        var rows = Rows();
        Assert.Equal(Tables.Keys.Order(StringComparer.Ordinal), rows.Keys.Order(StringComparer.Ordinal));
        foreach (var (section, table) in Tables)
        {
            var fields = table.Fields.Where(f => f is not LaterField).ToList();
            Assert.Equal(fields.Select(f => f.Name), rows[section].Select(r => r[0].Trim('`')));
            foreach (var (field, row) in fields.Zip(rows[section]))
            {
                Assert.Equal(field.IsRequired ? "required" : field.DefaultText ?? "", row[1]);
                if (field.BoundsText is not null)
                    Assert.Equal(field.BoundsText, row[2]);
                Assert.True(row[3].Length > 10 && row[3].EndsWith('.'), field.Name);
            }
        }
    }

    [Fact]
    public void A_provider_s_dialects_are_those_that_there_are()
    {
        var dialects = $"| `dialect` | required | {ProviderOptions.DialectField.BoundsText} |";
        var lines = Guide.Select(line => line.StartsWith("| `dialect` |", StringComparison.Ordinal) ? dialects + line.Split('|', 5)[4] : line);
        Golden.Check(GuideFile, string.Join('\n', lines) + "\n");
    }

    private static void AssertLoads(string text, ConfigFormat format)
    {
        var load = Doc.Load(text, name => name.EndsWith("SHA256", StringComparison.Ordinal) ? new string('a', 64) : "sk-" + name, format);
        Assert.Empty(Doc.Lines(load.Faults));
        Assert.Empty(Doc.Lines(load.Warnings));
    }

    private static List<string> Blocks(string language)
    {
        var blocks = new List<string>();
        for (var i = 0; i < Guide.Length; i++)
        {
            if (Guide[i] != "```" + language)
                continue;
            var end = Array.IndexOf(Guide, "```", i);
            blocks.Add(string.Join('\n', Guide[(i + 1)..end]));
            i = end;
        }

        return blocks;
    }

    /// <summary>The rows of the table below each heading that names a section.</summary>
    private static Dictionary<string, List<string[]>> Rows()
    {
        var all = new Dictionary<string, List<string[]>>();
        List<string[]>? rows = null;
        foreach (var line in Guide)
        {
            if (line.StartsWith("### `", StringComparison.Ordinal))
                all.Add(line[5..^1], rows = []);
            else if (line.StartsWith('#'))
                rows = null;
            else if (rows is not null && line.StartsWith("| `", StringComparison.Ordinal))
                rows.Add([.. line.Trim('|').Split('|', 4).Select(cell => cell.Trim())]);
        }

        return all;
    }
}
