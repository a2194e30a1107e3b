using System.Security.Cryptography;
using System.Text;
using AiEdge.ControlPlane.Domain;
using AiEdge.ControlPlane.Store;

namespace AiEdge.Keys;

/// <summary>A control plane's store with very many keys: ten teams, ten limits, and keys of a few kinds.</summary>
internal static class KeyStore
{
    public const string AdminToken = "admin-token-of-the-measure";
    public const string JoinToken = "join-token-of-the-measure";

    private const int KeysInWrite = 20_000;

    /// <summary>Makes the store in a control plane's folder.</summary>
    public static async Task MakeAsync(string dataDir, int keys)
    {
        Directory.CreateDirectory(dataDir);
        await using var store = await FasterStore.OpenAsync(FasterStore.FolderOf(dataDir));
        using var state = await EdgeState.OpenAsync(store.Commands, new DocumentCheck(), TimeProvider.System);
        var head = new List<EntryChange>
        {
            Entry("providers", "openai", """{"dialect":"openai","baseUrl":"http://127.0.0.1:9","key":"sk-1"}""", 1),
            Entry("models", "gpt-4o", """{"targets":[{"provider":"openai"}],"price":{"input":2.5,"output":10}}""", 1),
            Entry("models", "gpt-*", """{"targets":[{"provider":"openai"}],"price":{"input":2.5,"output":10}}""", 2),
            Entry("settings", "server", """{"listen":"127.0.0.1:0"}""", 1),
        };
        for (var i = 0; i < 10; i++)
        {
            var limit = $$"""{"name":"limit-{{i}}","match":{"team":"team-{{i}}"},"per":"key","requests":"600/min"}""";
            head.Add(Entry("teams", $"team-{i}", $$$"""{"tags":{"env":"prod","unit":"u{{{i}}}"}}""", (ulong)i + 1));
            head.Add(Entry("limits", $"limit-{i}", limit, (ulong)i + 1));
        }

        await WriteAsync(state, head);
        for (var first = 0; first < keys; first += KeysInWrite)
        {
            var some = Enumerable.Range(first, Math.Min(KeysInWrite, keys - first));
            await WriteAsync(state, [.. some.Select(i => Entry("keys", Name(i), Key(i), (ulong)i + 1))]);
        }
    }

    public static string Name(int i) => $"service-{i:000000}";

    public static string Secret(int i) => $"sk-keys-{i}";

    /// <summary>A key as REST writes it.</summary>
    public static string Key(int i) => $$$"""
        {"name":"{{{Name(i)}}}","sha256":"{{{Digest(Secret(i))}}}","team":"team-{{{i % 10}}}","tier":"pro",
        "models":["gpt-4o","gpt-*"],"tags":{"feature":"f{{{i % 20}}}"}}
        """;

    private static string Digest(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));

    private static EntryChange Entry(string section, string name, string json, ulong position) =>
        new(section, name, new EntryValue(Encoding.UTF8.GetBytes(json), EntryOwner.Api, position, default));

    private static async Task WriteAsync(EdgeState state, IReadOnlyList<EntryChange> changes)
    {
        var outcome = await state.WriteAsync(_ => WriteDecision.Change(new AuditRecord(1, "measure", "", "put", "entries"), changes));
        if (outcome.Refusal is { } refusal)
            throw new InvalidOperationException($"{refusal.Detail}: {string.Join("; ", refusal.Faults.Take(3).Select(f => f.Format("")))}");
    }
}
