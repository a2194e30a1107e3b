using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using AiEdge.DataPlane.Transport;

namespace AiEdge.DataPlane.Accept;

/// <summary>
/// TLS on the client side. Handshakes run on the pool, for they compute for a millisecond, and no more compute at a time than
/// there are cores, so that a flood of them leaves the rest of the machine to the traffic. One that waits for its client holds
/// no place: a client that says nothing bars nobody. The certificate is read again when its file changes.
/// </summary>
internal sealed class ClientTls : IDisposable
{
    private static readonly TimeSpan HandshakeTime = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan CheckEvery = TimeSpan.FromSeconds(5);

    private readonly string _certificateFile;
    private readonly string _keyFile;
    private readonly SemaphoreSlim _handshakes = new(Math.Max(1, Environment.ProcessorCount));
    private readonly Timer _check;
    private SslServerAuthenticationOptions _options;
    private DateTime _stamp;

    public ClientTls(string certificateFile, string keyFile)
    {
        _certificateFile = certificateFile;
        _keyFile = keyFile;
        _stamp = Stamp();
        _options = Load();
        _check = new Timer(static tls => ((ClientTls)tls!).Reload(), this, CheckEvery, CheckEvery);
    }

    /// <summary>Certificates that could not be read when their files changed; the old one goes on.</summary>
    public long Rejected { get; private set; }

    /// <summary>Shakes hands and puts TLS under the connection; false if the client is not up to it.</summary>
    public async ValueTask<bool> TryUpgradeAsync(SocketConnection connection)
    {
        SslStream? stream = null;
        var hop = new PoolHopStream(new NetworkStream(connection.Socket, ownsSocket: true), _handshakes);
        try
        {
            stream = new SslStream(hop);
            using var deadline = new CancellationTokenSource(HandshakeTime);
            await stream.AuthenticateAsServerAsync(Volatile.Read(ref _options), deadline.Token);
            hop.StopHopping();
            connection.Use(new TlsWire(stream, connection.Socket));
            return true;
        }
        catch (Exception e) when (e is AuthenticationException or IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            if (stream is not null)
                await stream.DisposeAsync();
            return false;
        }
        finally
        {
            hop.StopHopping();
        }
    }

    /// <summary>Reads the certificate again if its files have changed.</summary>
    public void Reload()
    {
        try
        {
            var stamp = Stamp();
            if (stamp == _stamp)
                return;
            Volatile.Write(ref _options, Load());
            _stamp = stamp;
        }
        catch (Exception e) when (e is IOException or System.Security.Cryptography.CryptographicException or UnauthorizedAccessException)
        {
            Rejected++;
        }
    }

    public void Dispose()
    {
        _check.Dispose();
        _handshakes.Dispose();
    }

    private DateTime Stamp()
    {
        var certificate = File.GetLastWriteTimeUtc(_certificateFile);
        var key = File.GetLastWriteTimeUtc(_keyFile);
        return certificate > key ? certificate : key;
    }

    private SslServerAuthenticationOptions Load()
    {
        var pair = X509Certificate2.CreateFromPemFile(_certificateFile, _keyFile);
        var chain = new X509Certificate2Collection();
        chain.ImportFromPemFile(_certificateFile);
        return new SslServerAuthenticationOptions
        {
            ServerCertificateContext = SslStreamCertificateContext.Create(pair, chain, offline: true),
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            ApplicationProtocols = [SslApplicationProtocol.Http11],
        };
    }
}
