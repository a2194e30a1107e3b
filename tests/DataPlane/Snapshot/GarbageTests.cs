using System.Text;
using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Source;

namespace AiEdge.DataPlane.Tests.Snapshot;

/// <summary>Whatever the bytes are: either a snapshot or faults, never an exception, and no fault without words.</summary>
public sealed class GarbageTests
{
    private static readonly string Sample = File.ReadAllText(Repository.PathOf("deploy/samples/aiedge.yaml"));

    private static readonly byte[][] Seeds =
    [
        Encoding.UTF8.GetBytes(Sample),
        Encoding.UTF8.GetBytes(Doc.Head + "keys: [ { name: a, sha256: \"" + Doc.Sha + "\", tags: { a: b }, models: [ \"gpt-*\" ], expires: 2027-01-01T00:00:00+01:00 } ]\nserver: { probe: \"[::1]:9\", heartbeat: off }\n"),
        Encoding.UTF8.GetBytes(Doc.ToJson(Doc.Tree(Sample, ConfigFormat.Yaml, out _)!)),
        Encoding.UTF8.GetBytes(File.ReadAllText(Repository.PathOf("deploy/samples/team-budgets.yaml"))
            .Replace("${env:CHECKOUT_KEY_SHA256}", Doc.Sha, StringComparison.Ordinal)
            .Replace("${env:NIGHTLY_KEY_SHA256}", new string('0', 64), StringComparison.Ordinal)),
    ];

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(2, true)]
    public void A_document_cut_at_any_byte_is_read_or_refused(int seed, bool isJson)
    {
        var format = isJson ? ConfigFormat.Json : ConfigFormat.Yaml;
        for (var end = 0; end < Seeds[seed].Length; end++)
            Judge(Seeds[seed][..end], format);
    }

    [Theory]
    [InlineData(3, false, 5)]
    [InlineData(0, false, 1)]
    [InlineData(1, false, 2)]
    [InlineData(2, false, 3)]
    [InlineData(2, true, 4)]
    public void A_mutated_document_is_read_or_refused(int seed, bool isJson, int randomSeed)
    {
        var format = isJson ? ConfigFormat.Json : ConfigFormat.Yaml;
        var random = new Random(randomSeed);
        for (var i = 0; i < 1000; i++)
            Judge(Mutate(Seeds[seed], random), format);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Random_bytes_and_random_syntax_are_refused(bool isJson)
    {
        var format = isJson ? ConfigFormat.Json : ConfigFormat.Yaml;
        var random = new Random(42);
        const string Syntax = "{}[]:,-?&*!|>'\"%@`#\n \t<=~0a\\$";
        for (var i = 0; i < 1000; i++)
        {
            var bytes = new byte[random.Next(200)];
            random.NextBytes(bytes);
            Judge(bytes, format);
            for (var j = 0; j < bytes.Length; j++)
                bytes[j] = (byte)Syntax[bytes[j] % Syntax.Length];
            Judge(bytes, format);
        }
    }

    [Theory]
    [InlineData("a: \"\\UFFFFFFFF\"")]
    [InlineData("a: \"\\uD800\"")]
    [InlineData("a: \"\\xZZ\"")]
    [InlineData("%YAML 99999999999999999999.1\n---\na")]
    [InlineData("%YAML 2.0\n---\na")]
    [InlineData("%TAG ! tag:x,2000:\n---\n!a b")]
    [InlineData("? ")]
    [InlineData("- - - - ? : ? :")]
    [InlineData("!<")]
    [InlineData("a: |99\n b")]
    [InlineData("\u0085a: b\u2028c: d")]
    [InlineData("{a, b: , ? c}")]
    [InlineData("*")]
    [InlineData("&")]
    public void Odd_yaml_is_read_or_refused(string text) => Judge(Encoding.UTF8.GetBytes(text), ConfigFormat.Yaml);

    [Fact]
    public void Long_lines_names_and_lists_are_read_or_refused()
    {
        Judge(Encoding.UTF8.GetBytes(new string('a', 1_000_000)), ConfigFormat.Yaml);
        Judge(Encoding.UTF8.GetBytes("a: [" + string.Concat(Enumerable.Repeat("x,", 50_000)) + "]"), ConfigFormat.Yaml);
        Judge(Encoding.UTF8.GetBytes("{" + string.Join(',', Enumerable.Range(0, 20_000).Select(i => $"\"n{i}\":{i}")) + "}"), ConfigFormat.Json);
        Judge(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("${env:A}", 50_000))), ConfigFormat.Yaml);
    }

    private static void Judge(byte[] content, ConfigFormat format)
    {
        var load = Doc.Load(content, name => name.Length > 3 ? "value" : null, format);
        Assert.Equal(load.Snapshot is null, load.Faults.Count > 0);
        foreach (var fault in load.Faults)
            AssertIsPrintable(fault);
        foreach (var warning in load.Warnings)
            AssertIsPrintable(warning);
    }

    private static void AssertIsPrintable(ConfigFault fault)
    {
        var line = fault.Format("f");
        Assert.True(fault.Message.Length > 0 && line.Length < 1000 && fault.Line >= 0, line);
        Assert.DoesNotContain(line, char.IsControl);
    }

    private static byte[] Mutate(byte[] seed, Random random)
    {
        var bytes = seed.ToList();
        for (var n = random.Next(1, 4); n > 0; n--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(5))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes.RemoveAt(at);
                    break;
                case 2:
                    bytes.Insert(at, (byte)"{}[]:,-\n \"'#&*!|>%@?~0$"[random.Next(23)]);
                    break;
                case 3:
                    var length = Math.Min(random.Next(40), bytes.Count - at);
                    bytes.InsertRange(random.Next(bytes.Count), bytes.GetRange(at, length));
                    break;
                default:
                    bytes.RemoveRange(at, Math.Min(random.Next(40), bytes.Count - at - 1));
                    break;
            }
        }

        return [.. bytes];
    }
}
