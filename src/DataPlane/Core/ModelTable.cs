namespace AiEdge.DataPlane.Core;

/// <summary>Models by name: exact names first, then globs in the order they were written.</summary>
internal sealed class ModelTable
{
    private readonly ModelModel?[] _slots;
    private readonly int _mask;
    private readonly ModelModel[] _globs;

    public ModelTable(IReadOnlyList<ModelModel> models)
    {
        All = [.. models];
        for (var i = 0; i < All.Length; i++)
            All[i].Index = i;
        _globs = Array.FindAll(All, m => m.IsGlob);
        IsGuarded = Array.Exists(All, m => m.Runaway is not null);
        var size = 4;
        while (size < models.Count * 2)
            size *= 2;
        _slots = new ModelModel?[size];
        _mask = size - 1;
        foreach (var model in All)
        {
            if (model.IsGlob)
                continue;
            var i = Slot(model.NameUtf8);
            while (_slots[i] is not null)
                i = (i + 1) & _mask;
            _slots[i] = model;
        }
    }

    /// <summary>Every rule, in the document's order.</summary>
    public ModelModel[] All { get; }

    /// <summary>Whether streams of some model are guarded against having no end.</summary>
    public bool IsGuarded { get; }

    /// <summary>The rule that answers for <paramref name="name"/> (UTF-8), or null.</summary>
    public ModelModel? Find(ReadOnlySpan<byte> name)
    {
        for (var i = Slot(name); _slots[i] is { } model; i = (i + 1) & _mask)
        {
            if (model.NameUtf8.AsSpan().SequenceEqual(name))
                return model;
        }

        foreach (var model in _globs)
        {
            if (Glob.IsMatch(model.NameUtf8, name))
                return model;
        }

        return null;
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
