using System.Buffers;
using System.Globalization;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Snapshot;
using AiEdge.Tokenization;
using AiEdge.Tokenization.Importing;
using AiEdge.Tokenization.Incremental;
using AiEdge.Tokenization.Vocabularies;

namespace AiEdge.DataPlane.Hosting;

/// <summary>The <c>count</c> command: how many tokens a text has, with a built-in vocabulary or a user's file.</summary>
internal sealed class CountCommand
{
    /// <summary>Bytes read at a time: all of a text that is in memory, unless its tokens are asked for.</summary>
    private const int ReadBytes = 64 * 1024;

    /// <summary>Longest text whose tokens are shown, in bytes: it is held whole.</summary>
    private const int ShownBytesMax = 64 * 1024 * 1024;

    private readonly TextWriter _output;
    private readonly TextWriter _errors;
    private readonly CountLine _line;

    private CountCommand(CountLine line, TextWriter output, TextWriter errors)
    {
        _line = line;
        _output = output;
        _errors = errors;
    }

    /// <summary>Runs the command; its exit code: 0, 1 where a file cannot be used, 2 where the arguments make no sense.</summary>
    /// <param name="arguments">What stands behind <c>count</c>.</param>
    /// <param name="input">Opens the text where no file is named.</param>
    /// <param name="output">Takes the number.</param>
    /// <param name="errors">Takes complaints.</param>
    public static int Run(ReadOnlySpan<string> arguments, Func<Stream> input, TextWriter output, TextWriter errors)
    {
        var line = CountLine.Parse(arguments);
        if (line.Complaint is not null)
        {
            errors.WriteLine(line.Complaint);
            errors.WriteLine("Try --help.");
            return 2;
        }

        return new CountCommand(line, output, errors).Run(input);
    }

    private int Run(Func<Stream> input)
    {
        if (Vocabulary() is not { } vocabulary)
            return 1;
        try
        {
            using var text = _line.File is null ? input() : new FileStream(_line.File, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
            if (_line.ShowsTokens)
                return Show(vocabulary, text);
            _output.WriteLine(Count(vocabulary, text).ToString(CultureInfo.InvariantCulture));
            return 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            _errors.WriteLine($"{_line.File ?? "standard input"}: {e.Message}");
            return 1;
        }
    }

    private Vocabulary? Vocabulary()
    {
        if (_line.Vocabulary is not { } path)
            return TokenizerModel.BuiltIn(_line.Encoding)!.Vocabulary;
        if (!SourceFile.TryRead(path, VocabularyFile.BytesMax, out var content, out var complaint))
        {
            _errors.WriteLine($"{path}: {complaint}");
            return null;
        }

        try
        {
            return VocabularyFile.Read(Path.GetFileName(path), content, _line.Format, _line.Split).Vocabulary;
        }
        catch (VocabularyException e)
        {
            _errors.WriteLine($"{path}: {e.Message}");
            return null;
        }
    }

    /// <summary>The text passes through and is not kept: memory does not grow with it.</summary>
    private long Count(Vocabulary vocabulary, Stream text)
    {
        var counter = new IncrementalCounter(vocabulary);
        var buffer = new byte[ReadBytes];
        int read;
        while ((read = text.Read(buffer)) > 0)
        {
            for (var rest = buffer.AsSpan(0, read); rest.Length > 0;)
            {
                var length = Math.Min(_line.AppendBytes, rest.Length);
                counter.Append(rest[..length]);
                rest = rest[length..];
            }
        }

        return counter.Complete();
    }

    private int Show(Vocabulary vocabulary, Stream text)
    {
        var content = new ArrayBufferWriter<byte>(ReadBytes);
        int read;
        while ((read = text.Read(content.GetSpan(ReadBytes))) > 0)
        {
            content.Advance(read);
            if (content.WrittenCount > ShownBytesMax)
            {
                _errors.WriteLine($"{_line.File ?? "standard input"}: is larger than {ShownBytesMax / (1024 * 1024)} MiB, too much to show its tokens");
                return 1;
            }
        }

        var tokens = new ArrayBufferWriter<int>();
        new Tokenizer(vocabulary).Encode(content.WrittenSpan, tokens);
        foreach (var token in tokens.WrittenSpan)
            _output.WriteLine(token.ToString(CultureInfo.InvariantCulture));
        return 0;
    }
}
