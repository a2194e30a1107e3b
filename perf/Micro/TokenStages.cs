using System.Buffers;
using System.Text;
using AiEdge.Tokenization;
using AiEdge.Tokenization.Incremental;
using AiEdge.Tokenization.Vocabularies;

namespace AiEdge.Micro;

/// <summary>
/// The tokenizer on the same text again and again: good for what is allocated and for following a change, too kind for a speed.
/// perf/Tokens measures that, with text that is new each time.
/// </summary>
internal static class TokenStages
{
    private const int Bytes = 16 * 1024;
    private const int Deltas = 64;

    private static readonly byte[] Prose = Repeated("The tide turns at six; whoever isn't aboard by then waits for 2 days, or walks (it's 67.6 km).\n");
    private static readonly byte[] Scripts = Repeated("Straße, œuvre, прилив в 6:15, 潮水六点转向，ไม่มีใครรอ, 👩‍👩‍👧 ");

    public static Action CountProse() => Counting(Prose);

    public static Action CountScripts() => Counting(Scripts);

    /// <summary>One piece that is no token: letters as a hash has them.</summary>
    public static Action CountLongPiece()
    {
        var random = new Random(1);
        return Counting([.. Enumerable.Range(0, Bytes).Select(_ => (byte)random.Next('a', 'z' + 1))]);
    }

    /// <summary>Bytes that are not UTF-8, which take the way through a window.</summary>
    public static Action CountBroken() => Counting([.. Prose, 0xF0, 0x9F, (byte)'x', .. Prose]);

    public static Action CountSegments()
    {
        var first = new Part(Prose.AsMemory(0, 1001), null);
        var last = new Part(Prose.AsMemory(1001), first);
        var tokenizer = new Tokenizer(Vocabulary.O200kBase);
        return () => tokenizer.Count(new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length));
    }

    /// <summary>A stream of 64 deltas of 6 bytes, the count looked at after each.</summary>
    public static Action AppendDeltas()
    {
        var counter = new IncrementalCounter(Vocabulary.O200kBase);
        return () =>
        {
            counter.Reset();
            for (var i = 0; i < Deltas; i++)
            {
                counter.Append(Scripts.AsSpan(6 * i, 6));
                _ = counter.Count;
            }

            _ = counter.Complete();
        };
    }

    private static Action Counting(byte[] text)
    {
        var tokenizer = new Tokenizer(Vocabulary.O200kBase);
        return () => tokenizer.Count(text);
    }

    private static byte[] Repeated(string line) =>
        Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(line, (Bytes / Encoding.UTF8.GetByteCount(line)) + 1)));

    private sealed class Part : ReadOnlySequenceSegment<byte>
    {
        public Part(ReadOnlyMemory<byte> memory, Part? before)
        {
            Memory = memory;
            if (before is null)
                return;
            before.Next = this;
            RunningIndex = before.RunningIndex + before.Memory.Length;
        }
    }
}
