using System.IO.Compression;

namespace AiEdge.FakeUpstream;

/// <summary>A content coding that is flushed after each part, so that an encoded stream still streams.</summary>
internal sealed class BodyEncoder : IDisposable
{
    private readonly MemoryStream _encoded = new();
    private readonly Stream _encoder;

    private BodyEncoder(Func<Stream, Stream> open) => _encoder = open(_encoded);

    /// <summary>Null for names that stand for no coding we know: such bodies keep their bytes.</summary>
    public static BodyEncoder? Open(string name) => name switch
    {
        "gzip" => new BodyEncoder(to => new GZipStream(to, CompressionLevel.Fastest, leaveOpen: true)),
        "deflate" => new BodyEncoder(to => new ZLibStream(to, CompressionLevel.Fastest, leaveOpen: true)),
        "br" => new BodyEncoder(to => new BrotliStream(to, CompressionLevel.Fastest, leaveOpen: true)),
        _ => null,
    };

    /// <summary>Replaces the bytes by their coding; the last part also ends it.</summary>
    public void Encode(ByteWriter part, bool last)
    {
        _encoder.Write(part.Span);
        if (last)
            _encoder.Dispose();
        else
            _encoder.Flush();
        part.Clear();
        part.Add(_encoded.GetBuffer().AsSpan(0, (int)_encoded.Length));
        _encoded.SetLength(0);
    }

    public void Dispose()
    {
        _encoder.Dispose();
        _encoded.Dispose();
    }
}
