using System.Buffers;
using System.IO.Compression;

namespace AiEdge.DataPlane.Forward;

/// <summary>
/// Undoes a content coding piece by piece, for providers that encode although "identity" was asked for. Memory stays bounded
/// however well a body is compressed: output comes in pieces of at most <see cref="PieceBytes"/>.
/// </summary>
internal sealed class BodyDecoder
{
    public const int PieceBytes = 16 * 1024;

    private readonly FeedStream _fed = new();
    private BrotliDecoder _brotli;
    private GZipStream? _gzip;
    private byte[] _out = [];
    private ContentCoding _coding;
    private bool _brotliDone;

    /// <summary>A coding has to be undone at all.</summary>
    public bool IsActive => _coding is ContentCoding.Gzip or ContentCoding.Brotli;

    /// <summary>What was fed is not of the coding that was announced.</summary>
    public bool IsFaulted { get; private set; }

    public void Begin(ContentCoding coding)
    {
        if (_coding == ContentCoding.Brotli)
            _brotli.Dispose();
        _gzip?.Dispose();
        _gzip = null;
        _coding = coding;
        IsFaulted = false;
        _brotliDone = false;
        if (!IsActive)
            return;
        _fed.Clear();
        _brotli = default;
        _gzip = coding == ContentCoding.Gzip ? new GZipStream(_fed, CompressionMode.Decompress, leaveOpen: true) : null;
        if (_out.Length == 0)
            _out = new byte[PieceBytes];
    }

    /// <summary>Takes encoded bytes; what they decode to is then taken by <see cref="TryNext"/> until it returns false.</summary>
    public void Feed(ReadOnlySpan<byte> encoded) => _fed.Append(encoded);

    public bool TryNext(out ReadOnlySpan<byte> decoded)
    {
        var count = IsFaulted ? 0 : _coding == ContentCoding.Gzip ? NextGzip() : NextBrotli();
        decoded = _out.AsSpan(0, count);
        return count > 0;
    }

    private int NextGzip()
    {
        try
        {
            return _gzip!.Read(_out);
        }
        catch (InvalidDataException)
        {
            IsFaulted = true;
            return 0;
        }
    }

    private int NextBrotli()
    {
        if (_brotliDone)
            return 0;
        var status = _brotli.Decompress(_fed.Rest, _out, out var consumed, out var written);
        _fed.Skip(consumed);
        _brotliDone = status == OperationStatus.Done;
        IsFaulted = status == OperationStatus.InvalidData;
        return IsFaulted ? 0 : written;
    }

    /// <summary>What was fed and not yet decoded, as the stream that the decoder reads. An empty read is "no more for now".</summary>
    private sealed class FeedStream : Stream
    {
        private byte[] _bytes = [];
        private int _start;
        private int _end;

        public ReadOnlySpan<byte> Rest => _bytes.AsSpan(_start, _end - _start);

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public void Clear() => _start = _end = 0;

        public void Skip(int count) => _start += count;

        public void Append(ReadOnlySpan<byte> bytes)
        {
            Rest.CopyTo(_bytes);
            _end -= _start;
            _start = 0;
            if (_end + bytes.Length > _bytes.Length)
                Array.Resize(ref _bytes, (_end + bytes.Length) * 2);
            bytes.CopyTo(_bytes.AsSpan(_end));
            _end += bytes.Length;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            var count = Math.Min(buffer.Length, _end - _start);
            _bytes.AsSpan(_start, count).CopyTo(buffer);
            _start += count;
            return count;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
