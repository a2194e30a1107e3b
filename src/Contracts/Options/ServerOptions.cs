using System.Net;
using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Fields;
using AiEdge.Contracts.Tree;

namespace AiEdge.Contracts.Options;

/// <summary>The data plane's own side as a user writes it (<c>server:</c>).</summary>
public sealed class ServerOptions
{
    /// <summary>Where clients come in.</summary>
    public static readonly ListenAddressField ListenField = new("listen", "127.0.0.1:8080");

    /// <summary>Where the admin port is.</summary>
    public static readonly ListenAddressField AdminField = new("admin", "127.0.0.1:8081");

    /// <summary>Where health and metrics alone are served.</summary>
    public static readonly ListenAddressField ProbeField = new("probe", null);

    /// <summary>Largest request body.</summary>
    public static readonly SizeField BodyBytesMaxField = new("bodyBytesMax", "32mb", "1kb", "1gb");

    /// <summary>Bodies held in memory, all together.</summary>
    public static readonly SizeField BufferedBytesMaxField = new("bufferedBytesMax", "512mb", "1kb", "1024gb");

    /// <summary>Largest request head.</summary>
    public static readonly SizeField HeadBytesMaxField = new("headBytesMax", "32kb", "1kb", "1mb");

    /// <summary>Client connections held open at most.</summary>
    public static readonly IntegerField ConnectionsMaxField = new("connectionsMax", 10_000, 1, 1_000_000);

    /// <summary>From a request's first byte to its head's end.</summary>
    public static readonly DurationField HeadTimeoutField = new("headTimeout", "10s", "10ms", "10m");

    /// <summary>From a request head's end to its body's.</summary>
    public static readonly DurationField BodyTimeoutField = new("bodyTimeout", "60s", "10ms", "1h");

    /// <summary>Between two requests of a connection.</summary>
    public static readonly DurationField KeepAliveField = new("keepAlive", "120s", "10ms", "1h");

    /// <summary>How long a client may refuse to read.</summary>
    public static readonly DurationField ClientIdleField = new("clientIdle", "60s", "10ms", "1h");

    /// <summary>Silence of a stream after which a comment is sent.</summary>
    public static readonly DurationField HeartbeatField = new("heartbeat", "15s", "10ms", "10m", ZeroDuration.Off);

    /// <summary>How long connections are still taken after readiness has failed.</summary>
    public static readonly DurationField DrainDelayField = new("drainDelay", "5s", "1ms", "10m", ZeroDuration.Zero);

    /// <summary>How long streams may go on when draining.</summary>
    public static readonly DurationField DrainTimeoutField = new("drainTimeout", "30s", "1ms", "24h", ZeroDuration.Zero);

    /// <summary>Proxies whose word on a client's address counts.</summary>
    public static readonly StringListField TrustedProxiesField = new("trustedProxies", NetworkText.Rule, 256);

    /// <summary>What a proxy writes before a connection's first byte.</summary>
    public static readonly ChoiceField ProxyProtocolField = new("proxyProtocol", ["off", "v2"]) { Default = "off" };

    /// <summary>How long usage records are still shipped to the control plane before the process ends.</summary>
    public static readonly DurationField ShipOnDrainField = new("shipOnDrain", "10s", "1ms", "10m", ZeroDuration.Zero);

    /// <summary>How long the configuration may be served without hearing from the control plane it came from.</summary>
    public static readonly DurationField ConfigMaxAgeField = new("configMaxAge", "24h", "1s", "8760h");

    /// <summary>What happens to requests then.</summary>
    public static readonly ChoiceField StaleConfigField = new("staleConfig", ["serve", "refuse"]) { Default = "serve" };

    /// <summary>TLS towards clients.</summary>
    public static readonly SectionField TlsField = new("tls", TlsOptions.ServerTable);

    /// <summary>The fields.</summary>
    public static readonly FieldTable Table = new(
        "the server", ListenField, AdminField, ProbeField, BodyBytesMaxField, BufferedBytesMaxField, HeadBytesMaxField, ConnectionsMaxField,
        HeadTimeoutField, BodyTimeoutField, KeepAliveField, ClientIdleField, HeartbeatField, DrainDelayField, DrainTimeoutField,
        TrustedProxiesField, ProxyProtocolField, ShipOnDrainField, ConfigMaxAgeField, StaleConfigField, TlsField);

    /// <summary>See <see cref="ListenField"/>.</summary>
    public Setting<IPEndPoint> Listen { get; private init; }

    /// <summary>See <see cref="AdminField"/>.</summary>
    public Setting<IPEndPoint> Admin { get; private init; }

    /// <summary>See <see cref="ProbeField"/>.</summary>
    public Setting<IPEndPoint> Probe { get; private init; }

    /// <summary>See <see cref="BodyBytesMaxField"/>.</summary>
    public Setting<long> BodyBytesMax { get; private init; }

    /// <summary>See <see cref="BufferedBytesMaxField"/>.</summary>
    public Setting<long> BufferedBytesMax { get; private init; }

    /// <summary>See <see cref="HeadBytesMaxField"/>.</summary>
    public Setting<long> HeadBytesMax { get; private init; }

    /// <summary>See <see cref="ConnectionsMaxField"/>.</summary>
    public Setting<int> ConnectionsMax { get; private init; }

    /// <summary>See <see cref="HeadTimeoutField"/>.</summary>
    public Setting<TimeSpan> HeadTimeout { get; private init; }

    /// <summary>See <see cref="BodyTimeoutField"/>.</summary>
    public Setting<TimeSpan> BodyTimeout { get; private init; }

    /// <summary>See <see cref="KeepAliveField"/>.</summary>
    public Setting<TimeSpan> KeepAlive { get; private init; }

    /// <summary>See <see cref="ClientIdleField"/>.</summary>
    public Setting<TimeSpan> ClientIdle { get; private init; }

    /// <summary>See <see cref="HeartbeatField"/>.</summary>
    public Setting<TimeSpan> Heartbeat { get; private init; }

    /// <summary>See <see cref="DrainDelayField"/>.</summary>
    public Setting<TimeSpan> DrainDelay { get; private init; }

    /// <summary>See <see cref="DrainTimeoutField"/>.</summary>
    public Setting<TimeSpan> DrainTimeout { get; private init; }

    /// <summary>See <see cref="TrustedProxiesField"/>.</summary>
    public Setting<IReadOnlyList<Setting<string>>> TrustedProxies { get; private init; }

    /// <summary>See <see cref="ProxyProtocolField"/>.</summary>
    public Setting<string> ProxyProtocol { get; private init; }

    /// <summary>See <see cref="ShipOnDrainField"/>.</summary>
    public Setting<TimeSpan> ShipOnDrain { get; private init; }

    /// <summary>See <see cref="ConfigMaxAgeField"/>.</summary>
    public Setting<TimeSpan> ConfigMaxAge { get; private init; }

    /// <summary>See <see cref="StaleConfigField"/>.</summary>
    public Setting<string> StaleConfig { get; private init; }

    /// <summary>See <see cref="TlsField"/>.</summary>
    public TlsOptions Tls { get; private init; } = new();

    /// <summary>Reads the section; nothing written where it is absent.</summary>
    public static ServerOptions Read(ConfigNode? node, FaultList faults)
    {
        var reader = node is null ? null : FieldReader.Open(node, Table, faults);
        return reader is null ? new ServerOptions() : new ServerOptions
        {
            Listen = reader.Get(ListenField),
            Admin = reader.Get(AdminField),
            Probe = reader.Get(ProbeField),
            BodyBytesMax = reader.Get(BodyBytesMaxField),
            BufferedBytesMax = reader.Get(BufferedBytesMaxField),
            HeadBytesMax = reader.Get(HeadBytesMaxField),
            ConnectionsMax = reader.Get(ConnectionsMaxField),
            HeadTimeout = reader.Get(HeadTimeoutField),
            BodyTimeout = reader.Get(BodyTimeoutField),
            KeepAlive = reader.Get(KeepAliveField),
            ClientIdle = reader.Get(ClientIdleField),
            Heartbeat = reader.Get(HeartbeatField),
            DrainDelay = reader.Get(DrainDelayField),
            DrainTimeout = reader.Get(DrainTimeoutField),
            TrustedProxies = reader.Get(TrustedProxiesField),
            ProxyProtocol = reader.Get(ProxyProtocolField),
            ShipOnDrain = reader.Get(ShipOnDrainField),
            ConfigMaxAge = reader.Get(ConfigMaxAgeField),
            StaleConfig = reader.Get(StaleConfigField),
            Tls = TlsOptions.Read(reader.Node(TlsField), TlsOptions.ServerTable, faults),
        };
    }
}
