using System.Text;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Record;
using AiEdge.DataPlane.Tests.Snapshot;

namespace AiEdge.DataPlane.Tests.Record;

/// <summary>A journal's folder that goes away with the test, and records to put into it.</summary>
internal sealed class JournalRig : IDisposable
{
    private static readonly ConfigSnapshot Config = Doc.Snapshot(Doc.Head);
    private static readonly KeyModel Key = new() { Name = "full", Sha256 = new byte[32], ExpiresUnixMs = long.MaxValue, Tags = [new("env", "prod")] };
    private readonly EdgeClock _clock = new();
    private readonly ExchangeRecord _record = new();

    public string Folder { get; } = Directory.CreateTempSubdirectory("aiedge-journal-").FullName;

    public string Commit => Path.Combine(Folder, JournalLayout.CommitFile);

    public string Mark => Path.Combine(Folder, JournalLayout.MarkFile);

    public static Exchange Exchange(string id, long output = 7)
    {
        var exchange = new Exchange();
        exchange.Reset(Config);
        exchange.SetRequestId(Encoding.ASCII.GetBytes(id));
        exchange.SetAskedModel("gpt-4o"u8);
        exchange.Key = Key;
        exchange.Status = 200;
        exchange.Attempts = 1;
        exchange.Usage = new Usage { InputTokens = 212, OutputTokens = output, IsPresent = true };
        exchange.StartedAt = System.Diagnostics.Stopwatch.GetTimestamp();
        return exchange;
    }

    public string Segment(long number) => JournalLayout.SegmentFile(Folder, number);

    public void Append(JournalStore store, Exchange exchange, JournalKind kind = JournalKind.Exchange, long id = 1)
    {
        _record.Take(exchange, _clock);
        Assert.True(store.TryAppend(_record, kind, exchange.End, id));
    }

    /// <summary>Writes that many records, a commit after each <paramref name="batch"/>, and closes the journal.</summary>
    public void Fill(int records, int batch = 100, string prefix = "r")
    {
        using var store = JournalStore.Open(Folder);
        for (var i = 0; i < records; i++)
        {
            Append(store, Exchange($"{prefix}{i}"), id: i + 1);
            if ((i + 1) % batch == 0)
                Assert.True(store.TryCommit());
        }

        Assert.True(store.TryCommit());
    }

    public List<string> Read(JournalMachine? machine = null)
    {
        var ids = new List<string>();
        using var reader = new JournalReader(Folder, JournalRecovery.Judge(Folder, out _, machine: machine)!.Value);
        var item = new JournalItem();
        while (reader.TryNext(out var record))
        {
            item.Read(record);
            ids.Add(item[JournalText.RequestId]);
        }

        return ids;
    }

    /// <summary>Addresses at which records begin, with the bytes of each that are its own.</summary>
    public List<(long Address, int Bytes)> Places()
    {
        var places = new List<(long, int)>();
        using var reader = new JournalReader(Folder, JournalRecovery.Judge(Folder)!.Value);
        while (reader.TryNext(out var record))
            places.Add((reader.Address, JournalLayout.EntryHeadBytes + record.Length));
        return places;
    }

    /// <summary>The journal does not open; says why. <c>journal verify</c> has to say the same.</summary>
    public string Fault()
    {
        var fault = Assert.Throws<JournalFault>(() => JournalStore.Open(Folder).Dispose());
        var said = new StringWriter();
        Assert.Equal(1, AiEdge.DataPlane.Hosting.JournalCommand.Verify(Folder, said, said));
        Assert.Equal("journal: " + fault.Message, said.ToString().TrimEnd());
        return fault.Message;
    }

    public void Change(string file, long at, Func<byte, byte> change)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.ReadWrite);
        stream.Position = at;
        var old = stream.ReadByte();
        stream.Position = at;
        stream.WriteByte(change((byte)old));
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
