using System.Net;
using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Fields;
using AiEdge.Contracts.Options;
using AiEdge.Contracts.Rules;
using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Snapshot;

/// <summary>Where the data plane listens, and with which certificate, once the command line and the running process have had their say.</summary>
internal readonly record struct ListenerAddresses(IPEndPoint Listen, IPEndPoint Admin, IPEndPoint? Probe, string? CertificateFile, string? KeyFile)
{
    /// <summary>
    /// The flags win over the document. Open sockets stay where they are and as they are: an edit of an address, or of which files
    /// hold the certificate, takes effect at the next start, and until then is a warning. What is in those files may change at any time.
    /// </summary>
    public static ListenerAddresses Resolve(
        ServerOptions server, ConfigOverrides overrides, ServerModel? running, ReferencedFiles files, FaultList faults, FaultList warnings)
    {
        var listen = One(ServerOptions.ListenField, server.Listen, overrides.Listen, faults);
        var admin = One(ServerOptions.AdminField, server.Admin, overrides.Admin, faults);
        var probe = One(ServerOptions.ProbeField, server.Probe, overrides.Probe, faults);
        CheckCollision((ServerOptions.AdminField, server.Admin, admin), (ServerOptions.ListenField, listen), faults);
        CheckCollision((ServerOptions.ProbeField, server.Probe, probe), (ServerOptions.ListenField, listen), faults);
        CheckCollision((ServerOptions.ProbeField, server.Probe, probe), (ServerOptions.AdminField, admin), faults);
        var (certificate, key) = (files.PathOf(server.Tls.Certificate), files.PathOf(server.Tls.Key));
        if (running is null)
            return new(listen!, admin!, probe, certificate, key);
        WarnOfMove(ServerOptions.ListenField, server.Listen, listen, running.Listen, warnings);
        WarnOfMove(ServerOptions.AdminField, server.Admin, admin, running.Admin, warnings);
        WarnOfMove(ServerOptions.ProbeField, server.Probe, probe, running.Probe, warnings);
        if (certificate != running.TlsCertificateFile || key != running.TlsKeyFile)
            WarnOfTls(server, running.TlsCertificateFile is not null, warnings);
        return new(running.Listen, running.Admin, running.Probe, running.TlsCertificateFile, running.TlsKeyFile);
    }

    private static IPEndPoint? One(ListenAddressField field, Setting<IPEndPoint> written, string? flag, FaultList faults)
    {
        if (flag is null)
            return written.Or(field.Default!);
        if (ListenAddress.TryParse(flag, out var endpoint))
            return endpoint;
        faults.Add("--" + field.Name, 0, 0, "expected " + ListenAddressField.ExpectedText);
        return null;
    }

    private static void WarnOfTls(ServerOptions server, bool speaksTls, FaultList warnings)
    {
        var message = speaksTls ? "needs a restart: the earlier certificate is still shown" : "needs a restart: clients still come in clear";
        if (server.Tls.Certificate.Source is { } source)
            warnings.Add(source, message);
        else
            warnings.Add("server.tls", 0, 0, message);
    }

    private static void CheckCollision(
        (Field Field, Setting<IPEndPoint> Written, IPEndPoint? At) one, (Field Field, IPEndPoint? At) other, FaultList faults)
    {
        if (one.At is null || other.At is null || !ServerRules.Collide(one.At, other.At))
            return;
        var message = $"asks for the same address as {other.Field.Name}";
        if (one.Written.Source is { } source)
            faults.Add(source, message);
        else
            faults.Add("server." + one.Field.Name, 0, 0, message);
    }

    private static void WarnOfMove(Field field, Setting<IPEndPoint> written, IPEndPoint? now, IPEndPoint? running, FaultList warnings)
    {
        if (Equals(now, running))
            return;
        var message = $"needs a restart: {(running is null ? "nothing is" : running + " is")} still listened on";
        if (written.Source is { } source)
            warnings.Add(source, message);
        else
            warnings.Add("server." + field.Name, 0, 0, message);
    }
}
