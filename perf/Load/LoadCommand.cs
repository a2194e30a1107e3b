using System.Globalization;
using System.Net;

namespace AiEdge.Load;

/// <summary>The console program's arguments, checked.</summary>
internal sealed record LoadCommand(LoadTarget Target, LoadPlan Plan, Expectation Expected)
{
    public const string Help = """
        AiEdge.Load --url URL [--key KEY] [--model MODEL] [--rate N | --closed] [--duration 10s] [...]

        Sends chat completions on a fixed schedule and checks every answer and every event. Latencies count from the
        scheduled time, so that a server that stalls cannot hide it by slowing the generator down.

          --url URL             such as http://127.0.0.1:8080/v1/chat/completions
          --key KEY             the bearer credential (default sk-test)
          --model MODEL         default fake-n20; a fake- name tells what the answer must be (see perf/FakeUpstream/README.md)
          --rate N              calls per second (default 100);  --closed: each worker calls again when answered
          --connections N       workers, each with a connection (default 64)
          --duration T          measured time (default 10s; ms, s, m);  --warmup T (1s);  --drain T (5s);  --ramp T (0s, closed loop)
          --timeout T           a call that takes longer fails (60s)
          --stream              ask for events;  --no-usage: do not ask for the usage chunk
          --body-bytes N        size of the request body (1024)
          --header "Name: v"    a further field; may be repeated
          --hold                instead of load: --connections make one call each, are idle for --duration, and make another
          --stall               instead of load: --connections ask for a stream each and do not read it for --duration
          --check LIST          events=N, status=N, text, notext, usage, nousage, done, nodone, none
          --watch-pid PID       also read that process tree's CPU and memory over the measured time
          --trust FILE          over https, the certificate (PEM) to trust
          --json FILE, --html FILE
          --i-own-this-host     needed for any target that is not this machine

        Ctrl-C ends the run and prints what was measured. Exit code: 0 if no call failed, 1 if one did, 2 for bad arguments.
        """;

    public string? JsonFile { get; private init; }

    public string? HtmlFile { get; private init; }

    public int? WatchPid { get; private init; }

    /// <summary>Whether connections are held instead of loaded.</summary>
    public HoldKind Hold { get; private init; }

    /// <summary>False with the reason.</summary>
    public static bool TryParse(string[] args, out LoadCommand? command, out string fault)
    {
        command = null;
        var values = new Dictionary<string, string>();
        for (var i = 0; i < args.Length; i++)
        {
            if (args[i] is "--stream" or "--closed" or "--no-usage" or "--hold" or "--stall" or "--i-own-this-host")
                values[args[i]] = "";
            else if (i + 1 >= args.Length || !Help.Contains($"{args[i]} ", StringComparison.Ordinal) || !args[i].StartsWith("--", StringComparison.Ordinal))
            {
                fault = $"Unknown or incomplete argument {args[i]}; see --help.";
                return false;
            }
            else if (args[i] == "--header")
                values["--header"] = values.GetValueOrDefault("--header") + args[++i] + "\r\n";
            else
                values[args[i]] = args[++i];
        }

        try
        {
            command = Build(values);
            fault = "";
            return true;
        }
        catch (FormatException e)
        {
            fault = e.Message;
            return false;
        }
    }

    /// <summary>Such as 500ms, 10s, 2m, or seconds as a plain number.</summary>
    internal static TimeSpan Time(string text)
    {
        var (number, factor) = text switch
        {
            _ when text.EndsWith("ms", StringComparison.Ordinal) => (text[..^2], 0.001),
            _ when text.EndsWith('s') => (text[..^1], 1),
            _ when text.EndsWith('m') => (text[..^1], 60),
            _ => (text, 1.0),
        };
        return double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) && value * factor <= 3600
            ? TimeSpan.FromSeconds(value * factor)
            : throw new FormatException($"'{text}' is no time up to an hour, such as 500ms, 10s or 2m.");
    }

    private static LoadCommand Build(Dictionary<string, string> values)
    {
        string Value(string name, string otherwise) => values.GetValueOrDefault(name) ?? otherwise;
        int Count(string name, int otherwise) => !values.TryGetValue(name, out var text) ? otherwise
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : throw new FormatException($"{name} needs a number.");
        var url = Uri.TryCreate(Value("--url", ""), UriKind.Absolute, out var parsed) && parsed.Scheme is "http" or "https"
            ? parsed : throw new FormatException("--url needs an http or https URL.");
        var address = LoadHost.Find(url, values.ContainsKey("--i-own-this-host"));
        var target = new LoadTarget(url, address, Value("--key", "sk-test"), Value("--model", "fake-n20"), values.ContainsKey("--stream"))
        {
            AskUsage = !values.ContainsKey("--no-usage"),
            BodyBytes = Count("--body-bytes", 1024),
            Fields = Value("--header", ""),
            TrustedPem = values.TryGetValue("--trust", out var file) ? File.ReadAllText(file) : null,
        };
        var expected = Expectation.Of(target.Model, target.Stream) with { Usage = target.AskUsage || !target.Stream };
        if (!Expectation.TryParse(Value("--check", ""), expected, out expected, out var fault))
            throw new FormatException(fault);
        var plan = new LoadPlan
        {
            Rate = values.ContainsKey("--closed") ? 0 : Math.Max(0.01, Count("--rate", 100)),
            Workers = Math.Max(1, Count("--connections", 64)),
            Duration = Time(Value("--duration", "10s")),
            Warmup = Time(Value("--warmup", "1s")),
            Drain = Time(Value("--drain", "5s")),
            Ramp = Time(Value("--ramp", "0s")),
            CallTimeout = Time(Value("--timeout", "60s")),
        };
        return new LoadCommand(target, plan, expected)
        {
            JsonFile = values.GetValueOrDefault("--json"),
            HtmlFile = values.GetValueOrDefault("--html"),
            Hold = values.ContainsKey("--hold") ? HoldKind.Idle : values.ContainsKey("--stall") ? HoldKind.Stalled : HoldKind.None,
            WatchPid = values.ContainsKey("--watch-pid") ? Count("--watch-pid", 0) : null,
        };
    }
}

/// <summary>Keeps load on this machine unless its owner says otherwise.</summary>
internal static class LoadHost
{
    /// <exception cref="FormatException">The host is unknown, or not this machine and not vouched for.</exception>
    public static IPEndPoint Find(Uri url, bool isOwned)
    {
        IPAddress[] addresses;
        try
        {
            addresses = Dns.GetHostAddresses(url.DnsSafeHost);
        }
        catch (System.Net.Sockets.SocketException e)
        {
            throw new FormatException($"{url.Host} cannot be resolved: {e.Message}", e);
        }

        var address = addresses.FirstOrDefault(IPAddress.IsLoopback) ?? addresses.FirstOrDefault() ?? throw new FormatException($"{url.Host} has no address.");
        if (!IPAddress.IsLoopback(address) && !isOwned)
            throw new FormatException($"{url.Host} is not this machine. Load tests disturb others: give --i-own-this-host if it is yours to disturb.");
        return new IPEndPoint(address, url.Port);
    }
}
