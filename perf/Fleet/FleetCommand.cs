using System.Globalization;
using AiEdge.FleetTest.Accounts;
using AiEdge.FleetTest.Faults;

namespace AiEdge.FleetTest;

/// <summary>What the program is asked to do.</summary>
internal sealed class FleetCommand
{
    public const string Help = """
        AiEdge.Fleet [SCENARIO]... [--plane FILE] [--planes 4] [--seconds 30]
        AiEdge.Fleet sync [--planes 1000] [--buckets 100] [--seconds 10]
        AiEdge.Fleet faults [FAULT]... [WAY]... [--plane FILE] [--seconds 60]
        AiEdge.Fleet accounts [CASE]... [--plane FILE] [--planes 4] [--seconds 60]
        AiEdge.Fleet aborts [--plane FILE] [--aborts 1000]
        AiEdge.Fleet compete [--plane FILE] [--seconds 10]

        Starts a control plane, data planes and a scripted provider as processes on loopback, gives them one shared limit by REST, asks for
        half as much again as it allows, and counts at the provider what was admitted. Without a scenario: all but sync, one after the other.

          plain      demand that is skewed 10 : 1 and shifts each 5 s
          stop       the same; the control plane is stopped (SIGSTOP) for 5 s
          kill       the same; the control plane is killed (SIGKILL) and started again 5 s later
          lose       the same demand on all; one data plane is killed
          small      10 requests a second, burst 20, from the first request on
          window     200 requests a day, all planes asked alike: how many are refused while there is credit
          cold       the first requests of buckets, the second ones, and warm ones while the control plane is stopped
          faults     one data plane in front of three providers, 200 requests a second; after 10 s one of the three goes bad: dead, slow, limited,
                     silent (429 without a time to come again), cutting, stalling, hanging, lying or mixed, without a name all of them one after the other; in
                     one or more ways: native (the default), weighted, to-anthropic, to-gemini, one-translated or from-anthropic, or all of them
                     (all-ways). Ends with 1 where what is promised is missed
          accounts   data planes that use one account with a provider, asked for twice its limit: requests, tokens, anthropic, shifting or window,
                     without a name all of them. Ends with 1 where the provider had to refuse more than 1 %, or less than 95 % was used
          aborts     one data plane; clients leave in the middle of streams: how soon the provider's connection is closed, and what is billed. Ends
                     with 1 where more than a hundredth took above 50 ms, or a bill is wrong
          compete    one data plane; 64 clients compete for one rate and come again when they are told, on time and late. Ends with 1 where fewer than
                     95 % are admitted then, or more than the rate allows
          sync       planes that are simulated, each with a stream and all buckets in use, against the control plane on one processor

          --plane FILE   the data plane's program; a native one, or the .dll that the build made (the default)
        Ends with 1 where more was admitted than the limit allows, and cold where a first request was refused or waited longer than is promised.
        """;

    public static readonly string[] Scenarios = ["plain", "stop", "kill", "lose", "small", "window", "cold"];

    public List<string> Chosen { get; } = [];

    public bool IsSync { get; private set; }

    /// <summary>What is to become of one of three providers, where that is what is asked for.</summary>
    public List<Fault>? Faults { get; private set; }

    /// <summary>Who speaks what while it does.</summary>
    public List<Way> Ways { get; } = [];

    /// <summary>What planes share of an account, where that is what is asked for.</summary>
    public List<AccountCase>? Accounts { get; private set; }

    public bool IsAborts { get; private set; }

    public bool IsCompete { get; private set; }

    public int Aborts { get; private set; } = 1000;

    public string? Plane { get; private set; }

    public int Planes { get; private set; }

    public int Buckets { get; private set; } = 100;

    public int Seconds { get; private set; }

    /// <summary>Null with a message for stderr where the arguments make no sense.</summary>
    public static FleetCommand? Parse(string[] args, out string fault)
    {
        var command = new FleetCommand();
        fault = "";
        for (var i = 0; i < args.Length; i++)
        {
            if (command.Accounts is null && Scenarios.Contains(args[i]))
            {
                command.Chosen.Add(args[i]);
            }
            else if (args[i] == "sync")
            {
                command.IsSync = true;
            }
            else if (args[i] == "aborts")
            {
                command.IsAborts = true;
            }
            else if (args[i] == "compete")
            {
                command.IsCompete = true;
            }
            else if (args[i] == "faults")
            {
                command.Faults = [];
            }
            else if (args[i] == "accounts")
            {
                command.Accounts = [];
            }
            else if (command.Accounts is { } accounts && Array.Find(AccountCase.All, one => one.Name == args[i]) is { } its)
            {
                accounts.Add(its);
            }
            else if (command.Faults is { } faults && Array.Find(Fault.All, one => one.Name == args[i]) is { } known)
            {
                faults.Add(known);
            }
            else if (command.Faults is not null && args[i] == "all-ways")
            {
                command.Ways.AddRange(Way.All);
            }
            else if (command.Faults is not null && Array.Find(Way.All, one => one.Name == args[i]) is { } way)
            {
                command.Ways.Add(way);
            }
            else if (i + 1 == args.Length || !command.TryTake(args[i], args[++i]))
            {
                fault = $"{args[i]}: unknown or incomplete; see --help";
                return null;
            }
        }

        if (command.Chosen.Count == 0)
            command.Chosen.AddRange(Scenarios);
        if (command.Faults is { Count: 0 } none)
            none.AddRange(Fault.All);
        if (command.Ways.Count == 0)
            command.Ways.Add(Way.All[0]);
        if (command.Accounts is { Count: 0 } all)
            all.AddRange(AccountCase.All);
        command.Planes = command.Planes > 0 ? command.Planes : command.IsSync ? 1000 : 4;
        command.Seconds = command.Seconds > 0 ? command.Seconds : command.IsSync || command.IsCompete ? 10 : command.Faults is not null || command.Accounts is not null ? 60 : 30;
        return command;
    }

    private bool TryTake(string name, string value)
    {
        if (name == "--plane")
        {
            Plane = Path.GetFullPath(value);
            return true;
        }

        if (!int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number is < 1 or > 100_000)
            return false;
        switch (name)
        {
            case "--planes":
                Planes = number;
                return true;
            case "--buckets":
                Buckets = number;
                return true;
            case "--aborts":
                Aborts = number;
                return true;
            case "--seconds":
                Seconds = number;
                return true;
            default:
                return false;
        }
    }
}
