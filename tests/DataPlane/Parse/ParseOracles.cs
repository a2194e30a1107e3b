using System.Buffers;
using System.Text;
using System.Text.Json.Nodes;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Parse;

namespace AiEdge.DataPlane.Tests.Parse;

/// <summary>Properties that hold for any bytes; each throws where it does not. The seed decides how the input is cut.</summary>
internal static class ParseOracles
{
    public static void ScannerAgreesWithUtf8JsonReader(byte[] input, int seed)
    {
        // White space behind the text changes nothing but that the scanner may look further ahead.
        ScannerAgrees(input, seed);
        ScannerAgrees([.. input, .. Enumerable.Repeat((byte)' ', 64)], seed);
    }

    private static void ScannerAgrees(byte[] input, int seed)
    {
        string trace = Cuts.SameForSome(input, seed, JsonTrace.Of);
        string hidden = Cuts.SameForSome(input, seed, pieces => JsonTrace.Of(pieces, depthMax: 0, offsets: true));
        if (Fault(hidden) != Fault(trace))
            throw new InvalidOperationException($"Hidden '{hidden}', shown '{trace}' for {Convert.ToHexString(input)}");
        string? reference = JsonTrace.OfReference(input);
        if (reference is null != trace.Contains("fault ", StringComparison.Ordinal) || (reference is not null && reference != trace))
            throw new InvalidOperationException(
                $"'{trace}' instead of '{reference}' for {Convert.ToHexString(input)} = {Encoding.Latin1.GetString(input)}");
    }

    /// <summary>
    /// Any body is read alike however it is cut; one that is accepted is valid JSON, and patching it changes what it should
    /// and no other byte. Returns whether that was compared with JsonNode's edits.
    /// </summary>
    public static bool RequestIsReadAlikeAndPatchedExactly(byte[] input, int seed)
    {
        var facts = new RequestFacts();
        string line = Cuts.SameForSome(input, seed, pieces => RequestReading.Describe(RequestShape.Chat, pieces, facts));
        if (line.StartsWith("error", StringComparison.Ordinal))
            return false;
        if (JsonTrace.OfReference(input) is null)
            throw new InvalidOperationException($"Accepted: {Encoding.Latin1.GetString(input)}");

        var patch = new BodyPatch();
        bool inject = RequestPatch.Build(facts, RequestShape.Chat, "\"another \\u00e9\""u8.ToArray(), injectUsage: true, patch);
        var output = new ArrayBufferWriter<byte>();
        patch.Write(Segments(input, new Random(seed)), output);
        if (output.WrittenCount != patch.PatchedLength(input.Length))
            throw new InvalidOperationException($"{output.WrittenCount} bytes, {patch.PatchedLength(input.Length)} announced");
        string patched = Encoding.UTF8.GetString(output.WrittenSpan);
        ExpectOthersUntouched(input, output.WrittenSpan.ToArray(), patch);
        if (!TreeHolds(input))
            return false;
        if (!JsonNode.DeepEquals(JsonNode.Parse(patched), Edited(Encoding.UTF8.GetString(input), "another é", inject)))
            throw new InvalidOperationException($"{Encoding.UTF8.GetString(input)} became {patched}");
        return true;
    }

    /// <summary>
    /// Any form is read alike however it is cut, and the model found is the text that stands at its place. Returns whether it
    /// was accepted.
    /// </summary>
    public static bool MultipartIsReadAlike(byte[] input, int seed)
    {
        var facts = new RequestFacts();
        string line = Cuts.SameForSome(input, seed, pieces => RequestReading.DescribeMultipart(RequestReading.Multipart, pieces, facts));
        if (line.StartsWith("error", StringComparison.Ordinal))
            return false;
        if (!input.AsSpan((int)facts.ModelToken.Start, (int)facts.ModelToken.Length).SequenceEqual(facts.Model))
            throw new InvalidOperationException($"{line} for {Convert.ToHexString(input)}");
        return true;
    }

    /// <summary>The pieces that are ranges of the original come in order and hold its bytes; the rest are the replacements.</summary>
    private static void ExpectOthersUntouched(byte[] input, byte[] output, BodyPatch patch)
    {
        long at = 0, done = 0, copied = 0;
        foreach (BodyPiece piece in patch.Pieces(input.Length))
        {
            if (piece.IsSource)
            {
                ReadOnlySpan<byte> original = input.AsSpan((int)piece.Source.Start, (int)piece.Source.Length);
                if (piece.Source.Start < done || !output.AsSpan((int)at).StartsWith(original))
                    throw new InvalidOperationException("A byte outside the patched ranges changed.");
                done = piece.Source.End;
                copied += piece.Source.Length;
            }

            at += piece.IsSource ? piece.Source.Length : piece.Replacement.Length;
        }

        // At most the model's name and one literal may go.
        if (at != output.Length || input.Length - copied > 2 + RequestFacts.ModelBytesMax * 6 + 5)
            throw new InvalidOperationException($"{copied} of {input.Length} bytes kept");
    }

    private static ReadOnlySequence<byte> Segments(byte[] input, Random random)
    {
        var first = new Segment(default, null);
        Segment last = first;
        for (int at = 0; at < input.Length;)
        {
            int length = Math.Min(random.Next(0, 40), input.Length - at);
            last = new Segment(input.AsMemory(at, length), last);
            at += length;
        }

        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    /// <summary>What the patch should come to, made on the parsed tree.</summary>
    private static JsonObject Edited(string body, string model, bool inject)
    {
        JsonObject root = JsonNode.Parse(body)!.AsObject();
        root["model"] = model;
        if (!inject)
            return root;
        if (root["stream_options"] is JsonObject options)
            options["include_usage"] = true;
        else
            root["stream_options"] = new JsonObject { ["include_usage"] = true };
        return root;
    }

    // JsonNode refuses a name given twice and half a surrogate pair; both are grammatical and, below the top, the provider's to judge.
    private static bool TreeHolds(byte[] input)
    {
        try
        {
            return JsonNode.DeepEquals(JsonNode.Parse(input), JsonNode.Parse(input));
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            return false;
        }
    }

    private static string Fault(string trace) => trace[Math.Max(trace.IndexOf("fault ", StringComparison.Ordinal), 0)..] is var fault
        && fault.StartsWith("fault ", StringComparison.Ordinal) ? fault : "";

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, Segment? previous)
        {
            Memory = memory;
            if (previous is null)
                return;
            RunningIndex = previous.RunningIndex + previous.Memory.Length;
            previous.Next = this;
        }
    }
}
