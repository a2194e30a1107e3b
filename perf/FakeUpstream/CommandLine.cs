using System.Globalization;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace AiEdge.FakeUpstream;

/// <summary>The console program's arguments.</summary>
internal static class CommandLine
{
    /// <summary>False with a message for stderr on a bad argument; true without options for --help, whose text is the message.</summary>
    public static bool TryParse(string[] args, out FakeUpstreamOptions? options, out string message)
    {
        var values = new Dictionary<string, string>();
        (options, message) = (null, "");
        for (var i = 0; i < args.Length; i++)
        {
            switch (args[i])
            {
                case "--help-markdown":
                    message = Markdown();
                    return true;
                case "--help" or "-h":
                    message = Help();
                    return true;
                case "--tls" or "--require-client-certificate" or "--quick":
                    values[args[i]] = "";
                    break;
                case "--port" or "--address" or "--cert" or "--cert-key" or "--require-key" or "--script" when i + 1 < args.Length:
                    values[args[i]] = args[++i];
                    break;
                default:
                    message = $"Unknown or incomplete argument {args[i]}; see --help.";
                    return false;
            }
        }

        if (values.TryGetValue("--port", out var port) && !ushort.TryParse(port, CultureInfo.InvariantCulture, out _))
        {
            message = $"{port} is no port.";
            return false;
        }

        options = Build(values);
        if (ScriptParser.TryApplyList(new FakeScript(), options.Script, out var fault))
            return true;
        message = fault!;
        return false;
    }

    private static FakeUpstreamOptions Build(Dictionary<string, string> values) => new()
    {
        Port = values.TryGetValue("--port", out var port) ? int.Parse(port, CultureInfo.InvariantCulture) : 9100,
        Address = values.TryGetValue("--address", out var address) ? IPAddress.Parse(address) : IPAddress.Loopback,
        UseTls = values.ContainsKey("--tls") || values.ContainsKey("--cert"),
        Certificate = values.TryGetValue("--cert", out var cert) ? X509Certificate2.CreateFromPemFile(cert, values.GetValueOrDefault("--cert-key")) : null,
        RequireClientCertificate = values.ContainsKey("--require-client-certificate"),
        RequiredKey = values.GetValueOrDefault("--require-key"),
        Script = values.GetValueOrDefault("--script") ?? "",
        QuickScan = values.ContainsKey("--quick"),
        RequestLogMax = 0,
    };

    /// <summary>The rows of the README's table.</summary>
    private static string Markdown() => string.Join('\n', KnobTable.All.Select(knob => $"| `{knob.Name}` | {knob.Values} | {knob.Meaning} |"));

    private static string Help()
    {
        var text = new StringBuilder("""
            AiEdge.FakeUpstream [--port 9100] [--address 127.0.0.1] [--script "n=50; d=20000"] [--require-key KEY]
                                [--tls | --cert FILE --cert-key FILE] [--require-client-certificate] [--quick]

            A provider to test against, in OpenAI's dialect. Knobs come from --script, from a model's name
            (fake-n100-d50000-f20000-b1, fake-cut=3-how=rst), or from the header `x-fake: cut=3; how=rst`, the last winning.
            --quick looks for model and stream in the first and last 4 KiB of large bodies only.


            """);
        foreach (var knob in KnobTable.All)
            text.AppendLine(CultureInfo.InvariantCulture, $"  {knob.Name + "=",-14}{knob.Values,-28} {knob.Meaning}");
        return text.ToString();
    }
}
