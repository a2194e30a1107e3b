using System.Diagnostics;
using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using AiEdge.FakeUpstream;

namespace AiEdge.Load;

/// <summary>One connection that makes call after call, opened anew after a close or an error.</summary>
internal sealed class ChatWorker(LoadTarget target, byte[] request, Expectation expected, IBodyChecker body) : IScenarioWorker
{
    private readonly byte[] _buffer = new byte[16 * 1024];
    private readonly ResponseReader _reader = new();
    private Socket? _socket;
    private Transport? _transport;
    private long _ended;
    private long _began = long.MaxValue;
    private volatile bool _aborted;

    /// <summary>Connections that it has opened.</summary>
    public int Connects { get; private set; }

    public async ValueTask<CallResult> CallAsync()
    {
        var sent = Stopwatch.GetTimestamp();
        Volatile.Write(ref _began, sent);
        var result = await TryCallAsync(sent);
        Volatile.Write(ref _began, long.MaxValue);
        _ended = result.Ended;
        if (result.Error is not null || _reader.CloseAsked)
            Close();
        return result;
    }

    public void AbortIfOlder(long deadline)
    {
        if (Volatile.Read(ref _began) >= deadline)
            return;
        _aborted = true;
        _transport?.Close();
    }

    public ValueTask DisposeAsync()
    {
        Close();
        return ValueTask.CompletedTask;
    }

    private async ValueTask<CallResult> TryCallAsync(long sent)
    {
        _reader.Begin();
        body.Begin();
        long first = 0;
        try
        {
            if (_transport is not null && sent - _ended > Stopwatch.Frequency / 2 && _socket!.Poll(0, SelectMode.SelectRead))
                Close(); // a server may close what was idle; only what it closes under a call is an error
            _transport ??= await ConnectAsync();
            await _transport.SendAsync(request);
            while (!_reader.IsDone)
            {
                var receiving = _transport.ReceiveAsync(_buffer);
                var count = receiving.IsCompletedSuccessfully ? receiving.Result : await receiving;
                var now = Stopwatch.GetTimestamp();
                if (count == 0)
                {
                    if (_reader.TryEnd())
                        break;
                    return Failed(_reader.HasHead ? "closed inside the answer" : "closed before the answer", sent);
                }

                _reader.Feed(_buffer.AsSpan(0, count), now, body);
                if (_reader.Fault is { } fault)
                    return Failed(fault, sent);
                if (first == 0 && (body is not ChatStreamChecker || body.Events > 0))
                    first = now;
            }
        }
        catch (Exception e) when (e is SocketException or IOException or ObjectDisposedException or AuthenticationException)
        {
            return Failed(Classify(e), sent, e.Message);
        }

        body.End();
        var ended = Stopwatch.GetTimestamp();
        if (_reader.Status != expected.Status)
            return new CallResult(string.Create(CultureInfo.InvariantCulture, $"status {_reader.Status}"), body.Example, sent, first, ended);
        // An error's body is no completion; its status was what had to be checked.
        return new CallResult(expected.Status == 200 ? body.Fault : null, body.Example, sent, first, ended);
    }

    private CallResult Failed(string error, long sent, string example = "") => new(error, example.Length > 0 ? example : body.Example, sent, 0, Stopwatch.GetTimestamp());

    private string Classify(Exception e)
    {
        if (_aborted)
            return "timeout";
        var code = (e as SocketException ?? e.InnerException as SocketException)?.SocketErrorCode;
        if (_transport is null)
            return code == SocketError.ConnectionRefused ? "connection refused" : "connect failed";
        return code is SocketError.ConnectionReset or SocketError.Shutdown ? "reset" : "broken connection";
    }

    private async ValueTask<Transport> ConnectAsync()
    {
        var socket = new Socket(target.Address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(target.Address);
            Connects++;
            _socket = socket;
            if (target.Url.Scheme != Uri.UriSchemeHttps)
                return new SocketTransport(socket);
            var options = new SslClientAuthenticationOptions { TargetHost = target.Url.Host, ApplicationProtocols = [SslApplicationProtocol.Http11] };
            if (target.TrustedPem is { } pem)
                options.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, CustomTrustStore = { X509Certificate2.CreateFromPem(pem) } };
            var tls = new SslStream(new NetworkStream(socket, ownsSocket: true));
            await tls.AuthenticateAsClientAsync(options);
            return new TlsTransport(socket, tls);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private void Close()
    {
        _transport?.Close();
        (_transport, _aborted) = (null, false);
    }
}
