using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Route;

/// <summary>From the asked model to the target that is asked first.</summary>
internal static class Router
{
    /// <summary>
    /// Finds the model of an exchange, by the name that the asked one stands for. The key's allow-list is judged before the model is looked up,
    /// so that a key cannot learn which other models exist.
    /// </summary>
    public static EdgeError Find(Exchange exchange)
    {
        var key = exchange.Key!;
        if (Mapped(key, exchange.AskedModel) is { } mapped)
            exchange.Rename(mapped);
        var model = exchange.Config.Models.Find(exchange.AskedModel);
        if (exchange.PathPrefix is { } prefix && model is not null && Version(model, prefix) is { } version)
        {
            exchange.Rename(version);
            model = exchange.Config.Models.Find(version.Utf8);
        }

        if (model?.OwnName is { } own && !own.Utf8.AsSpan().SequenceEqual(exchange.AskedModel))
            exchange.Rename(own);
        if (!IsAllowed(key, exchange.AskedModel))
            return EdgeError.Client(ErrorKind.ModelNotAllowed, null, "model");
        if (model is null)
            return EdgeError.Client(ErrorKind.UnknownModel, null, "model");
        if (model.IsDisabled)
            return EdgeError.Client(ErrorKind.ModelDisabled, null, "model");
        exchange.Model = model;
        return default;
    }

    /// <summary>Chooses the first target of an exchange that has its model, and its needs where the model's targets look at them.</summary>
    /// <param name="exchange">The exchange.</param>
    /// <param name="plan">Its plan.</param>
    /// <param name="origin">The model that its client asked for, where it has turned to another.</param>
    /// <param name="originName">What the exchange calls that.</param>
    public static EdgeError Choose(Exchange exchange, TargetPlan plan, ModelModel? origin = null, ModelName? originName = null) =>
        plan.TryBegin(exchange, origin, originName) ? default : Unfit(exchange, plan.Lack);

    /// <summary>The model that a name stands for to a key: a name of its map, a version by the path's prefix, or what an alias means.</summary>
    public static ReadOnlySpan<byte> Meant(KeyModel key, ModelTable models, ReadOnlySpan<byte> asked, byte[]? prefix = null)
    {
        if (Mapped(key, asked) is { } mapped)
            asked = mapped.Utf8;
        if (prefix is not null && models.Find(asked) is { } model && Version(model, prefix) is { } version)
            asked = version.Utf8;
        return models.Find(asked)?.OwnName is { } own ? own.Utf8 : asked;
    }

    public static bool IsAllowed(KeyModel key, ReadOnlySpan<byte> model)
    {
        if (key.Models is not { } allowed)
            return true;
        foreach (var pattern in allowed)
        {
            if (Glob.IsMatch(pattern, model))
                return true;
        }

        return false;
    }

    private static ModelName? Version(ModelModel model, byte[] prefix)
    {
        foreach (var (known, name) in model.Versions)
        {
            if (known.AsSpan().SequenceEqual(prefix))
                return name;
        }

        return null;
    }

    private static ModelName? Mapped(KeyModel key, ReadOnlySpan<byte> asked)
    {
        foreach (var (pattern, name) in key.ModelMap)
        {
            if (Glob.IsMatch(pattern, asked))
                return name;
        }

        return null;
    }

    /// <summary>All who could be asked have as many requests under way as they may, or say that they have as much to do.</summary>
    public static EdgeError Full => EdgeError.Edge(ErrorKind.Overloaded, "The model's targets have as much to do as they may; try again.");

    private static EdgeError Unfit(Exchange exchange, TargetLack lack) => lack switch
    {
        TargetLack.Region => EdgeError.Client(ErrorKind.ModelNotAllowed, "The model has no target in the regions that the API key is bound to.", "model"),
        TargetLack.Capability => EdgeError.Client(
            ErrorKind.NotCapable, $"None of the model's targets takes {Words(exchange.Needs.Capabilities)} together.", "model"),
        TargetLack.Window => EdgeError.Client(
            ErrorKind.PromptTooLong,
            $"The prompt's {exchange.Needs.PromptTokens} tokens, with {exchange.Needs.OutputTokens} asked for, are more than any context window holds.",
            "model"),
        TargetLack.Room => Full,
        _ => EdgeError.Client(
            ErrorKind.NotSupportedYet, "The model's providers speak another dialect than this path, and its translation is not supported yet.", "model"),
    };

    private static string Words(Capability capabilities)
    {
        var words = "text";
        Add(Capability.Tools, "tools");
        Add(Capability.Vision, "images");
        Add(Capability.Json, "an answer in JSON");
        Add(Capability.Audio, "sound");
        Add(Capability.Files, "files");
        return words;

        void Add(Capability one, string word) => words += (capabilities & one) != 0 ? ", " + word : "";
    }
}

/// <summary>What those lack whom a request could be sent to; of several the last one in its way.</summary>
internal enum TargetLack : byte
{
    /// <summary>The client's dialect, or a translation to theirs.</summary>
    Dialect,

    /// <summary>A place in a region that the key is bound to.</summary>
    Region,

    /// <summary>Something that the request holds or asks for.</summary>
    Capability,

    /// <summary>Room for its prompt and the answer.</summary>
    Window,

    /// <summary>Room for one more request under way.</summary>
    Room,
}
