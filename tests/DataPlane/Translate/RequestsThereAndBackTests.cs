using System.Text;
using System.Text.Json;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects;
using AiEdge.DataPlane.Tests.Dialects;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Tests.Translate;

/// <summary>
/// Requests with all that may be asked for, carried from each dialect into each other and back: what is read there is the same but for what was reported as
/// lost. The number of seeds is that of <c>AIEDGE_SEEDS</c>, where it is set.
/// </summary>
public sealed class RequestsThereAndBackTests
{
    private static readonly string[] Models =
    [
        "m", "gpt-4o", "gpt-5", "gpt-5.1", "mistral-large", "deepseek-chat", "deepseek-reasoner", "claude-3-5-haiku-latest", "claude-sonnet-4-5",
        "claude-opus-4-7", "gemini-2.0-flash", "gemini-2.5-flash", "gemini-3-flash-preview",
    ];

    /// <summary>The first of each kind.</summary>
    private readonly SortedDictionary<string, string> _faults = new(StringComparer.Ordinal);

    public static TheoryData<string> Forms => [.. SpokenShape.All.Select(form => form.Name)];

    private static int Seeds => int.TryParse(Environment.GetEnvironmentVariable("AIEDGE_SEEDS"), out var seeds) ? seeds : 800;

    [Theory]
    [MemberData(nameof(Forms))]
    public void What_is_not_reported_is_read_again(string dialect)
    {
        var form = SpokenShape.Named(dialect);
        for (var seed = 0; seed < Seeds; seed++)
            Carry(RequestSamples.Make(seed), form, Models[seed % Models.Length], $"{dialect} {seed}");
        Assert.True(_faults.Count == 0, string.Join("\n\n", _faults.Values));
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void What_is_not_reported_goes_into_another_dialect_and_comes_back(string dialect)
    {
        var asked = SpokenShape.Named(dialect);
        for (var seed = 0; seed < Seeds; seed++)
        {
            var random = new Random(seed);
            string Model() => Models[random.Next(Models.Length)];
            var client = Carry(RequestSamples.Make(seed), asked, Model(), $"{dialect} {seed}");
            foreach (var other in SpokenShape.All.Where(one => one != asked))
            {
                var there = Carry(client, other, Model(), $"{dialect} {seed} to {other.Name}");
                Carry(there, asked, Model(), $"{dialect} {seed} from {other.Name}");
                client = Carry(RequestSamples.Make(seed), asked, "m", $"{dialect} {seed}");
            }
        }

        Assert.True(_faults.Count == 0, string.Join("\n\n", _faults.Values));
    }

    private NeutralRequest Carry(NeutralRequest request, SpokenShape to, string model, string which)
    {
        var (source, names) = (request.Source.ToArray(), request.Names);
        var abilities = ModelAbilities.Of(Encoding.ASCII.GetBytes(model));
        var json = new JsonOut(new TextBuffer());
        json.Begin();
        var before = Copy(request, source, names);
        if (!to.Has(Says.CustomCalls) || !(to.Name == "responses" || abilities.IsOpenAi))
            Fold(before);
        request.Losses.Clear();
        Translations.Of(to.Shape).RequestWriter!.Write(request, new RequestTarget(Encoding.ASCII.GetBytes($"\"{model}\""), 0, 0, true, abilities), json);
        var (written, lost) = (Encoding.UTF8.GetString(json.To.Written), Encoding.ASCII.GetString(request.Losses.Names));
        JsonElement.Parse(written);
        Assert.DoesNotContain("?", lost, StringComparison.Ordinal);
        var after = Translating.Read(to.Shape, written);
        Restore(after, request.FittedNames.Written);
        if (lost.EndsWith("...", StringComparison.Ordinal))
            return after;
        var again = Encoding.ASCII.GetString(after.Losses.Names);
        var difference = RequestComparison.Difference(before, after, lost, to, abilities);
        again = string.Join(',', again.Split(',').Except(to.Unread));
        if (difference.Length > 0 || again.Length > 0)
            _faults.TryAdd($"{to.Name}: {difference.Split(' ')[0]}{again}", $"{which}, {model}: {difference}\nlost {lost}\nread {again}\n{written}\n{Encoding.UTF8.GetString(source)}");
        return after;
    }

    /// <summary>Where there are no custom tools they are functions.</summary>
    private static void Fold(NeutralRequest request)
    {
        CustomTools.Fold(request);
        Restore(request, default);
    }

    /// <summary>What is told of functions to the client has its own names.</summary>
    private static void Restore(NeutralRequest request, ReadOnlySpan<byte> names)
    {
        var fitted = names.ToArray();
        Piece Own(Piece name)
        {
            if (!name.IsPresent)
                return name;
            var told = FittedNames.OwnOf(name.Of(request.Source), fitted);
            CustomTools.TryUnmark(ref told);
            var own = told.ToArray();
            return own.AsSpan().SequenceEqual(name.Of(request.Source)) ? name : request.Put(own);
        }

        for (var i = 0; i < request.Tools.Count; i++)
            request.Tools[i] = request.Tools[i] with { Name = Own(request.Tools[i].Name) };
        for (var i = 0; i < request.AllowedTools.Count; i++)
            request.AllowedTools[i] = request.AllowedTools[i] with { Name = Own(request.AllowedTools[i].Name) };
        for (var i = 0; i < request.Parts.Count; i++)
        {
            if (request.Parts[i].Kind is PartKind.ToolCall or PartKind.ToolResult)
                request.Parts[i] = request.Parts[i] with { Name = Own(request.Parts[i].Name) };
        }

        request.ToolName = Own(request.ToolName);
    }

    /// <summary>A writer takes out of a request what cannot be carried.</summary>
    private static NeutralRequest Copy(NeutralRequest request, byte[] source, FieldNames names)
    {
        var copy = new NeutralRequest();
        copy.Reset(new TextBuffer().Add(source), names);
        foreach (var property in typeof(NeutralRequest).GetProperties().Where(one => one.CanWrite && one.Name != nameof(NeutralRequest.Names)))
            property.SetValue(copy, property.GetValue(request));
        copy.Messages.AddRange(request.Messages);
        copy.Parts.AddRange(request.Parts);
        copy.Tools.AddRange(request.Tools);
        copy.Stops.AddRange(request.Stops);
        copy.AllowedTools.AddRange(request.AllowedTools);
        copy.OpenAiMembers.AddRange(request.OpenAiMembers);
        return copy;
    }
}
