using System.Globalization;
using AiEdge.Keys;

// start [--keys N] --data-plane FILE [--control-plane FILE]      start, memory and one write, as processes
// watch [--keys N] [--planes N] [--writes N]                     a write to many watching planes, in this process
// revoke [--planes N] [--rounds N]                               a key is taken from many planes that stream by it, in this process
string? Option(string name) => Array.IndexOf(args, name) is var at and >= 0 && at + 1 < args.Length ? args[at + 1] : null;
int Number(string name, int otherwise) => Option(name) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;

switch (args.FirstOrDefault())
{
    case "start" when Option("--data-plane") is { } plane:
        return await StartRun.RunAsync(Number("--keys", 100_000), plane, Option("--control-plane"));
    case "watch":
        return await WatchRun.RunAsync(Number("--keys", 100_000), Number("--planes", 50), Number("--writes", 200));
    case "revoke":
        return await RevokeRun.RunAsync(Number("--planes", 50), Number("--rounds", 40));
    default:
        Console.Error.WriteLine("start --data-plane FILE [--control-plane FILE] [--keys N], watch [--keys N] [--planes N] [--writes N], or revoke [--planes N] [--rounds N]");
        return 2;
}
