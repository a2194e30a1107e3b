namespace AiEdge.FakeUpstream;

/// <summary>Puts parts of a body on the wire: coded, cut into chunks and sends as the script says.</summary>
internal sealed class PartSender(Transport transport, PaceWaiter waiter)
{
    private readonly ByteWriter _wire = new();
    private FakeScript _script = new();
    private Framing _framing;
    private BodyEncoder? _encoder;

    /// <summary>Sends a head, and keeps what the parts behind it need to know.</summary>
    public async ValueTask<bool> TryBeginAsync(FakeScript script, Framing framing, ByteWriter head, bool holdHead)
    {
        (_script, _framing, _encoder) = (script, framing, null);
        _wire.Clear();
        if (script.DripUs > 0)
        {
            for (var i = 0; i < head.Length; i++)
            {
                await transport.SendAsync(head.Memory.Slice(i, 1));
                if (!await TryWaitAsync(script.DripUs))
                    return false;
            }
        }
        else if (holdHead)
        {
            _wire.Add(head.Span);
        }
        else
        {
            await transport.SendAsync(head.Memory);
        }

        return true;
    }

    /// <summary>Codes the parts that follow, whose head must have said so.</summary>
    public void Use(BodyEncoder? encoder) => _encoder = encoder;

    /// <summary>Sends one part and forgets it; false if the client left.</summary>
    public async ValueTask<bool> TrySendAsync(ByteWriter part, bool last)
    {
        _encoder?.Encode(part, last);
        var at = 0;
        while (_script.SplitUtf8 || _script.SplitBytes > 0)
        {
            var length = NextSplit(part.Span[at..]);
            if (at + length >= part.Length)
                break;
            AddFramed(part.Span.Slice(at, length));
            await FlushAsync();
            if (!await TryWaitAsync(_script.GapUs))
                return false;
            at += length;
        }

        if (part.Length > at)
            AddFramed(part.Span[at..]);
        if (last && _framing == Framing.Chunked)
            _wire.Add(_script.Trailers ? "0\r\nx-fake-checksum: 1234\r\n\r\n"u8 : "0\r\n\r\n"u8);
        part.Clear();
        await FlushAsync();
        return true;
    }

    /// <summary>Breaks off in the way that the script names; the connection is over then.</summary>
    public async ValueTask CutAsync(ByteWriter part)
    {
        _encoder?.Encode(part, last: false);
        if (_script.CutHow == CutHow.Frame && _framing == Framing.Chunked)
            _wire.AddHex(part.Length).Add("\r\n"u8).Add(part.Span[..(part.Length / 2)]);
        else if (part.Length > 0)
            AddFramed(part.Span);
        if (_script.CutHow == CutHow.Size && _framing == Framing.Chunked)
            _wire.Add("zz\r\n"u8);
        await FlushAsync();
        if (_script.CutHow == CutHow.Rst)
        {
            // A reset overtakes what the peer has not read yet on some stacks; give it the time to read.
            await TryWaitAsync(_script.GapUs);
            transport.Reset();
        }
        else
        {
            await transport.FinishSendingAsync();
        }
    }

    public ValueTask<bool> TryWaitAsync(long microseconds) =>
        microseconds <= 0
            ? ValueTask.FromResult(true)
            : waiter.UntilAsync(System.Diagnostics.Stopwatch.GetTimestamp() + PacingClock.TicksOfMicroseconds(microseconds));

    private async ValueTask FlushAsync()
    {
        if (_wire.Length == 0)
            return;
        await transport.SendAsync(_wire.Memory);
        _wire.Clear();
    }

    private void AddFramed(ReadOnlySpan<byte> bytes)
    {
        if (_framing != Framing.Chunked)
        {
            _wire.Add(bytes);
            return;
        }

        while (bytes.Length > 0)
        {
            var length = _script.ChunkBytes > 0 ? Math.Min(_script.ChunkBytes, bytes.Length) : bytes.Length;
            _wire.AddHex(length).Add("\r\n"u8).Add(bytes[..length]).Add("\r\n"u8);
            bytes = bytes[length..];
        }
    }

    /// <summary>Bytes until the next cut: one past the first byte of a multi-byte character, or the script's count.</summary>
    private int NextSplit(ReadOnlySpan<byte> bytes)
    {
        if (!_script.SplitUtf8)
            return _script.SplitBytes;
        // Skip the continuation bytes at the front: they belong to the character that the last cut went through.
        var start = bytes.IndexOfAnyExceptInRange((byte)0x80, (byte)0xbf);
        var lead = start < 0 ? -1 : bytes[start..].IndexOfAnyInRange((byte)0xc0, (byte)0xff);
        return lead < 0 ? bytes.Length : start + lead + 1;
    }
}
