using System.Buffers;
using System.Text;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Forward;
using AiEdge.DataPlane.Tests.Snapshot;
using AiEdge.Http;

namespace AiEdge.DataPlane.Tests.Forward;

/// <summary>Names of headers that stay here, of whatever dialect the provider is, and the nearest names that do not.</summary>
public sealed class HeaderRulesTests
{
    private static readonly string[] Withheld =
    [
        "x-goog-user-project", "x-original-url", "x-rewrite-url", "x-client-ip", "openai-organization", "openai-project", "cookie2", "cf-connecting-ip",
        "content-encoding", "true-client-ip", "cookie",
    ];

    private static readonly string[] WithheldPrefixes = ["x-aiedge-", "x-forwarded-"];

    private static readonly string[] OfProvider =
        ["openai-organization", "openai-project", "anthropic-organization-id", "request-id"];

    private static readonly string[] OfProviderPrefixes = ["x-ratelimit-", "x-aiedge-", "anthropic-ratelimit-"];

    private static readonly string[] OfDialectPrefixes = ["anthropic-", "openai-", "x-goog-", "x-stainless-"];

    [Fact]
    public void What_stays_here_is_what_is_listed_and_nothing_near_it()
    {
        var names = Near([.. Withheld, .. WithheldPrefixes, .. OfProvider, .. OfProviderPrefixes, .. OfDialectPrefixes]);
        foreach (var name in names)
        {
            var request = new RequestHeadReader(4096);
            Assert.Equal(HeadStatus.Complete, request.Read(Bytes($"POST / HTTP/1.1\r\n{name}: v\r\nhost: h\r\n\r\n")));
            var answer = new ResponseHeadReader(4096);
            Assert.Equal(HeadStatus.Complete, answer.Read(Bytes($"HTTP/1.1 200 OK\r\n{name}: v\r\n\r\n"), requestWasHead: false));
            Assert.Equal((name, !IsIn(name, Withheld, WithheldPrefixes)), (name, HeaderRules.GoesUpstream(request.Head, 0, Provider)));
            Assert.Equal((name, !IsIn(name, OfProvider, OfProviderPrefixes)), (name, HeaderRules.GoesToClient(answer.Head, 0)));
            Assert.Equal((name, IsIn(name, [], OfDialectPrefixes)), (name, HeaderRules.IsOfDialect(request.Head, 0)));
        }
    }

    private static ProviderModel Provider { get; } = Doc.Snapshot(Doc.Head).Providers[0];

    private static bool IsIn(string name, string[] names, string[] prefixes) =>
        names.Contains(name, StringComparer.OrdinalIgnoreCase) || prefixes.Any(prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase));

    /// <summary>Each in both cases, one letter longer, one shorter, and with another first and last letter.</summary>
    private static List<string> Near(string[] names)
    {
        var near = new List<string>();
        foreach (var name in names)
            near.AddRange([name, name.ToUpperInvariant(), name + "x", name[..^1], "y" + name[1..], name[..^1] + "q", "8" + name[1..]]);

        return [.. near.Distinct(StringComparer.Ordinal)];
    }

    private static ReadOnlySequence<byte> Bytes(string text) => new(Encoding.ASCII.GetBytes(text));
}
