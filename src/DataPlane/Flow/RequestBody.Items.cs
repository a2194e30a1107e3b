using System.Buffers;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Flow;

/// <summary>
/// What a body refers to of earlier answers that were translated is put into its place (<see cref="ItemMemory"/>), so that whoever is asked reads what the
/// client could have sent as well. What is not known stays as it is: it may lie at the provider.
/// </summary>
internal sealed partial class RequestBody
{
    /// <summary>Has every id of an item that was told here, which are made of the exchange's own.</summary>
    private static ReadOnlySpan<byte> OwnIds => "_req_"u8;

    private List<ItemReference>? _references;
    private TextBuffer? _item;

    /// <summary>Puts items into a body that was read; true where there were any, so that it has to be scanned again.</summary>
    /// <param name="find">Finds what refers to them.</param>
    /// <param name="error">That it is too large with them.</param>
    public bool TryRecall(FindReferences? find, out EdgeError error)
    {
        error = default;
        if (find is null || services.Items.Count == 0 || !Holds(Bytes, OwnIds))
            return false;
        var copied = Bytes.IsSingleSegment || Bytes.Length <= UncountedBytes ? 0 : Bytes.Length;
        if (copied > 0 && !services.Bodies.TryTake(copied, _exchange.Config.Server.BufferedBytesMax))
        {
            error = EdgeError.Edge(ErrorKind.Overloaded);
            return true;
        }

        var whole = Bytes.IsSingleSegment ? null : ArrayPool<byte>.Shared.Rent((int)Bytes.Length);
        if (whole is not null)
            Bytes.CopyTo(whole);
        var references = _references ??= [];
        find(whole is null ? Bytes.FirstSpan : whole.AsSpan(0, (int)Bytes.Length), OwnIds, references);
        var isRecalled = references.Count > 0 && Recall(whole is null ? Bytes.FirstSpan : whole.AsSpan(0, (int)Bytes.Length), references, out error);
        if (whole is not null)
            ArrayPool<byte>.Shared.Return(whole);
        if (copied > 0)
            services.Bodies.Return(copied);
        references.Clear();
        return isRecalled;
    }

    /// <summary>Scans the body again.</summary>
    public EdgeError Rescan()
    {
        foreach (var segment in Bytes)
        {
            if (Intake!.Scan.Feed(segment.Span) is { IsError: true } error)
                return error;
        }

        return Intake!.Scan.Finish();
    }

    private bool Recall(ReadOnlySpan<byte> body, List<ItemReference> references, out EdgeError error)
    {
        error = default;
        var item = _item ??= new TextBuffer();
        var (came, passed, written) = (_first, 0, 0L);
        foreach (var reference in references)
        {
            // No provider knows the id, and some would look for it.
            item.Clear();
            item.Add("{"u8);
            if (!services.Items.TryFind(_exchange.Key!.Sha256, reference.Id.Of(body), item))
                continue;
            if (passed == 0)
                _first = _last = null;
            error = Put(body[passed..reference.Element.Start], ref written);
            if (!error.IsError)
                error = Put(item.Written, ref written);
            passed = reference.Element.Start + reference.Element.Length;
            if (error.IsError)
                break;
        }

        item.Release();
        if (passed == 0)
            return false;
        if (!error.IsError)
            error = Put(body[passed..], ref written);

        // What it was copied from is the client's input, or the blocks of a body that came in chunks.
        Bytes = error.IsError ? default : new ReadOnlySequence<byte>(_first!, 0, _last!, _last!.Written);
        _exchange.BytesIn = written;
        services.Blocks.ReturnChain(came);
        return true;
    }

    private EdgeError Put(ReadOnlySpan<byte> data, ref long written)
    {
        written += data.Length;
        if (written > _exchange.Config.Server.BodyBytesMax)
            return EdgeError.Client(ErrorKind.BodyTooLarge);
        if (written > UncountedBytes)
        {
            if (!services.Bodies.TryTake(data.Length, _exchange.Config.Server.BufferedBytesMax))
                return EdgeError.Edge(ErrorKind.Overloaded);
            _counted += data.Length;
        }

        Store(data);
        return default;
    }
}
