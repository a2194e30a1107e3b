using AiEdge.ControlPlane.Store;

namespace AiEdge.ControlPlane.Tests.Store;

/// <summary>A store in a folder of its own, which is opened and closed as a test wants.</summary>
internal sealed class StoreRig : IDisposable
{
    public StoreRig() => Directory.CreateDirectory(Folder);

    /// <summary>The control plane's folder.</summary>
    public string Root { get; } = Directory.CreateTempSubdirectory("aiedge-store-").FullName;

    /// <summary>The store's own.</summary>
    public string Folder => FasterStore.FolderOf(Root);

    public string File(string name) => Path.Combine(Folder, name);

    public Task<FasterStore> OpenAsync() => FasterStore.OpenAsync(Folder).AsTask();

    /// <summary>What opening says is wrong.</summary>
    public async Task<string> FaultAsync() => (await Assert.ThrowsAsync<StoreFault>(OpenAsync)).Message;

    /// <summary>Appends commands of these lengths and closes; the bytes follow from sequence and length.</summary>
    public async Task FillAsync(params int[] lengths)
    {
        await using var store = await OpenAsync();
        var history = await store.Commands.ReadAsync(default);
        var sequence = history.Through + (ulong)history.Commands.Count;
        foreach (var length in lengths)
            Assert.Equal(++sequence, await store.Commands.AppendAsync(Bytes(sequence, length), default));
    }

    public async Task<CommandHistory> ReadAsync()
    {
        await using var store = await OpenAsync();
        return await store.Commands.ReadAsync(default);
    }

    public static byte[] Bytes(ulong sequence, int length)
    {
        var bytes = new byte[length];
        new Random((int)sequence).NextBytes(bytes);
        return bytes;
    }

    public void Change(string name, long at, Func<byte, byte> change)
    {
        using var file = new FileStream(File(name), FileMode.Open);
        file.Position = at;
        var old = (byte)file.ReadByte();
        file.Position = at;
        file.WriteByte(change(old));
    }

    public void Cut(string name, long length)
    {
        using var file = new FileStream(File(name), FileMode.Open);
        file.SetLength(length);
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
