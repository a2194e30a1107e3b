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
          aiedge-dataplane --config FILE --check      validate, print every fault with its line, exit 0 or 1
          aiedge-dataplane health [--admin ADDR]      ask a running data plane for /readyz, exit 0 or 1
          aiedge-dataplane count [--encoding NAME | --vocabulary FILE [--format WORD] [--split RULE]] [--append N | --ids] [FILE]
          aiedge-dataplane journal dump --data-dir DIR      print the usage journal, one JSON object a line
          aiedge-dataplane journal verify --data-dir DIR    read all of it, name what is damaged, exit 0 or 1
          aiedge-dataplane journal rebuild --data-dir DIR   limits go on with what its records say alone, if their own file is lost
          aiedge-dataplane --help | --version

        flag              environment        default           meaning
          --config FILE   AIEDGE_CONFIG                        configuration, YAML, or JSON by its extension
          --listen ADDR   AIEDGE_LISTEN      127.0.0.1:8080    where clients connect; overrides server.listen
          --admin ADDR    AIEDGE_ADMIN       127.0.0.1:8081    /healthz /readyz /metrics /config; overrides server.admin
          --probe ADDR    AIEDGE_PROBE                         /healthz /readyz /metrics alone; overrides server.probe
          --data-dir DIR  AIEDGE_DATA_DIR                      folder of the usage journal; without it there is none
          --check                                              see above

        count prints how many tokens FILE, or what comes in without one, has as plain text; it streams, whatever the length.
          --encoding NAME     o200k_base (default), o200k_harmony or cl100k_base
          --vocabulary FILE   a vocabulary of your own: .tiktoken, tekken.json or Hugging Face's tokenizer.json
          --format WORD       tiktoken, tekken or huggingface, where the file's name does not tell
          --split RULE        o200k, cl100k, llama3, qwen2, deepseek-v3 or tekken: for .tiktoken, which does not say it
          --append N          feeds the counter N bytes at a time; the number is the same for every N
          --ids               prints the tokens themselves, one a line

        signals: SIGTERM and SIGINT drain and stop (a second one stops at once); SIGHUP reads the configuration again.
        """;

    private static readonly string[] Later = ["--control-plane", "--join-token", "--secrets-dir"];

    private readonly Dictionary<string, string> _values = [];

    public Command Command { get; private set; } = Command.Run;

    public string? Complaint { get; private set; }

    /// <summary>The arguments of <see cref="Command.Count"/>, which reads them itself.</summary>
    public string[] CountArguments { get; private set; } = [];

    public string? Config => Value("config");

    public string? Listen => Value("listen");

    public string? Admin => Value("admin");

    public string? Probe => Value("probe");

    public string? DataDir => Value("data-dir");

    public static CommandLine Parse(string[] arguments, Func<string, string?> env)
    {
        var line = new CommandLine();
        if (arguments is ["count", ..])
        {
            line.Command = Array.Exists(arguments, a => a is "--help" or "-h") ? Command.Help : Command.Count;
            line.CountArguments = arguments[1..];
            return line;
        }

        foreach (var name in (string[])["config", "listen", "admin", "probe", "data-dir"])
        {
            if (env("AIEDGE_" + name.ToUpperInvariant().Replace('-', '_')) is { Length: > 0 } value)
                line._values[name] = value;
        }

        for (var i = 0; i < arguments.Length && line.Command != Command.Wrong; i++)
            line.Take(arguments, ref i);
        if (line.Command is Command.Run or Command.Check && line.Config is null)
            line.Complain("--config FILE is missing");
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
            case "--config" or "--listen" or "--admin" or "--probe" or "--data-dir" when i + 1 < arguments.Length:
                _values[argument[2..]] = arguments[++i];
                break;
            default:
                var equals = argument.IndexOf('=', StringComparison.Ordinal);
                if (equals > 0 && argument[..equals] is ("--config" or "--listen" or "--admin" or "--probe" or "--data-dir"))
                    _values[argument[2..equals]] = argument[(equals + 1)..];
                else if (Array.IndexOf(Later, equals > 0 ? argument[..equals] : argument) >= 0)
                    Complain($"{argument} is not supported yet");
                else
                    Complain($"unknown or incomplete argument: {argument}");
                break;
        }
    }

    private string? Value(string name) => _values.GetValueOrDefault(name);

    private void Complain(string complaint)
    {
        Command = Command.Wrong;
        Complaint ??= complaint;
    }
}
