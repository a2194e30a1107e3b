using System.Runtime.InteropServices;

namespace AiEdge.DataPlane.Translate;

/// <summary>
/// Tools that have names of a server's own, besides the name of that: Responses alone have them. To others the two are one name, in which a character stands
/// between them that no name can have in JSON; <see cref="NameFitting"/> tells it as one that the provider takes, and the answer's calls come back by both.
/// </summary>
internal static class ToolNamespaces
{
    private const byte Between = 0x1F;
    private const byte Underscore = (byte)'_';

    /// <summary>
    /// Bytes that names of two take at most, as many as can be told in the place of them: a client's body would be many times as long by a long name of a
    /// server that has many tools.
    /// </summary>
    private const int JoinedBytesMax = FittedNames.CountMax * FittedNames.NameBytesMax;

    /// <summary>What it is as well to say as nothing: a tool in it is one of no server's.</summary>
    private static ReadOnlySpan<byte> Default => "functions"u8;

    private static ReadOnlySpan<byte> Delimiter => "__"u8;

    /// <summary>Makes one name of two, wherever there are two; of tools that are declared again the last stands.</summary>
    public static void Join(NeutralRequest request)
    {
        var (isAny, namesItself) = (false, false);
        var room = JoinedBytesMax;
        for (var i = 0; i < request.Tools.Count; i++)
        {
            var tool = request.Tools[i];
            isAny |= tool.Namespace.IsPresent;
            namesItself |= IsItself(request, tool.Namespace, tool.Name);
            if (tool.NamespaceText.Length > 0)
                tool = tool with { Description = request.Put(tool.NamespaceText, tool.Description.IsPresent ? "\\n\\n"u8 : default, tool.Description) };
            request.Tools[i] = tool with { Name = NameOf(request, tool.Namespace, tool.Name, "tools.namespace"u8, ref room) };
        }

        for (var i = 0; i < request.AllowedTools.Count; i++)
        {
            var tool = request.AllowedTools[i];
            request.AllowedTools[i] = tool with { Name = NameOf(request, tool.Namespace, tool.Name, request.Names.ToolChoice, ref room) };
        }

        for (var i = 0; i < request.Parts.Count; i++)
        {
            ref var part = ref CollectionsMarshal.AsSpan(request.Parts)[i];
            if (part.Namespace.IsPresent && (namesItself || !IsItself(request, part.Namespace, part.Name)))
                part.Name = NameOf(request, part.Namespace, part.Name, "input.function_call.namespace"u8, ref room);
        }

        request.ToolName = NameOf(request, request.ToolNamespace, request.ToolName, request.Names.ToolChoice, ref room);
        if (isAny)
            FindChosen(request);
        if (request.MayRepeatTools)
            KeepLast(request);
    }

    /// <summary>Writes a name that has more in it than a name as one that can be read; 0 where it has not, or there is no room.</summary>
    /// <param name="name">The name, in plain.</param>
    /// <param name="to">Where to.</param>
    public static int Flatten(ReadOnlySpan<byte> name, Span<byte> to)
    {
        var isCustom = CustomTools.TryUnmark(ref name);
        if (name.Length + Delimiter.Length > to.Length || (!isCustom && !name.Contains(Between)))
            return 0;
        var own = Split(name, out var space).TrimStart(Underscore);
        space = space.TrimEnd(Underscore);
        if (!name.Contains(Between))
        {
            name.CopyTo(to);
            return name.Length;
        }

        if (own.IsEmpty || space.IsEmpty)
            return 0;
        space.CopyTo(to);
        Delimiter.CopyTo(to[space.Length..]);
        own.CopyTo(to[(space.Length + Delimiter.Length)..]);
        return space.Length + Delimiter.Length + own.Length;
    }

    /// <summary>Whether a name has more in it than a name: which is told nobody.</summary>
    public static bool Is(ReadOnlySpan<byte> name) => CustomTools.TryUnmark(ref name) || name.Contains(Between);

    /// <summary>The name by itself; all of it where it is one of no server's.</summary>
    /// <param name="name">The name.</param>
    /// <param name="space">The server's, or nothing.</param>
    public static ReadOnlySpan<byte> Split(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> space)
    {
        var at = name.IndexOf(Between);
        space = at < 0 ? default : name[..at];
        return name[(at + 1)..];
    }

    /// <summary>OpenAI tells a function by its own name twice, where that is of no server's and was found by a search.</summary>
    private static bool IsItself(NeutralRequest request, Piece space, Piece name) =>
        space.IsPresent && name.IsPresent && space.Of(request.Source).SequenceEqual(name.Of(request.Source));

    private static Piece NameOf(NeutralRequest request, Piece space, Piece name, ReadOnlySpan<byte> lost, ref int room)
    {
        if (space.Length == 0 || name.Length == 0 || space.Of(request.Source).SequenceEqual(Default))
            return name;
        var length = space.Length + 1 + name.Length;
        if (length <= Math.Min(room, FittedNames.NameBytesMax))
        {
            room -= length;
            return request.Put(space, [Between], name);
        }

        request.Losses.Add(lost);
        return name;
    }

    /// <summary>A function may be chosen, or allowed, by its name alone, where no other has it.</summary>
    private static void FindChosen(NeutralRequest request)
    {
        if (request.ToolName.IsPresent && !request.ToolNamespace.IsPresent)
            request.ToolName = Found(request, request.ToolName);
        if (request.AllowedTools.Count > FittedNames.CountMax || request.Tools.Count > FittedNames.CountMax)
            return;
        foreach (ref var tool in CollectionsMarshal.AsSpan(request.AllowedTools))
        {
            if (tool.Name.IsPresent && !tool.Namespace.IsPresent)
                tool = tool with { Name = Found(request, tool.Name) };
        }
    }

    private static Piece Found(NeutralRequest request, Piece chosen)
    {
        var own = chosen.Of(request.Source);
        var found = chosen;
        foreach (var tool in request.Tools)
        {
            var name = tool.Name.Of(request.Source);
            if (name.SequenceEqual(own))
                return chosen;
            if (Split(name, out _).SequenceEqual(own))
                found = tool.Name;
        }

        return found;
    }

    private static void KeepLast(NeutralRequest request)
    {
        PieceTable places = default;
        var kept = 0;
        foreach (var tool in CollectionsMarshal.AsSpan(request.Tools))
        {
            ref var place = ref places.At(request.Source, tool.Name);
            if (place < 0)
                place = kept++;
            request.Tools[place] = tool;
        }

        request.Tools.RemoveRange(kept, request.Tools.Count - kept);
        places.Release();
    }
}
