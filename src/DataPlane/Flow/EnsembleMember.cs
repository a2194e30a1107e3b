using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Forward;
using AiEdge.DataPlane.Route;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Flow;

/// <summary>How far one of several attempts at once has come.</summary>
internal enum MemberState : byte
{
    /// <summary>A connection is being opened.</summary>
    Opening,

    /// <summary>The request is sent, and its answer read.</summary>
    Reading,

    /// <summary>No answer came, or none that is whole.</summary>
    Failed,

    /// <summary>The provider's head says that it is an error, of whose body so much is held as is judged.</summary>
    Refused,

    /// <summary>An answer that cannot be judged: no JSON, or too long to be held. What of it has not been read is still to come.</summary>
    Unheld,

    /// <summary>The answer is whole and held.</summary>
    Whole,
}

/// <summary>
/// One of several attempts at the same request: opened, sent and read to its answer's end without touching the exchange, so that many can be waited for.
/// What it holds is bounded, and counts against the bytes of bodies that all exchanges hold together from a size on. Reused.
/// </summary>
internal sealed class EnsembleMember
{
    private readonly ByteBudget _bodies;
    private readonly TextBuffer _bytes = new();
    private long _counted;
    private long _uncountedMax;
    private long _heldMax;

    public EnsembleMember(ByteBudget bodies, AdmissionGate gate) => (_bodies, Gate) = (bodies, gate);

    /// <summary>Its credit, for the second on: the first has the exchange's own.</summary>
    public AdmissionGate Gate { get; }

    public int Number { get; private set; }

    /// <summary>Which of the exchange's attempts it is.</summary>
    public int Attempt { get; set; }

    /// <summary>Its target; of the first the exchange's own.</summary>
    public TargetPlan.Place Place;

    /// <summary>The target's place in the document.</summary>
    public int Target { get; set; }

    public MemberState State { get; set; }

    public EdgeError Error { get; set; }

    /// <summary>Which of the exchange's attempts went to a connection that had gone stale, so that its request was sent once more; 0 for none.</summary>
    public int StaleAttempt { get; private set; }

    /// <summary>What became of that.</summary>
    public EdgeError StaleError { get; private set; }

    public bool IsResent => StaleAttempt > 0;

    public UpstreamConnection? Upstream { get; set; }

    public UpstreamBody Body { get; } = new();

    /// <summary>The answer as far as it is held, coded as it came.</summary>
    public ReadOnlyMemory<byte> Held => _bytes.Memory;

    public long FirstByteAt { get; private set; }

    /// <summary>What its request was made into.</summary>
    public AttemptTranslation Translation { get; set; }

    public long OutputClamp { get; set; }

    public MemberAnswer Reading { get; set; }

    /// <summary>Whether its answer has been read: what it has cost is known.</summary>
    public bool HasReading { get; set; }

    /// <summary>What has failed in it, as a status; 0 where none was told.</summary>
    public int Status { get; set; }

    /// <summary>When its error's body says to come again; zero where it does not.</summary>
    public TimeSpan Wait { get; set; }

    /// <summary>What it says of its target, where it has failed.</summary>
    public AttemptOutcome Outcome { get; set; }

    /// <summary>What is under way of it.</summary>
    public Task Task { get; set; } = Task.CompletedTask;

    /// <summary>Whether it was made to end.</summary>
    public bool IsCalledOff { get; set; }

    /// <summary>Whether it has come to what it is, and that has been looked at.</summary>
    public bool IsOver { get; set; }

    /// <summary>Whether its answer may be chosen.</summary>
    public bool IsValid => IsOver && State == MemberState.Whole && Reading.IsValid;

    public void Begin(int number, int size, long heldMax)
    {
        Release();
        Number = number;
        State = MemberState.Opening;
        Error = default;
        IsOver = IsCalledOff = IsSentWhole = HasHead = HasBody = HasReading = false;
        StaleAttempt = 0;
        Upstream = null;
        FirstByteAt = OutputClamp = 0;
        Translation = default;
        Reading = default;
        (Status, Wait, Outcome) = (0, TimeSpan.Zero, AttemptOutcome.Unknown);
        Place = default;
        Task = Task.CompletedTask;
        _uncountedMax = RequestBody.UncountedBytes / size;
        _heldMax = heldMax;
    }

    /// <summary>Its request went to a connection that had gone stale, and is sent once more.</summary>
    public void OnStale() => (StaleAttempt, StaleError) = (Attempt, Error);

    public async Task OpenAsync(UpstreamPool pool, CancellationToken opening)
    {
        (Upstream, Error) = await pool.OpenAsync(opening);
        if (Upstream is null)
            State = MemberState.Failed;
    }

    /// <summary>Whether its provider had the whole request.</summary>
    public bool IsSentWhole { get; private set; }

    /// <summary>Whether its answer's head is there.</summary>
    public bool HasHead { get; private set; }

    /// <summary>Whether its answer's body has been begun.</summary>
    public bool HasBody { get; private set; }

    /// <summary>Sends what was written, and reads its answer.</summary>
    public async Task ReadAsync(ClientLink link)
    {
        var upstream = Upstream!;
        await upstream.Output.FlushAsync();
        IsSentWhole = !upstream.Output.IsCut;
        upstream.EndUpload();
        (Error, FirstByteAt) = await AttemptSender.ReadHeadAsync(link, upstream);
        HasHead = !Error.IsError;
        State = Error.IsError ? MemberState.Failed : await ReadBodyAsync(link, upstream);
    }

    /// <summary>Gives back what is held.</summary>
    public void Release()
    {
        _bytes.Release();
        _bodies.Return(_counted);
        _counted = 0;
    }

    private async ValueTask<MemberState> ReadBodyAsync(ClientLink link, UpstreamConnection upstream)
    {
        var head = upstream.HeadReader.Head;
        var isRefused = head.Status is < 200 or >= 300;
        if (isRefused ? head.Status < 400 : !AnswerKind.Of(head).IsJson)
            return isRefused ? MemberState.Refused : MemberState.Unheld;
        head.Retain();
        HasBody = true;
        Body.Begin(upstream);
        while (Body.State == BodyState.Open)
        {
            await Body.FillAsync();
            if (link.Reason != StopReason.None)
            {
                Error = AttemptLoop.Stopped(link);
                return MemberState.Failed;
            }

            while (Body.TryNext(out var piece))
                _bytes.Add(piece);
            Body.Release();
            if (Body.State != BodyState.Faulted && !MayHold())
                return isRefused ? MemberState.Refused : MemberState.Unheld;
            if (isRefused && _bytes.Length > ProviderError.BodyBytesMax)
                break;
        }

        if (isRefused)
            return MemberState.Refused;
        if (Body.State == BodyState.Ended)
            return MemberState.Whole;
        Error = EdgeError.Upstream(ErrorKind.UpstreamBadAnswer, "The provider's answer broke off.");
        return MemberState.Failed;
    }

    /// <summary>Whether so much may be held; counts the most that can be, twice: what came, and what it is read as.</summary>
    private bool MayHold()
    {
        if (_bytes.Length > AnswerJudge.AnswerBytesMax)
            return false;
        if (_bytes.Length <= _uncountedMax || _counted > 0)
            return true;
        if (!_bodies.TryTake(2 * AnswerJudge.AnswerBytesMax, _heldMax))
            return false;
        _counted = 2 * AnswerJudge.AnswerBytesMax;
        return true;
    }
}

/// <summary>What a whole answer says.</summary>
/// <param name="IsValid">It breaks none of the rules.</param>
/// <param name="Vote">What it is compared by with others.</param>
/// <param name="Length">Of its texts, in characters.</param>
/// <param name="Logprob">Mean of its tokens' log-probabilities; negative infinity where it does not tell.</param>
/// <param name="Usage">What its provider reported.</param>
/// <param name="Tier">The tier of service that it was served by, or empty.</param>
/// <param name="CountedTokens">Tokens of its output, counted here where none were reported; -1 elsewhere.</param>
/// <param name="IsEstimate">Whether that is an estimate.</param>
internal readonly record struct MemberAnswer(
    bool IsValid, string Vote, long Length, double Logprob, Usage Usage, byte[] Tier, long CountedTokens, bool IsEstimate);
