using System.Security.Cryptography;
using AiEdge.Contracts.Wire;
using AiEdge.DataPlane.Snapshot;
using Google.Protobuf;

namespace AiEdge.DataPlane.Link;

/// <summary>
/// The last good configuration on disk, so that a plane that starts while its control plane does not serves what it served: a whole one
/// (<see cref="ConfigBase"/>) and the changes since (<see cref="ConfigLog"/>), which become part of it once they are as long. Its owner's
/// alone; within it secrets are sealed under the plane's credential. The time of the whole one's file is when the control plane was last heard.
/// </summary>
internal sealed class LastGood
{
    public const string FileName = "plane.config";
    public const string ChangesName = "plane.changes";

    /// <summary>Bytes of changes below which they stay what they are.</summary>
    private const long ChangesBytesMin = 1 << 20;

    private readonly byte[] _key;
    private readonly string _path;
    private readonly ConfigLog _log;
    private byte[] _checksum = [];
    private long _generation;
    private long _baseBytes;

    public LastGood(string folder, byte[] key)
    {
        _key = key;
        _path = Path.Combine(folder, FileName);
        _log = new ConfigLog(Path.Combine(folder, ChangesName));
    }

    /// <summary>When the control plane was last heard, as the file says.</summary>
    public DateTime HeardUtc => File.GetLastWriteTimeUtc(_path);

    /// <summary>
    /// The configuration on disk; null where there is none. A file that is not what it was written as is a complaint, and so is one whose
    /// changes are cut: it is as good as before them.
    /// </summary>
    public StoredConfig? Load(out string? complaint)
    {
        complaint = null;
        if (!File.Exists(_path))
            return null;
        try
        {
            using var file = Open();
            if (ConfigBase.Read(file) is not { } whole)
            {
                complaint = $"{_path} is damaged; it is not used";
                return null;
            }

            (_checksum, _baseBytes) = (whole.Checksum, file.Length);
            var (records, isCut) = _log.Read(_checksum);
            if (isCut)
                complaint = $"the changes behind {_path} are cut; what is whole is used";
            var held = whole.Held;
            var secrets = new Dictionary<string, string>(StringComparer.Ordinal);
            Take(whole.Secrets, secrets);
            foreach (var (change, applied, maxAgeMs) in records)
            {
                Take(change.Secrets, secrets);
                held = held with { Generation = (long)change.Generation, AppliedUnixSeconds = applied, MaxAgeMs = maxAgeMs };
            }

            _generation = held.Generation;
            return new(held with { Secrets = secrets }, [.. Merged(file, records)]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidProtocolBufferException or CryptographicException)
        {
            complaint = $"{_path} cannot be used: {e.Message}";
            return null;
        }
    }

    /// <summary>
    /// What a control plane tells a copy by, of what lies on disk; null where that is not <paramref name="generation"/>. What was taken away of a refused
    /// change is no part of any generation, and is left out: the next change says again whatever that one touched.
    /// </summary>
    public byte[]? EntriesSha256(long generation)
    {
        if (_generation != generation || _checksum.Length == 0)
            return null;
        try
        {
            using var file = Open();
            var (records, _) = _log.Read(_checksum);
            return ConfigEntries.Sha256(Merged(file, records.FindAll(static record => !IsDenied(record.Change))));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidProtocolBufferException)
        {
            return null;
        }
    }

    /// <summary>Puts a configuration in the place of the last one; it is on disk when this returns.</summary>
    /// <exception cref="IOException">The disk did not take it.</exception>
    public void Store(HeldConfig held, ConfigEntries entries) => Write(held, () => entries.All);

    /// <summary>Adds a change to the configuration on disk, which is the one that it changes; it is on disk when this returns.</summary>
    /// <param name="held">What is in force with it.</param>
    /// <param name="change">The change; null where only <paramref name="held"/> has changed.</param>
    /// <exception cref="IOException">The disk did not take it, or did not take one before.</exception>
    public void Append(HeldConfig held, WholeChange? change)
    {
        var before = change?.BaseGeneration ?? held.Generation;
        if (_generation != before || _checksum.Length == 0)
            throw new IOException($"generation {before} is not there to be changed");
        var record = new ConfigChange { Generation = (ulong)held.Generation, BaseGeneration = (ulong)before };
        foreach (var piece in change?.Entries ?? [])
        {
            var json = UnsafeByteOperations.UnsafeWrap(piece.Json);
            record.Entries.Add(new ConfigEntry { Section = piece.Section, Name = piece.Name, Json = json, Position = piece.Position });
        }

        if (change is not null)
        {
            record.Removals.AddRange(change.Removals);
            record.Secrets.AddRange(Sealed(change.Secrets));
        }

        _log.Append(record, held.AppliedUnixSeconds, held.MaxAgeMs);
        _generation = held.Generation;
        if (_log.Bytes > Math.Max(ChangesBytesMin, _baseBytes))
            Compact(held);
    }

    /// <summary>Notes that the control plane was heard now. A disk that does not take it makes the configuration look older.</summary>
    public void Touch(DateTime utc)
    {
        try
        {
            if (File.Exists(_path))
                File.SetLastWriteTimeUtc(_path, utc);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is only ever taken for older than it is.
        }
    }

    private FileStream Open() => new(_path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 1 << 16);

    private void Compact(HeldConfig held)
    {
        using var file = Open();
        var (records, _) = _log.Read(_checksum);
        Write(held, () => Merged(file, records.FindAll(static record => !IsDenied(record.Change))));
        if (Denied(records, (ulong)held.Generation) is { } denied)
            _log.Append(denied, held.AppliedUnixSeconds, held.MaxAgeMs);
    }

    /// <summary>Whether it is what was taken away of a refused change: it leaves the generation that it changes.</summary>
    private static bool IsDenied(ConfigChange change) => change.Generation == change.BaseGeneration && change.Entries.Count + change.Removals.Count > 0;

    /// <summary>All that was taken away of refused changes since a generation, as one; null for nothing.</summary>
    private static ConfigChange? Denied(List<(ConfigChange Change, long, long)> records, ulong generation)
    {
        var all = new ConfigChange { Generation = generation, BaseGeneration = generation };
        foreach (var (change, _, _) in records)
        {
            if (!IsDenied(change) || change.Generation != generation)
                continue;
            foreach (var removal in change.Removals)
            {
                Forget(all, removal.Section, removal.Name);
                all.Removals.Add(removal);
            }

            foreach (var entry in change.Entries)
            {
                Forget(all, entry.Section, entry.Name);
                all.Entries.Add(entry);
            }
        }

        return IsDenied(all) ? all : null;
    }

    private static void Forget(ConfigChange change, string section, string name)
    {
        for (var i = change.Removals.Count - 1; i >= 0; i--)
        {
            if (change.Removals[i].Section == section && change.Removals[i].Name == name)
                change.Removals.RemoveAt(i);
        }

        for (var i = change.Entries.Count - 1; i >= 0; i--)
        {
            if (change.Entries[i].Section == section && change.Entries[i].Name == name)
                change.Entries.RemoveAt(i);
        }
    }

    private void Write(HeldConfig held, Func<IEnumerable<ConfigPiece>> entries)
    {
        byte[] checksum = [];
        long bytes = 0;
        PrivateFile.Write(_path, file =>
        {
            checksum = ConfigBase.Write(file, held, Sealed(held.Secrets), entries);
            bytes = file.Length;
        });
        (_checksum, _baseBytes, _generation) = (checksum, bytes, held.Generation);
        _log.Begin(checksum);
    }

    /// <summary>The entries of a whole configuration with what changes have made of them, in their order.</summary>
    private static IEnumerable<ConfigPiece> Merged(FileStream file, List<(ConfigChange Change, long, long)> records)
    {
        var changed = new Dictionary<(string Section, string Name), ConfigPiece?>();
        foreach (var (change, _, _) in records)
        {
            foreach (var removal in change.Removals)
                changed[(removal.Section, removal.Name)] = null;
            foreach (var entry in change.Entries)
                changed[(entry.Section, entry.Name)] = new(entry.Section, entry.Name, entry.Json.ToByteArray(), entry.Position);
        }

        var put = new List<ConfigPiece>();
        foreach (var piece in changed.Values)
        {
            if (piece is not null)
                put.Add(piece);
        }

        put.Sort(ConfigEntries.Compare);
        var next = 0;
        foreach (var piece in ConfigBase.Entries(file))
        {
            for (; next < put.Count && ConfigEntries.Compare(put[next], piece) < 0; next++)
                yield return put[next];
            if (!changed.ContainsKey((piece.Section, piece.Name)))
                yield return piece;
        }

        for (; next < put.Count; next++)
            yield return put[next];
    }

    private List<ConfigSecret> Sealed(IReadOnlyDictionary<string, string> secrets)
    {
        var all = new List<ConfigSecret>(secrets.Count);
        foreach (var (name, value) in secrets)
            all.Add(new ConfigSecret { Name = name, Value = ByteString.CopyFrom(SecretBox.Seal(_key, name, value)) });
        return all;
    }

    private void Take(IEnumerable<ConfigSecret> from, Dictionary<string, string> to)
    {
        foreach (var secret in from)
            to[secret.Name] = SecretBox.Open(_key, secret.Name, secret.Value.Span);
    }
}
