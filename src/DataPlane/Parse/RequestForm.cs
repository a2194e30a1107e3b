using System.Text;
using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Parse;

/// <summary>A member of a request that is read.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Field">What it means.</param>
/// <param name="Told">What it is called when it is at fault; null for its name.</param>
internal readonly record struct RequestName(string Name, RequestField Field, string? Told = null);

/// <summary>
/// What is read of one kind of body, by which names, and how its output is capped. A dialect has one for each of its kinds, and hands them down when
/// the program starts. Immutable.
/// </summary>
internal class RequestForm
{
    /// <summary>Names of what nearly every body has.</summary>
    public static readonly RequestName[] Everywhere = [new("model", RequestField.Model), new("stream", RequestField.Stream)];

    private static readonly RequestForm?[] Rows = Begin();

    private readonly Member[]?[] _names;
    private readonly Member[]?[] _inner;
    private readonly RequestField _innerOf;
    private readonly RequestName[] _told;

    /// <param name="shape">The kind.</param>
    /// <param name="names">The top-level members whose form is checked.</param>
    /// <param name="required">Those without which a request cannot be served.</param>
    /// <param name="innerOf">The member that is an object of which some members are read.</param>
    /// <param name="inner">These.</param>
    public RequestForm(
        RequestShape shape, RequestName[] names, RequestField required = RequestField.None, RequestField innerOf = RequestField.None,
        RequestName[]? inner = null)
    {
        Shape = shape;
        Required = required;
        _innerOf = innerOf;
        _names = ByLength(names);
        _inner = ByLength(inner ?? []);
        _told = [.. names, .. inner ?? []];
    }

    public RequestShape Shape { get; }

    /// <summary>The fields without which a request cannot be served.</summary>
    public RequestField Required { get; }

    /// <summary>The form of a kind.</summary>
    public static RequestForm Of(RequestShape shape) => Rows[(int)shape]!;

    /// <summary>Takes the forms of a dialect, before anything is served.</summary>
    /// <exception cref="InvalidOperationException">A kind has one already.</exception>
    public static void Use(IEnumerable<RequestForm> forms)
    {
        foreach (var form in forms)
        {
            if (Rows[(int)form.Shape] is not null)
                throw new InvalidOperationException($"The kind of body {(int)form.Shape} has a form already.");
            Rows[(int)form.Shape] = form;
        }
    }

    /// <summary>The field of a top-level member by its name without escapes.</summary>
    public RequestField FieldOf(ReadOnlySpan<byte> name) => Find(_names, name);

    /// <summary>The field of a member of the object that another is.</summary>
    public RequestField FieldOf(RequestField within, ReadOnlySpan<byte> name) => within == _innerOf ? Find(_inner, name) : RequestField.None;

    /// <summary>What a field is called when it is at fault.</summary>
    public string NameOf(RequestField field)
    {
        foreach (var name in _told)
        {
            if (name.Field == field)
                return name.Told ?? name.Name;
        }

        return "";
    }

    /// <summary>Those that are missing of a request that has others.</summary>
    public virtual RequestField MissingOf(RequestField seen) => Required & ~seen;

    /// <summary>What a request caps each choice of its own output at; -1 where it does not.</summary>
    public virtual long CapOf(RequestFacts facts) => -1;

    /// <summary>Adds the edits that make a cap of ours hold.</summary>
    public virtual void Clamp(RequestFacts facts, in OutputClamp clamp, BodyPatch patch)
    {
    }

    /// <summary>Adds the edits by which no thought is asked for.</summary>
    public virtual void BarThought(RequestFacts facts, BodyPatch patch)
    {
    }

    /// <summary>The field that says how much is to be thought, where a cap of ours leaves no room for so much; else empty.</summary>
    public virtual ReadOnlySpan<byte> BoundThought(RequestFacts facts, scoped in OutputClamp clamp) => default;

    /// <summary>Adds the edits that ask for a stream's usage; false where nothing is to be asked.</summary>
    public virtual bool AskUsage(RequestFacts facts, BodyPatch patch) => false;

    /// <summary>
    /// Adds the edits that make a cap of ours hold, and those that ask for the tokens' log-probabilities, which may have to stand in one object; false where
    /// there are none to ask for, or the request asks for them itself.
    /// </summary>
    public virtual bool AskLogprobs(RequestFacts facts, in OutputClamp clamp, BodyPatch patch)
    {
        clamp.Apply(facts, Shape, patch);
        return false;
    }

    private static RequestField Find(Member[]?[] table, ReadOnlySpan<byte> name)
    {
        if ((uint)name.Length >= (uint)table.Length || table[name.Length] is not { } members)
            return RequestField.None;
        foreach (ref readonly var member in members.AsSpan())
        {
            if (name.SequenceEqual(member.Name))
                return member.Field;
        }

        return RequestField.None;
    }

    private static Member[]?[] ByLength(RequestName[] names)
    {
        var longest = 0;
        foreach (var name in names)
            longest = Math.Max(longest, name.Name.Length);
        var table = new Member[]?[longest + 1];
        foreach (var name in names)
        {
            ref var members = ref table[name.Name.Length];
            members = [.. members ?? [], new Member(Encoding.ASCII.GetBytes(name.Name), name.Field)];
        }

        return table;
    }

    /// <summary>A native path has no form but what nearly every body has.</summary>
    private static RequestForm?[] Begin()
    {
        var rows = new RequestForm?[ShapeTraits.Max];
        rows[(int)RequestShape.Native] = new RequestForm(RequestShape.Native, Everywhere);
        return rows;
    }

    private readonly record struct Member(byte[] Name, RequestField Field);
}
