namespace AiEdge.DataPlane.Hosting;

/// <summary>What the process is asked to do.</summary>
internal enum Command : byte
{
    Run,
    Check,
    Health,
    Count,
    Help,
    Version,
    JournalDump,
    JournalVerify,
    JournalRebuild,

    /// <summary>The arguments make no sense; <see cref="CommandLine.Complaint"/> says why.</summary>
    Wrong,
}

/// <summary>The command line, each flag with its twin in the environment (<c>--listen</c>: <c>AIEDGE_LISTEN</c>); the flag wins.</summary>
internal sealed class CommandLine
{
    public const string Usage = """
        aiedge-dataplane: the data plane of AiEdge, a gateway between clients and LLM providers

          aiedge-dataplane --config FILE [--listen ADDR] [--admin ADDR] [--probe ADDR]
          aiedge-dataplane --control-plane URL [--join-token TOKEN] [--data-dir DIR] [--secrets-dir DIR] [...]
          aiedge-dataplane --config FILE --check      validate, print every fault with its line, exit 0 or 1
          aiedge-dataplane health [--admin ADDR | --probe ADDR]   ask a running data plane for /readyz, exit 0 or 1
          aiedge-dataplane count [--encoding NAME | --vocabulary FILE [--format WORD] [--split RULE]] [--append N | --ids] [FILE]
          aiedge-dataplane journal dump --data-dir DIR      print the usage journal, one JSON object a line
          aiedge-dataplane journal verify --data-dir DIR    read all of it, name what is damaged, exit 0 or 1
          aiedge-dataplane journal rebuild --data-dir DIR   limits go on with what its records say alone, if their own file is lost
          aiedge-dataplane --help | --version

        flag              environment        default           meaning
          --config FILE   AIEDGE_CONFIG                        configuration, YAML, or JSON by its extension
          --listen ADDR   AIEDGE_LISTEN      127.0.0.1:8080    where clients connect; overrides server.listen
          --admin ADDR    AIEDGE_ADMIN       127.0.0.1:8081    /healthz /readyz /metrics /config /limits; overrides server.admin
          --probe ADDR    AIEDGE_PROBE                         /healthz /readyz /metrics alone; overrides server.probe
          --data-dir DIR  AIEDGE_DATA_DIR                      folder of the usage journal; without it there is none
          --check                                              see above

        with a control plane, from which the configuration comes:
          --control-plane URL       AIEDGE_CONTROL_PLANE       http://host:7071 or https://host:7071
          --join-token TOKEN        AIEDGE_JOIN_TOKEN          exchanged once for this plane's own credential
          --join-token-file FILE    AIEDGE_JOIN_TOKEN_FILE     the same, from a file
          --plane-id ID             AIEDGE_PLANE_ID            the id to ask for when joining: 1 to 63 of [a-z0-9-]
          --data-dir DIR            AIEDGE_DATA_DIR            ./aiedge-data; credential, last good configuration, usage journal
          --secrets-dir DIR         AIEDGE_SECRETS_DIR         the only folder whose files the configuration may name
          --control-plane-ca FILE   AIEDGE_CONTROL_PLANE_CA    authorities (PEM) that may vouch for it, in place of the system's
          --control-plane-cert FILE AIEDGE_CONTROL_PLANE_CERT  certificate (PEM) to show it, with --control-plane-key
          --control-plane-key FILE  AIEDGE_CONTROL_PLANE_KEY   its private key (PEM)
          --insecure                AIEDGE_INSECURE=true       allows http:// to another machine

        count prints how many tokens FILE, or what comes in without one, has as plain text; it streams, whatever the length.
          --encoding NAME     o200k_base (default), o200k_harmony or cl100k_base
          --vocabulary FILE   a vocabulary of your own: .tiktoken, tekken.json or Hugging Face's tokenizer.json
          --format WORD       tiktoken, tekken or huggingface, where the file's name does not tell
          --split RULE        o200k, cl100k, llama3, qwen2, deepseek-v3 or tekken: for .tiktoken, which does not say it
          --append N          feeds the counter N bytes at a time; the number is the same for every N
          --ids               prints the tokens themselves, one a line

        signals: SIGTERM and SIGINT drain and stop (a second one stops at once); SIGHUP reads the configuration again.
        """;

    private const string DataDirWithControlPlane = "aiedge-data";

    private static readonly string[] Names =
    [
        "config", "listen", "admin", "probe", "data-dir", "control-plane", "join-token", "join-token-file", "plane-id", "secrets-dir",
        "control-plane-ca", "control-plane-cert", "control-plane-key",
    ];

    private readonly Dictionary<string, string> _values = [];
    private readonly HashSet<string> _flags = [];

    public Command Command { get; private set; } = Command.Run;

    public string? Complaint { get; private set; }

    /// <summary>The arguments of <see cref="Command.Count"/>, which reads them itself.</summary>
    public string[] CountArguments { get; private set; } = [];

    public string? Config => Value("config");

    public string? Listen => Value("listen");

    public string? Admin => Value("admin");

    public string? Probe => Value("probe");

    public string? DataDir => Value("data-dir") ?? (ControlPlane is null ? null : DataDirWithControlPlane);

    /// <summary>The control plane's address, as written.</summary>
    public string? ControlPlane => Value("control-plane");

    public bool Insecure { get; private set; }

    public static CommandLine Parse(string[] arguments, Func<string, string?> env)
    {
        var line = new CommandLine();
        if (arguments is ["count", ..])
        {
            line.Command = Array.Exists(arguments, a => a is "--help" or "-h") ? Command.Help : Command.Count;
            line.CountArguments = arguments[1..];
            return line;
        }

        foreach (var name in Names)
        {
            if (env(Twin(name)) is { Length: > 0 } value)
                line._values[name] = value;
        }

        line.Insecure = env(Twin("insecure")) is "true" or "1";
        for (var i = 0; i < arguments.Length && line.Command != Command.Wrong; i++)
            line.Take(arguments, ref i);
        line.ChooseOrigin();
        if (line.Command is Command.JournalDump or Command.JournalVerify or Command.JournalRebuild && line.DataDir is null)
            line.Complain("--data-dir DIR is missing");
        return line;
    }

    private void Take(string[] arguments, ref int i)
    {
        var argument = arguments[i];
        switch (argument)
        {
            case "--help" or "-h":
                Command = Command.Help;
                break;
            case "--version":
                Command = Command.Version;
                break;
            case "--check":
                Command = Command.Check;
                break;
            case "health":
                Command = Command.Health;
                break;
            case "journal" when i + 1 < arguments.Length && arguments[i + 1] is "dump" or "verify" or "rebuild":
                Command = arguments[++i] switch
                {
                    "dump" => Command.JournalDump,
                    "verify" => Command.JournalVerify,
                    _ => Command.JournalRebuild,
                };
                break;
            case "--insecure":
                Insecure = true;
                break;
            case var _ when IsFlag(argument) && i + 1 < arguments.Length:
                Set(argument[2..], arguments[++i]);
                break;
            default:
                var equals = argument.IndexOf('=', StringComparison.Ordinal);
                if (equals > 0 && IsFlag(argument[..equals]))
                    Set(argument[2..equals], argument[(equals + 1)..]);
                else
                    Complain($"unknown or incomplete argument: {argument}");
                break;
        }
    }

    /// <summary>A value by the flag's name without its dashes; null where neither the flag nor its twin is given.</summary>
    public string? Value(string name) => _values.GetValueOrDefault(name);

    private static string Twin(string name) => "AIEDGE_" + name.ToUpperInvariant().Replace('-', '_');

    private static bool IsFlag(string argument) => argument.StartsWith("--", StringComparison.Ordinal) && Array.IndexOf(Names, argument[2..]) >= 0;

    private void Set(string name, string value)
    {
        _values[name] = value;
        _flags.Add(name);
    }

    /// <summary>A file or a control plane, not both; of a flag and a variable the flag.</summary>
    private void ChooseOrigin()
    {
        if (Command is not (Command.Run or Command.Check))
            return;
        if (Config is not null && ControlPlane is not null)
        {
            if (_flags.Contains("config") == _flags.Contains("control-plane"))
                Complain("--config and --control-plane exclude each other");
            else
                _values.Remove(_flags.Contains("config") ? "control-plane" : "config");
        }

        if (Command == Command.Check && Config is null)
            Complain("--config FILE is missing");
        else if (Config is null && ControlPlane is null)
            Complain("--config FILE or --control-plane URL is missing");
    }

    private void Complain(string complaint)
    {
        Command = Command.Wrong;
        Complaint ??= complaint;
    }
}
