namespace AiEdge.ControlPlane.Domain;

/// <summary>
/// What REST has taken away although its entry is gone: it comes back by REST only, and by no document that is put, no rollback and no start.
/// </summary>
internal static class Denial
{
    /// <summary>The denial of an entry that was switched off when it was removed.</summary>
    public static string OfEntry(string section, string name) => $"off/{section}/{name}";

    /// <summary>The denial of a token that was given at the start and revoked.</summary>
    public static string OfToken(ReadOnlySpan<byte> sha256) => "token/" + Convert.ToHexStringLower(sha256);

    public static bool Is(EdgeDocument document, string denial) => document.Find(Sections.Denied, denial) is not null;

    public static EntryChange Begin(string denial) => new(Sections.Denied, denial, new EntryValue("{}"u8.ToArray(), EntryOwner.Api, 1, default));

    public static EntryChange End(string denial) => new(Sections.Denied, denial, null);
}
