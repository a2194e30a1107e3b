using System.Globalization;

namespace AiEdge.FakeUpstream;

internal static class Program
{
    private static async Task<int> Main(string[] args)
    {
        // Read by the runtime when the first socket is made; nothing here blocks, so receives may complete on the poller's thread.
        Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");
        if (!CommandLine.TryParse(args, out var options, out var message))
        {
            Console.Error.WriteLine(message);
            return 2;
        }

        if (options is null)
        {
            Console.WriteLine(message);
            return 0;
        }

        await using var server = await FakeUpstreamServer.StartAsync(options);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"fake upstream listening on {server.BaseUrl}"));
        if (server.CertificatePem is { } pem)
            Console.WriteLine(pem);
        var stop = new TaskCompletionSource();
        using var interrupt = System.Runtime.InteropServices.PosixSignalRegistration.Create(
            System.Runtime.InteropServices.PosixSignal.SIGINT, context => { context.Cancel = true; stop.TrySetResult(); });
        using var terminate = System.Runtime.InteropServices.PosixSignalRegistration.Create(
            System.Runtime.InteropServices.PosixSignal.SIGTERM, context => { context.Cancel = true; stop.TrySetResult(); });
        await stop.Task;
        return 0;
    }
}
