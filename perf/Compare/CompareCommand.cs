using System.Globalization;

namespace AiEdge.Compare;

/// <summary>The console program's arguments, checked.</summary>
internal sealed record CompareCommand
{
    public const string Help = """
        AiEdge.Compare [--rounds 3] [--peers direct,nginx,haproxy,yarp,aiedge] [--tests a,b,c,d,e]
                       [--gateway artifacts/native/aiedge-dataplane] [--json FILE] [--quick]

        Runs gateways side by side against one upstream, in alternating rounds: each gateway on CPU 0, upstream and client on CPU 1.
        What is not installed is skipped. Read CPU per request (or event) as the ratio to nginx of the same round. A peer besides these is
        limits: aiedge with six limits and a journal; from-anthropic, from-gemini and from-responses: aiedge with a provider of that dialect,
        whose answers it translates (tests c and d: CPU per event of the client's).

          a  1 KB request, whole answer, 64 connections, closed loop
          b  100 KB request, whole answer, 32 connections, closed loop
          c  32 streams of 100 events, flat out
          d  1000 streams of 20 events a second
          e  open loop, 500 requests a second

        --quick halves the measured times, for a look rather than a result.
        """;

    public int Rounds { get; private init; } = 3;

    public IReadOnlyList<string> Peers { get; private init; } = ["direct", "nginx", "haproxy", "yarp", "aiedge"];

    public IReadOnlyList<string> Tests { get; private init; } = ["a", "b", "c", "d", "e"];

    public string Gateway { get; private init; } = "artifacts/native/aiedge-dataplane";

    public string? JsonFile { get; private init; }

    public bool Quick { get; private init; }

    public static bool TryParse(string[] args, out CompareCommand command, out string fault)
    {
        command = new CompareCommand();
        fault = "";
        for (var i = 0; i < args.Length; i++)
        {
            if (args[i] == "--quick")
            {
                command = command with { Quick = true };
                continue;
            }

            var value = i + 1 < args.Length ? args[i + 1] : "";
            var list = value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            CompareCommand? changed = args[i++] switch
            {
                "--rounds" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var rounds) && rounds is > 0 and <= 50 => command with { Rounds = rounds },
                "--peers" when list.Length > 0 => command with { Peers = list },
                "--tests" when list.Length > 0 && list.All(test => CompareTest.All.Any(known => known.Name == test)) => command with { Tests = list },
                "--gateway" when value.Length > 0 => command with { Gateway = value },
                "--json" when value.Length > 0 => command with { JsonFile = value },
                _ => null,
            };
            if (changed is null)
            {
                fault = $"Unknown or bad argument {args[i - 1]} {value}; see --help.";
                return false;
            }

            command = changed;
        }

        return true;
    }
}
