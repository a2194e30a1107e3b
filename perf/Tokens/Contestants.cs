using AiEdge.Tokenization.Tests.Oracle;

namespace AiEdge.Tokens;

/// <summary>One that counts, in a process of its own; several may share a process.</summary>
internal sealed record Contestant(string Name, OracleProcess Process, OracleLibrary Library)
{
    /// <summary>Nanoseconds for texts that it sees for the first time.</summary>
    public (long Tokens, double Nanoseconds) Time(char operation, string encoding, byte[][] texts)
    {
        var (result, times) = Process.Time(operation, encoding, Library, texts, rounds: 1);
        return (result, times[0]);
    }
}

/// <summary>Starts the processes and ends them.</summary>
internal sealed class Contestants : IDisposable
{
    private readonly List<OracleProcess> _processes = [];

    /// <summary>Ours, compiled as it runs; and ahead of time, where there is such a file (docs/tokenizer.md says how).</summary>
    public List<Contestant> Ours(string? native)
    {
        var all = new List<Contestant> { new("AiEdge", Start(Environment.ProcessPath!, [Environment.GetCommandLineArgs()[0], "serve"]), 0) };
        foreach (string file in native?.Split(',') ?? [])
            all.Add(new("AiEdge native", Start(Path.GetFullPath(file), ["serve"]), 0));
        return all;
    }

    /// <summary>Others, by name.</summary>
    public IEnumerable<Contestant> Others(string[] names, OracleProcess ours)
    {
        OracleProcess? node = null;
        foreach (string name in names)
        {
            yield return name switch
            {
                "tiktoken" => new(name, node ??= Started(OracleProcess.Start()), OracleLibrary.Tiktoken),
                "gpt-tokenizer" => new(name, node ??= Started(OracleProcess.Start()), OracleLibrary.GptTokenizer),
                "regex" => new(name, ours, OracleLibrary.GptTokenizer),
                _ => throw new ArgumentException($"There is no {name}."),
            };
        }
    }

    public void Dispose() => _processes.ForEach(p => p.Dispose());

    private OracleProcess Start(string program, string[] arguments)
    {
        // Started by `dotnet Tokens.dll`, the program is dotnet; as an executable of its own, it needs no name of a library.
        bool isHost = Path.GetFileNameWithoutExtension(program) == "dotnet";
        return Started(OracleProcess.Start(program, isHost ? arguments : ["serve"], OracleProcess.Root()));
    }

    private OracleProcess Started(OracleProcess process)
    {
        _processes.Add(process);
        return process;
    }
}
