using System.ComponentModel;
using System.Diagnostics;

namespace AiEdge.Sdk.Tests;

/// <summary>Another program, run to its end.</summary>
internal static class Command
{
    /// <summary>Its exit code and all that it wrote.</summary>
    /// <exception cref="InvalidOperationException">There is no such program, or it did not end in time.</exception>
    public static async Task<(int Code, string Output)> RunAsync(
        string name, IEnumerable<string> arguments, string folder, TimeSpan time, string input = "")
    {
        var info = new ProcessStartInfo(name, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Start(info);
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        try
        {
            await process.WaitForExitAsync().WaitAsync(time);
        }
        catch (TimeoutException)
        {
            process.Kill(entireProcessTree: true);
            throw new InvalidOperationException($"{name} did not end within {time}:\n{await output}{await errors}");
        }

        return (process.ExitCode, await output + await errors);
    }

    private static Process Start(ProcessStartInfo info)
    {
        try
        {
            return Process.Start(info)!;
        }
        catch (Win32Exception e)
        {
            throw new InvalidOperationException(
                $"'{info.FileName}' is needed for these tests and cannot be started ({e.Message}); .ci/run installs what is lacking.", e);
        }
    }
}
