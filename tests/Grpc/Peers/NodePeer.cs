using System.ComponentModel;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json;

namespace AiEdge.Grpc.Tests.Peers;

/// <summary>node/peer.mjs as a process, with the package that the lock file names.</summary>
internal sealed class NodePeer : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private static readonly SemaphoreSlim Installing = new(1, 1);

    private readonly Process _process;
    private readonly Task<string> _errors;

    private NodePeer(Process process)
    {
        _process = process;
        _errors = process.StandardError.ReadToEndAsync();
    }

    /// <summary>Starts it and hands it its input, one line of JSON.</summary>
    public static async Task<NodePeer> StartAsync(string mode, Dictionary<string, string> input)
    {
        var peer = new NodePeer(Start("node", ["peer.mjs", mode], await InstallAsync()));
        await peer._process.StandardInput.WriteLineAsync(Json(input));
        await peer._process.StandardInput.FlushAsync();
        return peer;
    }

    /// <summary>Its next line; null at the end.</summary>
    public async Task<string?> ReadLineAsync() => await _process.StandardOutput.ReadLineAsync().WaitAsync(Patience);

    /// <summary>What it wrote to standard error, once it has ended.</summary>
    public Task<string> ErrorsAsync() => _errors.WaitAsync(Patience);

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        try
        {
            await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(10));
        }
        catch (TimeoutException)
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    private static string Json(Dictionary<string, string> input)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            foreach (var (name, value) in input)
                writer.WriteString(name, value);
            writer.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(stream.ToArray());
    }

    /// <summary>The folder with the scripts and what they need, made once for each state of the lock file.</summary>
    private static async Task<string> InstallAsync()
    {
        var source = Path.Combine(AppContext.BaseDirectory, "node");
        var state = SHA256.HashData(await File.ReadAllBytesAsync(Path.Combine(source, "package-lock.json")));
        var folder = Path.Combine(Root(), "artifacts", "grpc-node", Convert.ToHexStringLower(state)[..16]);
        await Installing.WaitAsync();
        try
        {
            if (!Directory.Exists(folder))
                await InstallAsync(source, folder);
            foreach (var name in (string[])["peer.mjs", "scenarios.mjs", "peer.proto", "health.proto"])
                File.Copy(Path.Combine(source, name), Path.Combine(folder, name), overwrite: true);
        }
        finally
        {
            Installing.Release();
        }

        return folder;
    }

    private static async Task InstallAsync(string source, string folder)
    {
        // Made beside its place and moved there whole, so that an interrupted installation is not taken for one.
        var half = Directory.CreateDirectory($"{folder}.{Environment.ProcessId}").FullName;
        foreach (var name in (string[])["package.json", "package-lock.json", ".npmrc"])
            File.Copy(Path.Combine(source, name), Path.Combine(half, name), overwrite: true);
        using var npm = Start("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], half);
        npm.StandardInput.Close();
        var (output, errors) = (npm.StandardOutput.ReadToEndAsync(), npm.StandardError.ReadToEndAsync());
        await npm.WaitForExitAsync().WaitAsync(Patience);
        if (npm.ExitCode != 0)
            throw new InvalidOperationException($"npm ci failed:\n{await output}{await errors}");
        Directory.Move(half, folder);
    }

    private static Process Start(string name, string[] arguments, string folder)
    {
        var info = new ProcessStartInfo(name, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            return Process.Start(info)!;
        }
        catch (Win32Exception e)
        {
            throw new InvalidOperationException($"'{name}' is needed for these tests; .ci/run installs what is lacking", e);
        }
    }

    private static string Root()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "AiEdge.sln")))
            folder = Path.GetDirectoryName(folder) ?? throw new DirectoryNotFoundException("AiEdge.sln is in no folder above");
        return folder;
    }
}
