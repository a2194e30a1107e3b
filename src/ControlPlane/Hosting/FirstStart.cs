using System.Security.Cryptography;
using System.Text;
using AiEdge.ControlPlane.Domain;

namespace AiEdge.ControlPlane.Hosting;

/// <summary>What is made where nobody gave it: the administrator's token, a join token, the key that seals secrets.</summary>
internal static class FirstStart
{
    /// <summary>Names of the entries that the command line speaks of.</summary>
    public const string AdminName = ApiToken.GivenName;

    private const int SecretsNamed = 20;

    public const string JoinName = JoinToken.GivenName;

    /// <summary>The key that seals; made and written on the first start.</summary>
    /// <exception cref="InvalidDataException">What is given is no key.</exception>
    public static SecretSeal Seal(ControlOptions options)
    {
        var text = options.SealKey;
        if (text is null)
        {
            var path = Path.Combine(options.DataDir, "seal.key");
            text = File.Exists(path) ? File.ReadAllText(path) : Keep(path, Convert.ToBase64String(RandomNumberGenerator.GetBytes(SecretSeal.KeyBytes)));
        }

        var key = new byte[SecretSeal.KeyBytes + 1];
        if (!Convert.TryFromBase64String(text.Trim(), key, out var length) || length != SecretSeal.KeyBytes)
            throw new InvalidDataException($"the key that seals secrets is not {SecretSeal.KeyBytes} bytes in base64");
        return new SecretSeal(key.AsSpan(0, length));
    }

    /// <summary>Says which stored secrets the key does not open: planes do without them, and reject what refers to them.</summary>
    public static void CheckSecrets(EdgeDocument document, SecretSeal seal, TextWriter log)
    {
        var all = document.Section(Sections.Secrets).Values;
        var others = all.Where(seal.IsOthers).Select(e => e.Name).ToList();
        if (others.Count == 0)
            return;
        var names = string.Join(", ", others.Take(SecretsNamed)) + (others.Count > SecretsNamed ? " …" : "");
        log.WriteLine(
            $"{others.Count} of {all.Count()} stored secrets were sealed under another key than this seal.key and cannot be opened: {names}; "
            + "start with the key that they were sealed under, or give them again");
    }

    /// <summary>Sees to it that someone can log in, and that planes can join. What is given replaces what was given before.</summary>
    public static async ValueTask TokensAsync(EdgeState state, ControlOptions options)
    {
        var admin = options.AdminToken;
        if (admin is null && state.Current.Section(Sections.Tokens).Count == 0)
            admin = Keep(Path.Combine(options.DataDir, "admin-token"), Made("aiedge_admin_"));
        if (admin is not null)
        {
            await PutAsync(state, options.Log, Sections.Tokens, AdminName, SHA256.HashData(Encoding.UTF8.GetBytes(admin)),
                hash => new ApiToken(AdminName, hash, ApiRole.Admin, "", 0, false).ToJson());
        }

        var join = options.JoinToken;
        if (join is null && state.Current.Version <= 1)
            join = Keep(Path.Combine(options.DataDir, "join-token"), Made("aiedge_join_"));
        if (join is not null)
        {
            await PutAsync(state, options.Log, Sections.JoinTokens, JoinName, SHA256.HashData(Encoding.UTF8.GetBytes(join)),
                hash => new JoinToken(JoinName, hash, 0, JoinToken.UsesMax).ToJson());
        }
    }

    private static async ValueTask PutAsync(EdgeState state, TextWriter log, string section, string name, byte[] hash, Func<byte[], byte[]> json)
    {
        if (Denial.Is(state.Current, Denial.OfToken(hash)))
        {
            await log.WriteLineAsync($"what is given as {section}/{name} was revoked by REST and stays so: give another");
            return;
        }

        if (state.Current.Find(section, name) is { } known
            && known.Value.Json.Span.IndexOf(Encoding.UTF8.GetBytes(Convert.ToHexStringLower(hash))) >= 0)
            return;
        var outcome = await state.WriteAsync(document => WriteDecision.Change(
            new AuditRecord(state.NowUnixMs(), "control-plane", "", "start", $"{section}/{name}"),
            new EntryChange(section, name, new EntryValue(json(hash), EntryOwner.Api, document.NextPosition(section), default))));
        if (outcome.Refusal is { } refusal)
            throw new IOException(refusal.Detail);
    }

    private static string Made(string prefix) => prefix + System.Buffers.Text.Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    /// <summary>Writes a secret where only its owner may read it.</summary>
    private static string Keep(string path, string secret)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var file = new StreamWriter(path, options);
        file.Write(secret);
        return secret;
    }
}
