using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace AiEdge.DataPlane.Link;

/// <summary>
/// Who this plane is to its control plane: an id and a secret. The secret is made here and lies on disk before the control plane hears of
/// it, so that an answer that is lost costs nothing: the same secret is asked for again.
/// </summary>
internal sealed class PlaneCredential
{
    public const string FileName = "plane.credential";

    private const int SecretBytes = 32;
    private const string FirstLine = "aiedge-plane 1";
    private readonly string _path;
    private readonly byte[] _secret;

    private PlaneCredential(string path, byte[] secret, string id, bool hasJoined)
    {
        _path = path;
        _secret = secret;
        Id = id;
        HasJoined = hasJoined;
    }

    /// <summary>The id that it is bound to; before it has joined the one that it asked for, or empty.</summary>
    public string Id { get; private set; }

    /// <summary>Whether the control plane has it.</summary>
    public bool HasJoined { get; private set; }

    /// <summary>What <c>authorization</c> carries.</summary>
    public string Bearer => $"Bearer {Id}.{Base64Url.EncodeToString(_secret)}";

    /// <summary>Takes the folder's credential, or makes one and keeps it.</summary>
    /// <exception cref="IOException">The file cannot be used.</exception>
    public static PlaneCredential LoadOrMake(string folder, string? wantedId)
    {
        var path = Path.Combine(folder, FileName);
        if (File.Exists(path))
        {
            var lines = File.ReadAllLines(path);
            if (lines.Length < 4 || lines[0] != FirstLine || !TryDecode(lines[2], out var kept))
                throw new IOException($"{path} is not a plane's credential; if it is lost, remove it and join anew");
            var credential = new PlaneCredential(path, kept, lines[1], lines[3] == "joined");

            // Another id is asked for while none is bound yet.
            if (!credential.HasJoined && wantedId is not null)
                credential.Id = wantedId;
            return credential;
        }

        Directory.CreateDirectory(folder);
        var made = new PlaneCredential(path, RandomNumberGenerator.GetBytes(SecretBytes), wantedId ?? "", hasJoined: false);
        made.Save();
        return made;
    }

    /// <summary>The only thing of the secret that travels before it is used.</summary>
    public byte[] Sha256() => SHA256.HashData(_secret);

    /// <summary>A key for what only this plane should read.</summary>
    public byte[] DeriveKey(string purpose) => HKDF.DeriveKey(HashAlgorithmName.SHA256, _secret, 32, info: Encoding.ASCII.GetBytes(purpose));

    /// <summary>The control plane has bound it.</summary>
    public void Join(string id)
    {
        Id = id;
        HasJoined = true;
        Save();
    }

    private void Save() => PrivateFile.Write(
        _path, Encoding.UTF8.GetBytes($"{FirstLine}\n{Id}\n{Base64Url.EncodeToString(_secret)}\n{(HasJoined ? "joined" : "new")}\n"));

    private static bool TryDecode(string text, out byte[] secret)
    {
        secret = new byte[SecretBytes];
        return Base64Url.TryDecodeFromChars(text, secret, out var length) && length == SecretBytes;
    }
}
