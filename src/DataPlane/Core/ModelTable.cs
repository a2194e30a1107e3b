namespace AiEdge.DataPlane.Core;

/// <summary>Models by name: exact names first, then globs in the order they were written.</summary>
internal sealed class ModelTable
{
    private readonly (byte[] Name, ModelModel? Model)[] _slots;
    private readonly int _mask;
    private readonly ModelModel[] _globs;

    public ModelTable(IReadOnlyList<ModelModel> models)
    {
        All = [.. models];
        for (var i = 0; i < All.Length; i++)
            All[i].Index = i;
        _globs = Array.FindAll(All, m => m.IsGlob);
        PathPrefixes = PrefixesOf(All);
        IsGuarded = Array.Exists(All, m => m.Runaway is not null);
        IsSorted = Array.Exists(All, m => m.Simple is not null || m.Cascade.Length > 0 || m.Ensemble is not null);
        var names = 0;
        foreach (var model in All)
            names += 1 + model.Aliases.Length;
        var size = 4;
        while (size < names * 2)
            size *= 2;
        _slots = new (byte[], ModelModel?)[size];
        _mask = size - 1;
        foreach (var model in All)
        {
            if (model.IsGlob)
                continue;
            Enter(model.NameUtf8, model);
            foreach (var alias in model.Aliases)
                Enter(alias, model);
        }

        foreach (var model in All)
        {
            Fit(model, model);
            foreach (var name in model.Fallback)
            {
                if (Find(name.Utf8) is { } other)
                    Fit(model, other);
            }

            foreach (var step in model.Cascade)
            {
                if (Find(step.Model.Utf8) is { } other)
                    Fit(model, other);
            }

            IsFitted |= model.IsFitted;
        }
    }

    /// <summary>Every rule, in the document's order.</summary>
    public ModelModel[] All { get; }

    /// <summary>What paths may begin with for the sake of <see cref="ModelModel.Versions"/>, each once.</summary>
    public byte[][] PathPrefixes { get; }

    /// <summary>Whether streams of some model are guarded against having no end.</summary>
    public bool IsGuarded { get; }

    /// <summary>Whether requests of some model go to another for what they are.</summary>
    public bool IsSorted { get; }

    /// <summary>Whether some model's requests may go to targets that cannot take every request.</summary>
    public bool IsFitted { get; }

    /// <summary>The rule that answers for <paramref name="name"/> (UTF-8), or null.</summary>
    public ModelModel? Find(ReadOnlySpan<byte> name)
    {
        for (var i = Slot(name); _slots[i].Model is { } model; i = (i + 1) & _mask)
        {
            if (_slots[i].Name.AsSpan().SequenceEqual(name))
                return model;
        }

        foreach (var model in _globs)
        {
            if (Glob.IsMatch(model.NameUtf8, name))
                return model;
        }

        return null;
    }

    private static byte[][] PrefixesOf(ModelModel[] models)
    {
        var all = new List<byte[]>();
        foreach (var model in models)
        {
            foreach (var (prefix, _) in model.Versions)
            {
                if (!all.Exists(known => known.AsSpan().SequenceEqual(prefix)))
                    all.Add(prefix);
            }
        }

        return [.. all];
    }

    private void Enter(byte[] name, ModelModel model)
    {
        var i = Slot(name);
        while (_slots[i].Model is not null)
            i = (i + 1) & _mask;
        _slots[i] = (name, model);
    }

    /// <summary>Notes what those lack, or look at, whom requests of a model may go to by way of another, or of itself.</summary>
    private static void Fit(ModelModel model, ModelModel by)
    {
        // Where there is no other model, an answer that is too short for what was asked is no reason to look for one.
        model.IsFitted |= model.Fallback.Length + model.Cascade.Length > 0 && by.OutputTokensGiven > 0;
        model.PrefixBytes = model.PrefixBytes > 0 ? model.PrefixBytes : by.Affinity?.PrefixBytes ?? 0;
        model.IsByUser |= by.Sticky is { IsUser: true };
        foreach (var target in by.Targets)
        {
            model.IsFitted |= target.Capabilities != Capability.All || target.ContextWindow > 0;
            if (target.ContextWindow > 0)
                model.ContextWindowMin = Math.Min(model.ContextWindowMin, target.ContextWindow);
        }
    }

    private int Slot(ReadOnlySpan<byte> name)
    {
        // Names of configured models are few and the operator's own; a client can only probe, not fill, the table.
        var hash = 2166136261u;
        foreach (var b in name)
            hash = (hash ^ b) * 16777619u;
        return (int)hash & _mask;
    }
}
