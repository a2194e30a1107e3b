using System.Globalization;

namespace AiEdge.FakeUpstream;

/// <summary>A path that is posted to.</summary>
/// <param name="End">What it ends in, so that /v1, the prefixes of who hosts it and a bare path all work.</param>
/// <param name="Make">Makes its answer.</param>
internal sealed record PostPath(string End, Func<AnswerContext, Answer> Make)
{
    /// <summary>What is wrong with the whole request, where that is judged besides (<see cref="AnswerContext.JudgesAll"/>).</summary>
    public Func<AnswerContext, string?>? FaultOf { get; init; }

    /// <summary>Whether the path says by itself that a stream is wanted.</summary>
    public bool IsStream { get; init; }
}

/// <summary>Members of requests that an answer depends on.</summary>
/// <param name="Caps">The cap on the answer's tokens.</param>
/// <param name="Wishes">What asks for more than plain text.</param>
/// <param name="Within">The member of the body's that these stand in as well; empty for none.</param>
internal sealed record RequestWords(string[] Caps, string[] Wishes, string Within = "");

/// <summary>
/// Which provider is imitated: its paths, what its requests are read by, and what of its own stands in heads and errors. A folder each, by which
/// <see cref="VendorTable"/> finds it.
/// </summary>
internal abstract class Vendor
{
    /// <summary>What is posted to it; where two ends fit, the first.</summary>
    public abstract IReadOnlyList<PostPath> Posts { get; }

    public abstract RequestWords Words { get; }

    /// <summary>The header with its id of an answer; empty for none.</summary>
    public abstract byte[] IdHeader { get; }

    /// <summary>The other fields of an answer that it adds, each with its CRLF.</summary>
    public abstract byte[] Headers { get; }

    /// <summary>What it finds wrong with a request.</summary>
    public abstract Answer Fault(string message);

    /// <summary>An error in its shape.</summary>
    /// <param name="status">The status.</param>
    /// <param name="lack">What the account lacks, by which it is refused whatever it asks for.</param>
    /// <param name="fields">Further field lines.</param>
    public abstract Answer Error(int status, Lack lack, string fields);

    /// <summary>What a head says of a limit of the account's, as OpenAI says it.</summary>
    /// <param name="unit">What is limited: <c>requests</c>, <c>tokens</c>.</param>
    /// <param name="limit">How it stands.</param>
    public virtual string LimitFields(string unit, KeptLimit limit) => string.Create(CultureInfo.InvariantCulture,
        $"x-ratelimit-limit-{unit}: {limit.Size}\r\nx-ratelimit-remaining-{unit}: {limit.Remaining}\r\nx-ratelimit-reset-{unit}: {Length(limit.ResetMs)}\r\n");

    /// <summary>6m0s, 1.5s, 120ms.</summary>
    private static string Length(double ms) => ms switch
    {
        < 1000 => string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(ms):F0}ms"),
        < 60_000 => string.Create(CultureInfo.InvariantCulture, $"{ms / 1000:0.###}s"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{(long)(ms / 60_000)}m{ms % 60_000 / 1000:0.###}s"),
    };
}

/// <summary>What an account lacks that is refused for what it is.</summary>
internal enum Lack
{
    None,

    /// <summary>What is paid for has been used up.</summary>
    Quota,

    /// <summary>It may not spend more, or not from where it asks: a bad request by its status.</summary>
    Leave,
}
