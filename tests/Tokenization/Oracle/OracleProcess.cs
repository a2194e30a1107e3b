using System.Buffers.Binary;
using System.ComponentModel;
using System.Diagnostics;
using System.Security.Cryptography;
using AiEdge.Tokenization.Tests.Golden;

namespace AiEdge.Tokenization.Tests.Oracle;

/// <summary>Where a count comes from.</summary>
internal enum OracleLibrary
{
    /// <summary>npm `tiktoken`: the judge.</summary>
    Tiktoken,

    /// <summary>npm `gpt-tokenizer`: for its speed alone.</summary>
    GptTokenizer,
}

/// <summary>
/// node/oracle.mjs as a process: asked over its standard input, one request after the other. What it needs is installed as its
/// lock file says, once for each state of that file, under artifacts. Not thread-safe.
/// </summary>
internal sealed class OracleProcess : IDisposable
{
    private const int HeadBytes = 16;

    private readonly Process _process;
    private readonly Stream _input;
    private readonly Stream _output;
    private readonly MemoryStream _request = new();

    private OracleProcess(Process process)
    {
        _process = process;
        _input = process.StandardInput.BaseStream;
        _output = process.StandardOutput.BaseStream;
    }

    /// <summary>The script, or another program that is asked as it is (perf/Tokens).</summary>
    /// <exception cref="InvalidOperationException">node or npm is missing, or the packages cannot be installed.</exception>
    public static OracleProcess Start() => Start("node", ["oracle.mjs"], Install());

    public static OracleProcess Start(string program, string[] arguments, string folder) => new(Run(program, arguments, folder, pipes: true));

    /// <summary>Number and hash of each text's tokens.</summary>
    public TokenFacts[] Count(string encoding, IReadOnlyList<byte[]> texts, OracleLibrary library = OracleLibrary.Tiktoken)
    {
        var answer = Ask('c', encoding, library, texts, 0);
        var facts = new TokenFacts[texts.Count];
        for (int i = 0; i < facts.Length; i++)
            facts[i] = new((int)Number(answer, 8 * i), Number(answer, (8 * i) + 4));
        return facts;
    }

    /// <summary>Ids of each text's tokens.</summary>
    public int[][] Encode(string encoding, IReadOnlyList<byte[]> texts)
    {
        var answer = Ask('i', encoding, OracleLibrary.Tiktoken, texts, 0);
        var all = new int[texts.Count][];
        for (int i = 0, at = 0; i < all.Length; i++)
        {
            all[i] = new int[Number(answer, at)];
            at += 4;
            for (int j = 0; j < all[i].Length; j++, at += 4)
                all[i][j] = (int)Number(answer, at);
        }

        return all;
    }

    /// <summary>Bytes of the tokens from 0 on.</summary>
    public byte[][] Tokens(string encoding, int count)
    {
        var answer = Ask('t', encoding, OracleLibrary.Tiktoken, [], count);
        var all = new byte[count][];
        for (int i = 0, at = 0; i < count; i++)
        {
            int length = (int)Number(answer, at);
            all[i] = answer[(at + 4)..(at + 4 + length)];
            at += 4 + length;
        }

        return all;
    }

    /// <summary>Tokens of all texts, and the nanoseconds that counting them took in each round.</summary>
    public (long Tokens, double[] Nanoseconds) Bench(string encoding, OracleLibrary library, IReadOnlyList<byte[]> texts, int rounds) =>
        Time('b', encoding, library, texts, rounds);

    /// <summary>As <see cref="Bench"/>, by another operation of a program of ours.</summary>
    public (long Tokens, double[] Nanoseconds) Time(char operation, string encoding, OracleLibrary library, IReadOnlyList<byte[]> texts, int rounds)
    {
        var answer = Ask(operation, encoding, library, texts, rounds);
        var times = new double[rounds];
        for (int i = 0; i < rounds; i++)
            times[i] = BinaryPrimitives.ReadDoubleLittleEndian(answer.AsSpan(4 + (8 * i)));
        return (Number(answer, 0), times);
    }

    public void Dispose()
    {
        // The end of its input ends the script.
        _input.Dispose();
        if (!_process.WaitForExit(TimeSpan.FromSeconds(5)))
            _process.Kill(entireProcessTree: true);
        _process.Dispose();
        _request.Dispose();
    }

    private byte[] Ask(char operation, string encoding, OracleLibrary library, IReadOnlyList<byte[]> texts, int number)
    {
        _request.SetLength(0);
        Span<byte> head = stackalloc byte[HeadBytes];
        head[0] = (byte)operation;
        head[1] = encoding switch { "o200k_base" => 0, "cl100k_base" => 1, _ => throw new ArgumentOutOfRangeException(nameof(encoding), encoding, null) };
        head[2] = (byte)library;
        BinaryPrimitives.WriteInt32LittleEndian(head[4..], texts.Count);
        BinaryPrimitives.WriteInt32LittleEndian(head[8..], texts.Sum(t => t.Length + 4));
        BinaryPrimitives.WriteInt32LittleEndian(head[12..], number);
        _request.Write(head);
        foreach (byte[] text in texts)
        {
            BinaryPrimitives.WriteInt32LittleEndian(head, text.Length);
            _request.Write(head[..4]);
            _request.Write(text);
        }

        _request.WriteTo(_input);
        _input.Flush();
        _output.ReadExactly(head[..4]);
        var answer = new byte[BinaryPrimitives.ReadInt32LittleEndian(head)];
        _output.ReadExactly(answer);
        return answer;
    }

    private static uint Number(byte[] answer, int at) => BinaryPrimitives.ReadUInt32LittleEndian(answer.AsSpan(at));

    private static string Install()
    {
        string source = Path.Combine(AppContext.BaseDirectory, "Oracle", "node");
        string state = Convert.ToHexStringLower(SHA256.HashData([.. File.ReadAllBytes(Path.Combine(source, "package-lock.json")),
            .. File.ReadAllBytes(Path.Combine(source, "package.json"))]));
        string folder = Path.Combine(Root(), "artifacts", "token-oracle", state[..16]);
        if (!Directory.Exists(folder))
        {
            // Made beside its place and moved there whole, so that an interrupted installation is not taken for one.
            string half = Directory.CreateDirectory($"{folder}.{Environment.ProcessId}").FullName;
            foreach (string name in (string[])["package.json", "package-lock.json", ".npmrc"])
                File.Copy(Path.Combine(source, name), Path.Combine(half, name), overwrite: true);
            using var npm = Run("npm", ["ci"], half, pipes: false);
            npm.WaitForExit();
            if (npm.ExitCode != 0)
                throw new InvalidOperationException($"npm ci failed with {npm.ExitCode} in {half}");
            if (!Directory.Exists(folder))
                Directory.Move(half, folder);
        }

        File.Copy(Path.Combine(source, "oracle.mjs"), Path.Combine(folder, "oracle.mjs"), overwrite: true);
        return folder;
    }

    /// <summary>The repository's folder: above the program's own.</summary>
    public static string Root()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "AiEdge.sln")))
            folder = Path.GetDirectoryName(folder) ?? throw new DirectoryNotFoundException("AiEdge.sln is in no folder above");
        return folder;
    }

    private static Process Run(string name, string[] arguments, string folder, bool pipes)
    {
        var info = new ProcessStartInfo(name, arguments) { WorkingDirectory = folder, RedirectStandardInput = pipes, RedirectStandardOutput = pipes };
        try
        {
            return Process.Start(info)!;
        }
        catch (Win32Exception e)
        {
            throw new InvalidOperationException($"'{name}' is needed and cannot be started ({e.Message}); .ci/run installs what is lacking.", e);
        }
    }
}
