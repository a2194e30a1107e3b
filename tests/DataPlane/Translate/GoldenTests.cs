using System.Text;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Flow;

namespace AiEdge.DataPlane.Tests.Translate;

/// <summary>Requests, answers and streams of each direction, against files; streams cut at every byte.</summary>
public sealed class GoldenTests
{
    public static TheoryData<string> Requests => Golden.OfKind("request");

    public static TheoryData<string> Answers => Golden.OfKind("answer");

    public static TheoryData<string> Streams => Golden.OfKind("stream");

    [Theory]
    [MemberData(nameof(Requests))]
    public void A_request_becomes_the_provider_s(string name)
    {
        var golden = Golden.Open(name);

        // To OpenAI's, of a model that is known to think; to a server of another maker's models, which its name says.
        var takes = name.Contains(".openrouter", StringComparison.Ordinal) ? RequestFeatures.CacheControl : RequestFeatures.None;
        var model = name.Contains(".mistral", StringComparison.Ordinal) ? "mistral-large-latest" : name.Contains(".deepseek", StringComparison.Ordinal) ? "deepseek-reasoner" : "m";
        var thinks = name.Contains(".thought", StringComparison.Ordinal);
        var told = Translating.Request(golden.Client, golden.Upstream, golden.In, out var losses, model, thinks, takes: takes);
        System.Text.Json.JsonElement.Parse(told);
        golden.Check(told + Golden.Separator + losses + "\n");
    }

    [Theory]
    [MemberData(nameof(Answers))]
    public void An_answer_becomes_the_client_s(string name)
    {
        var golden = Golden.Open(name);
        var told = Translating.Answer(golden.Client, golden.Upstream, [golden.In], isStream: false, out var losses, ReadsUsage(name));
        System.Text.Json.JsonElement.Parse(told);
        golden.Check(told + Golden.Separator + losses + "\n");
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public void A_stream_becomes_the_client_s_wherever_it_is_cut(string name)
    {
        var golden = Golden.Open(name);
        var bytes = Encoding.UTF8.GetBytes(golden.In + "\n\n");
        var whole = Translating.Answer(golden.Client, golden.Upstream, Events(bytes, bytes.Length), isStream: true, out var losses, ReadsUsage(name));
        golden.Check(whole + Golden.Separator + losses + "\n");
        for (var cut = 1; cut < bytes.Length; cut++)
            Assert.Equal(whole, Translating.Answer(golden.Client, golden.Upstream, Events(bytes, cut), isStream: true, out _, ReadsUsage(name)));
        Assert.Equal(whole, Translating.Answer(golden.Client, golden.Upstream, Bytewise(bytes), isStream: true, out _, ReadsUsage(name)));
    }

    private static bool ReadsUsage(string name) => name.EndsWith(".usage.txt", StringComparison.Ordinal);

    private static List<string> Events(byte[] bytes, int cut)
    {
        var frames = new FrameSplitter();
        var events = new List<string>();
        Take(frames, bytes.AsSpan(0, cut), events);
        Take(frames, bytes.AsSpan(cut), events);
        return events;
    }

    private static List<string> Bytewise(byte[] bytes)
    {
        var frames = new FrameSplitter();
        var events = new List<string>();
        for (var i = 0; i < bytes.Length; i++)
            Take(frames, bytes.AsSpan(i, 1), events);
        return events;
    }

    private static void Take(FrameSplitter frames, ReadOnlySpan<byte> piece, List<string> events)
    {
        var position = 0;
        while (frames.TryNext(piece, ref position, out var frame, out _))
        {
            if (FrameSplitter.Data(frame) is { IsEmpty: false } data)
                events.Add(Encoding.UTF8.GetString(data));
        }

        frames.Carry(piece[position..]);
    }
}
