using System.Text;
using System.Text.Json;
using System.Threading.Channels;

namespace AiEdge.Functional.Tests.Rig;

/// <summary>Takes what a data plane writes line by line, and hands the lines out one after the other.</summary>
internal sealed class LineStream : Stream
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();
    private readonly MemoryStream _all = new();
    private readonly MemoryStream _line = new();
    private readonly Lock _lock = new();

    /// <summary>All that was written.</summary>
    public string All
    {
        get
        {
            lock (_lock)
                return Encoding.UTF8.GetString(_all.ToArray());
        }
    }

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>The oldest line that no call has returned.</summary>
    public async Task<string> NextAsync()
    {
        using var deadline = new CancellationTokenSource(Patience);
        try
        {
            return await _lines.Reader.ReadAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"no line came for {Patience}; all there was: {All}");
        }
    }

    public async Task<JsonElement> NextJsonAsync() => JsonElement.Parse(await NextAsync());

    /// <summary>The next line that holds <paramref name="text"/>; those before it are passed over.</summary>
    public async Task<string> SeeAsync(string text)
    {
        while (true)
        {
            var line = await NextAsync();
            if (line.Contains(text, StringComparison.Ordinal))
                return line;
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        lock (_lock)
        {
            _all.Write(buffer);
            foreach (var value in buffer)
            {
                if (value != '\n')
                {
                    _line.WriteByte(value);
                    continue;
                }

                _lines.Writer.TryWrite(Encoding.UTF8.GetString(_line.ToArray()));
                _line.SetLength(0);
            }
        }
    }

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
