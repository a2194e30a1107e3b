using System.Buffers;
using System.Numerics;
using System.Runtime.InteropServices;
using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Translate;

/// <summary>
/// Puts names of functions that a provider takes in the place of those that it would refuse, for the client's dialect takes others: wherever one stands in
/// the request it is the same, and no other function's. No loss, for answers have the client's own (<see cref="OwnNames"/>). Names that were chosen to
/// collide are found as fast as others, for the hash of the table has a seed of the process's own.
/// </summary>
internal ref struct NameFitting
{
    private const int AttemptsMax = 8;

    private readonly NeutralRequest _request;
    private readonly ToolNameForm _form;
    private readonly int _count;
    private Slot[] _slots = [];
    private int _mask;
    private int _fitted;

    private NameFitting(NeutralRequest request, ToolNameForm form)
    {
        (_request, _form) = (request, form);
        _count = request.Tools.Count + request.AllowedTools.Count + 1 + request.Parts.Count;
    }

    /// <summary>A name in plain, and what is told in its place; absent where it is told itself.</summary>
    private record struct Slot(Piece Name, Piece Told);

    public static void Fit(NeutralRequest request, ToolNameForm form)
    {
        var fitting = new NameFitting(request, form);
        if (fitting.AllFit(out var names))
            return;
        var size = (int)BitOperations.RoundUpToPowerOf2((uint)names * 4);
        fitting._slots = ArrayPool<Slot>.Shared.Rent(size);
        fitting._mask = size - 1;
        fitting._slots.AsSpan(0, size).Clear();
        fitting.NoteFitting();
        fitting.FitRest();
        ArrayPool<Slot>.Shared.Return(fitting._slots);
    }

    private readonly bool AllFit(out int names)
    {
        names = 0;
        var allFit = true;
        for (var i = 0; i < _count; i++)
        {
            if (NameAt(i) is not { Length: > 0 } name)
                continue;
            names++;
            allFit = allFit && _form.Fits(name.Of(_request.Source));
        }

        return allFit;
    }

    /// <summary>Names that are told as they are can be no other's.</summary>
    private readonly void NoteFitting()
    {
        Span<byte> scratch = stackalloc byte[FittedNames.NameBytesMax];
        for (var i = 0; i < _count; i++)
        {
            var name = NameAt(i);
            if (!TryPlain(name, scratch, out var plain) || !_form.Fits(plain))
                continue;
            ref var slot = ref Find(plain);
            if (!slot.Name.IsPresent)
                slot.Name = Kept(name, plain);
        }
    }

    private void FitRest()
    {
        Span<byte> scratch = stackalloc byte[FittedNames.NameBytesMax];
        for (var i = 0; i < _count; i++)
        {
            var name = NameAt(i);
            if (!TryPlain(name, scratch, out var plain) || _form.Fits(plain))
                continue;
            ref var slot = ref Find(plain);
            if (!slot.Name.IsPresent)
            {
                slot.Name = Kept(name, plain);
                slot.Told = Make(slot.Name, name);
            }

            if (slot.Told.IsPresent)
                Rename(i, slot.Told);
        }
    }

    /// <summary>
    /// Makes what is told in a name's place; absent where there are too many, but for one that has more in it than a name, which no provider takes: its
    /// calls do not come back as such then.
    /// </summary>
    private Piece Make(Piece plain, Piece name)
    {
        Span<byte> made = stackalloc byte[ToolNameForm.LengthMax];
        for (var attempt = -1; attempt < AttemptsMax && _fitted < FittedNames.CountMax; attempt++)
        {
            var told = made[..(attempt < 0 ? ToolNamespaces.Flatten(plain.Of(_request.Source), made) : _form.Fit(plain.Of(_request.Source), attempt, made))];
            if (attempt < 0 && !_form.Fits(told))
                continue;
            ref var slot = ref Find(told);
            if (slot.Name.IsPresent)
                continue;
            _fitted++;
            slot.Name = _request.Put(told);
            FittedNames.Add(_request.FittedNames, told, name.Of(_request.Source));
            return slot.Name;
        }

        if (!ToolNamespaces.Is(plain.Of(_request.Source)))
            return default;
        _request.Losses.Add("tools.name"u8);
        return _request.Put(made[.._form.Fit(plain.Of(_request.Source), 0, made)]);
    }

    /// <summary>A name without escapes. False where there is none, or one that is too long for all.</summary>
    private readonly bool TryPlain(Piece name, Span<byte> scratch, out ReadOnlySpan<byte> plain)
    {
        plain = default;
        if (name.Length is 0 or > FittedNames.NameBytesMax)
            return false;
        plain = name.Of(_request.Source);
        if (plain.Contains((byte)'\\') && JsonUnescape.TryUnescape(plain, scratch, out var length))
            plain = scratch[..length];
        return true;
    }

    /// <summary>Where the plain text of a name lies; one that had escapes is put there.</summary>
    private readonly Piece Kept(Piece name, ReadOnlySpan<byte> plain) =>
        plain.Length == name.Length ? name : _request.Put(plain);

    private readonly ref Slot Find(ReadOnlySpan<byte> plain)
    {
        var at = PieceTable.HashOf(plain) & _mask;
        while (_slots[at].Name.IsPresent && !_slots[at].Name.Of(_request.Source).SequenceEqual(plain))
            at = (at + 1) & _mask;
        return ref _slots[at];
    }

    /// <summary>The names in the request, one behind the other; absent where a part has none.</summary>
    private readonly Piece NameAt(int i)
    {
        if (i < _request.Tools.Count)
            return _request.Tools[i].Name;
        i -= _request.Tools.Count;
        if (i < _request.AllowedTools.Count)
            return _request.AllowedTools[i].Name;
        i -= _request.AllowedTools.Count;
        if (i == 0)
            return _request.ToolName;
        ref readonly var part = ref CollectionsMarshal.AsSpan(_request.Parts)[i - 1];
        return part.Kind is PartKind.ToolCall or PartKind.ToolResult ? part.Name : default;
    }

    private readonly void Rename(int i, Piece name)
    {
        if (i < _request.Tools.Count)
        {
            _request.Tools[i] = _request.Tools[i] with { Name = name };
            return;
        }

        i -= _request.Tools.Count;
        if (i < _request.AllowedTools.Count)
        {
            _request.AllowedTools[i] = _request.AllowedTools[i] with { Name = name };
            return;
        }

        i -= _request.AllowedTools.Count;
        if (i == 0)
            _request.ToolName = name;
        else
            CollectionsMarshal.AsSpan(_request.Parts)[i - 1].Name = name;
    }
}
