using System.Text;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Tests.Translate;

/// <summary>
/// A golden file: what comes in, and what must come out, between the dialects that its name says. Set <c>AIEDGE_GOLDEN=write</c> to write what
/// comes out anew, and read it before it is committed.
/// </summary>
internal sealed class Golden
{
    public const string Separator = "\n----\n";

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

    public void Check(string actual)
    {
        if (Environment.GetEnvironmentVariable("AIEDGE_GOLDEN") == "write")
            File.WriteAllText(_path, In + Separator + actual);
        else
            Assert.Equal(Out, actual);
    }

    public static RequestShape ShapeOf(string name) => name switch
    {
        "chat" => RequestShape.Chat,
        "responses" => RequestShape.Responses,
        "messages" => RequestShape.Messages,
        "embeddings" => RequestShape.Embeddings,
        "embed" => RequestShape.EmbedContent,
        "batch" => RequestShape.BatchEmbed,
        _ => RequestShape.Contents,
    };

    private static string Folder => Snapshot.Repository.PathOf("tests/DataPlane/Translate/Goldens");
}

/// <summary>Translates without a data plane around it.</summary>
internal static class Translating
{
    public static string Request(RequestShape client, RequestShape upstream, string body, out string losses, string model = "m", bool thinks = false)
    {
        var request = Read(client, body);
        var json = new JsonOut(new TextBuffer());
        json.Begin();
        var abilities = ModelAbilities.Of(thinks ? "gpt-5"u8 : Encoding.ASCII.GetBytes(model));
        Translations.Of(upstream).RequestWriter!.Write(request, new RequestTarget(Encoding.ASCII.GetBytes($"\"{model}\""), 0, 0, true, abilities), json);
        losses = Encoding.ASCII.GetString(request.Losses.Names);
        return Encoding.UTF8.GetString(json.To.Written);
    }

    public static NeutralRequest Read(RequestShape client, string body)
    {
        var reader = Translations.Of(client).NewRequestReader!();
        var request = new NeutralRequest();
        request.Reset(Encoding.UTF8.GetBytes(body), reader.Names);
        Assert.False(reader.Read(request).IsError, body);
        return request;
    }

    /// <summary>An answer, event by event where <paramref name="events"/> are given, else whole.</summary>
    public static string Answer(RequestShape client, RequestShape upstream, IEnumerable<string> events, bool isStream, out string losses)
    {
        var reader = Translations.Of(upstream).NewAnswerReader!();
        var writer = isStream ? Translations.Of(client).NewStreamWriter!() : Translations.Of(client).NewAnswerWriter!();
        var lost = new LossReport();
        reader.Reset();
        writer.Begin(new AnswerFacts("id-1"u8, "asked"u8, 1700000000, wantsUsage: true, promptTokens: 0));
        writer.Losses = lost;
        writer.Usage = new Usage { InputTokens = 10, CachedInputTokens = 3, OutputTokens = 20, ReasoningTokens = 2, IsPresent = true };
        foreach (var data in events)
        {
            var isTold = isStream ? reader.OnEvent(Encoding.UTF8.GetBytes(data), writer) : reader.OnWhole(Encoding.UTF8.GetBytes(data), writer);
            Assert.True(isTold && !writer.IsFaulted, data);
        }

        writer.End();
        losses = Encoding.ASCII.GetString(lost.Names);
        return Encoding.UTF8.GetString(writer.Out.Written);
    }
}
