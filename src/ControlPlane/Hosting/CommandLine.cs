namespace AiEdge.ControlPlane.Hosting;

/// <summary>What the process is asked to do.</summary>
internal enum Command : byte
{
    Run,
    Store,
    TokenCreate,
    Help,
    Version,

    /// <summary>The arguments make no sense; <see cref="CommandLine.Complaint"/> says why.</summary>
    Wrong,
}

/// <summary>The command line, each flag with its twin in the environment (<c>--http</c>: <c>AIEDGE_HTTP</c>); the flag wins.</summary>
internal sealed class CommandLine
{
    public const string DefaultHttp = "127.0.0.1:7070";
    public const string DefaultGrpc = "127.0.0.1:7071";
    public const string DefaultDataDir = "aiedge-control";

    public const string Usage = """
        aiedge-controlplane: the control plane of AiEdge: configuration, quotas and use of all data planes

          aiedge-controlplane [--http ADDR] [--grpc ADDR] [--data-dir DIR] [...]
          aiedge-controlplane token create --role ROLE [--team TEAM] [--name NAME] [--http ADDR] [--data-dir DIR] [--tls-cert FILE]
          aiedge-controlplane store verify|backup|restore …          `store` alone prints how
          aiedge-controlplane --help | --version

        flag                environment          default           meaning
          --http ADDR       AIEDGE_HTTP          127.0.0.1:7070    REST under /api/v1, /openapi/v1.json, /healthz /readyz /metrics
          --grpc ADDR       AIEDGE_GRPC          127.0.0.1:7071    where data planes connect
          --data-dir DIR    AIEDGE_DATA_DIR      aiedge-control    folder of the store and of what is made at the first start
          --store WHICH     AIEDGE_STORE         faster            the embedded store; postgres:// is not supported yet
          --join-token T    AIEDGE_JOIN_TOKEN    made, kept        what data planes enrol with
          --seal-key FILE   AIEDGE_SEAL_KEY      made, kept        32 bytes in base64 that seal providers' secrets on the disk; in the
                                                                   environment the key itself
          --tls-cert FILE   AIEDGE_TLS_CERT                        PEM, with its chain; both listeners speak TLS then
          --tls-key FILE    AIEDGE_TLS_KEY                         its key
          --client-ca FILE  AIEDGE_CLIENT_CA                       data planes must show a certificate that one of these signed
          --webhook-hosts L AIEDGE_WEBHOOK_HOSTS all public        hosts that alerts may be sent to: hooks.example.com,*.example.org
          --insecure        AIEDGE_INSECURE=true                   allows addresses other than loopback without TLS
                            AIEDGE_ADMIN_TOKEN   made, kept        the first administrator's token

        What is made at the first start is written to the data dir, readable by its owner alone: admin-token, join-token, seal.key.

        signals: SIGTERM and SIGINT end it once what is under way is done; data planes go on with what they have.
        """;

    private static readonly string[] Valued =
        ["http", "grpc", "data-dir", "store", "join-token", "seal-key", "tls-cert", "tls-key", "client-ca", "webhook-hosts", "role", "team", "name"];

    private readonly Dictionary<string, string> _values = [];

    public Command Command { get; private set; } = Command.Run;

    public string? Complaint { get; private set; }

    /// <summary>The arguments behind <c>store</c>, which reads them itself.</summary>
    public string[] StoreArguments { get; private set; } = [];

    public string Http => this["http"] ?? DefaultHttp;

    public string Grpc => this["grpc"] ?? DefaultGrpc;

    public string DataDir => this["data-dir"] ?? DefaultDataDir;

    public string? Role => this["role"];

    public string? Team => this["team"];

    public string? Name => this["name"];

    public bool IsInsecure { get; private set; }

    /// <summary>A flag's value, or its twin's.</summary>
    public string? this[string flag] => _values.GetValueOrDefault(flag);

    public static CommandLine Parse(string[] arguments, Func<string, string?> env)
    {
        var line = new CommandLine();
        foreach (var name in Valued)
        {
            if (name is not ("seal-key" or "role" or "team" or "name") && env(Twin(name)) is { Length: > 0 } value)
                line._values[name] = value;
        }

        line.IsInsecure = env("AIEDGE_INSECURE") is "1" or "true";
        if (arguments is ["store", ..])
        {
            line.Command = Command.Store;
            line.StoreArguments = arguments[1..];
            return line;
        }

        var first = 0;
        if (arguments is ["token", "create", ..])
            (line.Command, first) = (Command.TokenCreate, 2);
        for (var i = first; i < arguments.Length && line.Command != Command.Wrong; i++)
            line.Take(arguments, ref i);
        line.Judge();
        return line;
    }

    private static string Twin(string flag) => "AIEDGE_" + flag.ToUpperInvariant().Replace('-', '_');

    private void Take(string[] arguments, ref int i)
    {
        var argument = arguments[i];
        switch (argument)
        {
            case "--help" or "-h":
                Command = Command.Help;
                return;
            case "--version":
                Command = Command.Version;
                return;
            case "--insecure":
                IsInsecure = true;
                return;
        }

        var equals = argument.IndexOf('=', StringComparison.Ordinal);
        var flag = equals > 0 ? argument[..equals] : argument;
        if (!flag.StartsWith("--", StringComparison.Ordinal) || Array.IndexOf(Valued, flag[2..]) < 0)
            Complain($"unknown argument: {flag}");
        else if (equals > 0)
            _values[flag[2..]] = argument[(equals + 1)..];
        else if (i + 1 < arguments.Length)
            _values[flag[2..]] = arguments[++i];
        else
            Complain($"{flag} needs a value");
    }

    private void Judge()
    {
        if (Command == Command.TokenCreate && Role is null)
            Complain("token create needs --role admin|editor|viewer|owner");
        if (Command == Command.Run && (Role ?? Team ?? Name) is not null)
            Complain("--role, --team and --name belong to token create");
        if (Command == Command.Run && this["store"] is { } store && store != "faster")
            Complain(store.StartsWith("postgres", StringComparison.Ordinal) ? "--store postgres:// is not supported yet" : "--store is faster");
        if (Command == Command.Run && this["tls-cert"] is null != this["tls-key"] is null)
            Complain("--tls-cert and --tls-key belong together");
        if (Command == Command.Run && this["client-ca"] is not null && this["tls-cert"] is null)
            Complain("--client-ca needs --tls-cert");
    }

    private void Complain(string complaint)
    {
        Command = Command.Wrong;
        Complaint ??= complaint;
    }
}
