using System.Text;
using System.Text.Json;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects;
using AiEdge.DataPlane.Flow;
using AiEdge.DataPlane.Meter;
using AiEdge.DataPlane.Tests.Dialects;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Tests.Translate;

/// <summary>
/// A golden file: what comes in, and what must come out, between the dialects that its name says. Set <c>AIEDGE_GOLDEN=write</c> to write what
/// comes out anew, and read it before it is committed.
/// </summary>
internal sealed class Golden
{
    public const string Separator = "\n----\n";

    /// <summary>Whether what comes out is written, and not compared.</summary>
    private static bool IsWritten { get; } = Environment.GetEnvironmentVariable("AIEDGE_GOLDEN") == "write";

    private static readonly Dictionary<string, RequestShape> Vectors = SpokenDialect.All.SelectMany(dialect => dialect.Vectors).ToDictionary();

    private readonly string _path;

    private Golden(string path)
    {
        _path = path;
        var text = File.ReadAllText(path).ReplaceLineEndings("\n");
        var cut = text.IndexOf(Separator, StringComparison.Ordinal);
        (In, Out) = cut < 0 ? (text, "") : (text[..cut], text[(cut + Separator.Length)..]);
        var words = Path.GetFileNameWithoutExtension(path).Split('.');
        (Client, Upstream) = (ShapeOf(words[0]), ShapeOf(words[2]));
    }

    /// <summary>Who asks, and who answers.</summary>
    public RequestShape Client { get; }

    public RequestShape Upstream { get; }

    public string In { get; }

    public string Out { get; }

    /// <summary>All of a kind; files are called <c>CLIENT.to.UPSTREAM.KIND.CASE.txt</c>.</summary>
    public static TheoryData<string> OfKind(string kind)
    {
        var names = new TheoryData<string>();
        foreach (var name in NamesOf(kind))
            names.Add(name);
        return names;
    }

    public static string[] NamesOf(string kind) =>
        [.. Directory.GetFiles(Folder, $"*.{kind}.*.txt").Order(StringComparer.Ordinal).Select(path => Path.GetFileName(path))];

    public static Golden Open(string name) => new(Path.Combine(Folder, name));

    public void Check(string actual) => Check(_path, In + Separator + actual);

    /// <summary>The same of a file that is golden as a whole.</summary>
    public static void Check(string path, string actual)
    {
        if (IsWritten)
            File.WriteAllText(path, actual);
        else
            Assert.Equal(File.ReadAllText(path).ReplaceLineEndings("\n"), actual);
    }

    private static RequestShape ShapeOf(string name) => Vectors.TryGetValue(name, out var shape) ? shape : SpokenShape.Named(name).Shape;

    private static string Folder => Snapshot.Repository.PathOf("tests/DataPlane/Translate/Goldens");
}

/// <summary>Translates without a data plane around it.</summary>
internal static class Translating
{
    public static string Request(
        RequestShape client, RequestShape upstream, string body, out string losses, string model = "m", bool thinks = false, RequestFeatures lacks = RequestFeatures.None,
        RequestFeatures takes = RequestFeatures.None)
    {
        var request = Read(client, body);
        var json = new JsonOut(new TextBuffer());
        json.Begin();
        var abilities = ModelAbilities.Of(thinks ? "gpt-5"u8 : Encoding.ASCII.GetBytes(model)).At(lacks, takes);
        Translations.Of(upstream).RequestWriter!.Write(request, new RequestTarget(Encoding.ASCII.GetBytes($"\"{model}\""), 0, 0, true, abilities), json);
        losses = Encoding.ASCII.GetString(request.Losses.Names);
        return Encoding.UTF8.GetString(json.To.Written);
    }

    public static NeutralRequest Read(RequestShape client, string body)
    {
        var reader = Translations.Of(client).NewRequestReader!();
        var request = new NeutralRequest();
        request.Reset(new TextBuffer().Add(Encoding.UTF8.GetBytes(body)), reader.Names);
        Assert.False(reader.Read(request).IsError, body);
        return request;
    }

    /// <summary>An answer, event by event where <paramref name="events"/> are given, else whole; with the usage that it reports where that is read, else with one.</summary>
    /// <param name="client">Who asked.</param>
    /// <param name="upstream">Who answers.</param>
    /// <param name="events">The answer.</param>
    /// <param name="isStream">Whether it is a stream.</param>
    /// <param name="losses">What could not be carried.</param>
    /// <param name="readsUsage">Whether its usage is read.</param>
    /// <param name="wantsOldCalls">Whether the client asked with <c>functions</c>.</param>
    /// <param name="names">What the request was told in the place of the client's names.</param>
    public static string Answer(
        RequestShape client, RequestShape upstream, IEnumerable<string> events, bool isStream, out string losses, bool readsUsage = false,
        bool wantsOldCalls = false, byte[]? names = null)
    {
        var reader = Translations.Of(upstream).NewAnswerReader!();
        var writer = isStream ? Translations.Of(client).NewStreamWriter!() : Translations.Of(client).NewAnswerWriter!();
        var lost = new LossReport();
        reader.Reset();
        writer.Begin(new AnswerFacts("id-1"u8, "asked"u8, 1700000000, wantsUsage: true, promptTokens: 0) { WantsOldCalls = wantsOldCalls });
        writer.Losses = lost;
        writer.Usage = new Usage { InputTokens = 10, CachedInputTokens = 3, OutputTokens = 20, ReasoningTokens = 2, IsPresent = true };
        AnswerWriter told = names is null ? writer : new OwnNames().Over(writer, names);
        var usage = readsUsage ? UsageReading(upstream, isStream) : null;
        foreach (var data in events)
        {
            writer.Usage = usage?.Invoke(Encoding.UTF8.GetBytes(data)) ?? writer.Usage;
            var isTold = isStream ? reader.OnEvent(Encoding.UTF8.GetBytes(data), told) : reader.OnWhole(Encoding.UTF8.GetBytes(data), told);
            Assert.True(isTold && !writer.IsFaulted, data);
        }

        writer.End();
        losses = Encoding.ASCII.GetString(lost.Names);
        return Encoding.UTF8.GetString(writer.Out.Written);
    }

    /// <summary>What a provider's answer says, in neutral events.</summary>
    public static Hearing Heard(RequestShape upstream, string answer, bool isStream)
    {
        var reader = Translations.Of(upstream).NewAnswerReader!();
        var heard = new Hearing { Losses = new LossReport() };
        reader.Reset();
        heard.Begin(new AnswerFacts("id-1"u8, "asked"u8, 1700000000, wantsUsage: true, promptTokens: 0));
        if (!isStream)
        {
            Assert.True(reader.OnWhole(Encoding.UTF8.GetBytes(answer), heard), answer);
            return heard;
        }

        var (frames, bytes, position) = (new FrameSplitter(), Encoding.UTF8.GetBytes(answer + "\n\n"), 0);
        while (frames.TryNext(bytes, ref position, out var frame, out _))
        {
            if (FrameSplitter.Data(frame) is { IsEmpty: false } data)
                Assert.True(reader.OnEvent(data, heard), answer);
        }

        return heard;
    }

    /// <summary>Reads the usage of an answer as it goes.</summary>
    private static Func<byte[], Usage> UsageReading(RequestShape upstream, bool isStream)
    {
        var form = SpokenShape.FormOf(upstream);
        if (isStream)
        {
            var events = form.NewEventReader();
            events.Reset(upstream, stripUsage: false);
            return data =>
            {
                events.OnEvent([.. "data: "u8, .. data, .. "\n\n"u8], data, out _, out _);
                return events.Usage;
            };
        }

        var whole = new JsonAnswerReader();
        whole.Reset(form.Words);
        return data =>
        {
            whole.Feed(data);
            return whole.Usage;
        };
    }
}

/// <summary>Keeps what kinds of events it is told, which calls, and what ended the answer.</summary>
internal sealed class Hearing : AnswerWriter
{
    public List<NeutralKind> Kinds { get; } = [];

    public List<FinishReason> Reasons { get; } = [];

    /// <summary>The calls by their names, with their arguments as the inside of a JSON string.</summary>
    public List<(string Name, string Arguments)> Calls { get; } = [];

    public override int ChoicesMax => 8;

    public override bool TakesCustomCalls => true;

    public override void Take(in NeutralEvent item)
    {
        if (item.Kind is not (NeutralKind.Text or NeutralKind.Refusal) || !item.Text.IsEmpty)
            Kinds.Add(item.Kind);
        if (item.Kind == NeutralKind.Finish)
            Reasons.Add(item.Reason);
        if (item.Kind == NeutralKind.ToolCall)
            Calls.Add((JsonElement.Parse($"\"{Encoding.UTF8.GetString(item.Name)}\"").GetString()!, ""));
        if (item.Kind is NeutralKind.Arguments or NeutralKind.ArgumentsObject)
        {
            var text = Encoding.UTF8.GetString(item.Text);
            var (name, arguments) = Calls[item.Call];
            Calls[item.Call] = (name, arguments + (item.Kind == NeutralKind.Arguments ? text : JsonEncodedText.Encode(text).ToString()));
        }
    }

    public override void End()
    {
    }

    protected override void OnBegin(in AnswerFacts facts)
    {
    }
}
