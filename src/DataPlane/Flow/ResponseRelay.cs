using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects;
using AiEdge.DataPlane.Forward;
using AiEdge.DataPlane.Meter;
using AiEdge.DataPlane.Route;
using AiEdge.DataPlane.Translate;
using AiEdge.DataPlane.Transport;
using AiEdge.Http;

namespace AiEdge.DataPlane.Flow;

/// <summary>Carries an answer from the provider to the client: judges what it is, and hands it to the relay that fits.</summary>
internal sealed class ResponseRelay
{
    private readonly TargetPlan _plan;
    private readonly UpstreamBody _body = new();
    private readonly ClientWriter _client;
    private readonly StreamRelay _stream;
    private readonly BodyRelay _whole;
    private readonly Func<TranslatedBodyRelay> _makeTranslated;
    private readonly Func<AnswerJudge> _makeJudge;
    private readonly ErrorRelay _error;
    private readonly Settlement _settlement;
    private readonly JournalHold _journal;
    private readonly IOutputCredit _credit;
    private ClientLink _link = null!;
    private Exchange _exchange = null!;
    private RequestBody _request = null!;
    private ResponseHead _held = null!;
    private TranslatedBodyRelay? _translated;
    private AnswerJudge? _judge;
    private LogprobsFilter? _filter;
    private bool _stripUsage;
    private bool _hidesLogprobs;

    public ResponseRelay(
        TargetPlan plan, JournalHold journal, IOutputCredit credit, ExchangeMeter meter, Settlement settlement, ByteBudget bodies, ItemMemory items)
    {
        _plan = plan;
        _settlement = settlement;
        _journal = journal;
        _credit = credit;
        var decoder = new BodyDecoder();
        _client = new ClientWriter(journal, OnStarted);
        var ids = new StoredIdWriter(_client.Write);
        _stream = new StreamRelay(plan, _body, decoder, _client, ids, journal, credit, meter, settlement, bodies, items);
        _whole = new BodyRelay(_body, decoder, _client, ids, meter, settlement,
            () => GivesUp(_judge!.Judge(_exchange, _request, _hidesLogprobs ? _filter!.Means.Lowest : 0)));
        _makeTranslated = () => new TranslatedBodyRelay(_body, decoder, _client, meter, settlement, bodies, items,
            (answer, logprob) => _plan.Step is not null && GivesUp(_judge!.Judge(_exchange, _request, answer, logprob)));
        _makeJudge = () => new AnswerJudge(bodies);
        _error = new ErrorRelay(_body, decoder, _client);
    }

    public bool IsStarted => _client.IsStarted;

    /// <summary>The client has the head of a stream, and nothing but signs of life behind it where <see cref="IsStarted"/> is not true.</summary>
    public bool IsOpen => _client.IsOpen;

    /// <summary>The answer ended as its framing said, and the provider keeps the connection open.</summary>
    public bool UpstreamIsReusable { get; private set; }

    /// <summary>What a cheaper model's answer has been given up for; <see cref="CascadeOutcome.Kept"/> where it has not.</summary>
    public CascadeOutcome GivenUp { get; set; }

    /// <summary>An attempt begins.</summary>
    /// <param name="link">The client's connection.</param>
    /// <param name="exchange">The exchange.</param>
    /// <param name="stripUsage">Whether a stream's usage was asked for by us and not by the client.</param>
    /// <param name="hidesLogprobs">Whether the log-probabilities of the answer's tokens were.</param>
    public void Begin(ClientLink link, Exchange exchange, bool stripUsage, bool hidesLogprobs = false)
    {
        _link = link;
        _exchange = exchange;
        _stripUsage = stripUsage;
        _hidesLogprobs = hidesLogprobs;
        UpstreamIsReusable = false;
        _body.Forget();
        _settlement.Open(_credit.IsMetered || exchange is { Stream: true, Model.Runaway: not null }, _journal.IsOn);
        _client.Begin(link, exchange);
    }

    public void Forget() => _client.Forget();

    /// <summary>The answer that is relayed next has been read by somebody else, in part or all of it.</summary>
    public void Resume(UpstreamBody of, ReadOnlyMemory<byte> before) => _body.Resume(of, before);

    /// <summary>Gives back what an answer held that a defect of ours broke off.</summary>
    public void Abandon()
    {
        _stream.Abandon();
        _translated?.Abandon();
        _judge?.Release();
        _filter?.Release();
    }

    /// <summary>Tells the client of a stream, which a defect of ours broke off, what it ends with; false where that cannot be said.</summary>
    public bool TryTell(EdgeError error) => _stream.TryTell(error);

    /// <summary>Relays the answer whose head <paramref name="upstream"/> has read.</summary>
    [AsyncMethodBuilder(typeof(PooledTaskMethodBuilder<>))]
    public async ValueTask<EdgeError> RunAsync(UpstreamConnection upstream, RequestBody request)
    {
        _request = request;
        var head = upstream.HeadReader.Head;
        var framing = head.Framing;
        var keep = head.KeepAlive && framing.Kind != BodyKind.UntilClose;
        _exchange.Status = head.Status;
        TakeProviderId(head);
        EdgeError error;
        if (head.Status is >= 300 and < 400)
        {
            // Followed by a client, a redirect would take its request past us, or its key to the provider.
            error = EdgeError.Upstream(ErrorKind.UpstreamBadAnswer);
        }
        else if (head.Status >= 400)
        {
            _held = head;
            error = await _error.RunAsync(_link, _exchange, upstream, head, request, _plan.Step is not null, _plan.HasOtherAccount);
        }
        else
        {
            var answer = AnswerKind.Of(head);
            if (answer.IsEventStream && _exchange.Endpoint!.Kind == EndpointKind.Passthrough)
            {
                // Nobody here knows its events: they are bytes, and whole where their framing says so.
                _exchange.Stream = true;
                answer = answer with { IsEventStream = false };
            }

            if (_exchange.UpstreamEndpoint is null)
                answer = answer.Expected(_exchange.Endpoint!);
            if (answer.IsUnread && _settlement.Counts && _exchange.Endpoint!.Kind != EndpointKind.Passthrough)
                return EdgeError.Upstream(ErrorKind.UpstreamBadAnswer, "The provider's answer is in a coding that nobody asked for.");
            if (_client.IsOpen && !answer.IsEventStream)
                return EdgeError.Upstream(ErrorKind.UpstreamBadAnswer, "The provider's answer is no stream.");
            if (answer.IsEventStream && _settlement.BeforeLetGo())
                _journal.Amend(_exchange);
            var judge = _plan.Step is { } step && answer.IsJson ? BeginJudge(step) : null;
            error = answer.IsEventStream
                ? await _stream.RunAsync(_link, _exchange, upstream, answer, _stripUsage)
                : _exchange.UpstreamEndpoint is null
                ? await _whole.RunAsync(_link, _exchange, upstream, answer, judge, _hidesLogprobs && answer.IsJson ? BeginFilter() : null)
                : await (_translated ??= _makeTranslated()).RunAsync(
                    _link, _exchange, upstream, answer, readsLogprobs: _plan.Step is { AsksLogprobs: true }, _hidesLogprobs);
            judge?.Release();
            _filter?.Release();
        }

        // A body that is not what its framing says leaves the connection where nobody knows.
        var isTrusted = !error.IsError || GivenUp != CascadeOutcome.Kept || head.Status >= 400 && !_link.IsOverdue || error.Kind == ErrorKind.ClientClosed;
        UpstreamIsReusable = keep && isTrusted && _body.State == BodyState.Ended && !upstream.IsAborted && !upstream.Output.IsCut;
        return error;
    }

    private AnswerJudge BeginJudge(CascadeStep step)
    {
        _judge ??= _makeJudge();
        _judge.Begin(step);
        return _judge;
    }

    private LogprobsFilter BeginFilter()
    {
        _filter ??= new LogprobsFilter();
        _filter.Begin(Translations.Of(_exchange.Endpoint!.Shape).Logprobs!);
        return _filter;
    }

    /// <summary>Whether an answer that was judged so is given up: somebody is there to see a better one, and somebody can make it.</summary>
    private bool GivesUp(CascadeOutcome judged)
    {
        if (judged == CascadeOutcome.Kept || _link.HasLeft || !_plan.CanEscalate())
            return false;
        GivenUp = judged;
        _plan.OnAnswer();
        return true;
    }

    /// <summary>The error that is held back.</summary>
    public EdgeError HeldError => _error.Told(_exchange);

    /// <summary>When the error that is held back says that the provider wants to be asked again; zero where it does not.</summary>
    public TimeSpan HeldWait => _error.WaitOf(_exchange);

    /// <summary>Passes on the error that was held back: there is no other attempt. Where a stream has been opened it is left to be told in that.</summary>
    public ValueTask<EdgeError> PassHeldAsync() =>
        _client.IsOpen ? new(HeldError) : _error.PassAsync(_link, _exchange, _held);

    /// <summary>Tells an error in a stream that has been opened by signs of life, and ends it.</summary>
    public ValueTask<EdgeError> TellAsync(EdgeError error) => _stream.TellAsync(_exchange, error);

    /// <summary>Whether what was held back says that what the request names is not there, and another account may have it.</summary>
    public bool IsElsewhere => _error.IsElsewhere;

    /// <summary>
    /// The answer goes out to the client, so that nobody else is asked any more: nothing of the request is needed for as long as the answer takes, but
    /// for its prompt, where that may have to be counted. Of a stream it has been, in the time that the model needed for its first token; an
    /// answer that is no stream keeps the body until it is known to bring its usage.
    /// </summary>
    private void OnStarted()
    {
        if (_exchange.Status < 300)
            _plan.OnAnswer();
        if (_settlement.Counts && !_exchange.PromptIsCounted && _request.Intake?.Scan.Prompt is not null)
            return;
        _request.LetGo();
    }

    /// <summary>Takes the provider's own name for the request.</summary>
    public static void TakeProviderId(Exchange exchange, ResponseHead head)
    {
        var i = DialectTable.Of(exchange.SpokenEndpoint.Dialect).IdIn(head);
        if (i >= 0)
            exchange.SetProviderId(head.Value(i));
    }

    private void TakeProviderId(ResponseHead head)
    {
        TakeProviderId(_exchange, head);
        var now = Stopwatch.GetTimestamp();
        _exchange.OverheadUs = EdgeClock.Us(_exchange.StartedAt, _exchange.SentAt) - _exchange.InVainUs + EdgeClock.Us(_exchange.FirstByteAt, now);
    }
}

/// <summary>What an answer's head says of its body.</summary>
/// <param name="IsEventStream">Server-sent events.</param>
/// <param name="IsJson">JSON whose usage is read.</param>
/// <param name="Coding">How the body is coded although "identity" was asked for.</param>
internal readonly record struct AnswerKind(bool IsEventStream, bool IsJson, ContentCoding Coding)
{
    /// <summary>It would be read, if anybody here knew its coding: nothing of it can be counted, nor cut.</summary>
    public bool IsUnread { get; private init; }

    /// <summary>It is no answer unless it has what each has of the path that was asked: it is read as JSON, whatever it is called.</summary>
    public bool IsExpected { get; private init; }

    /// <summary>The same, of a path whose answers are known.</summary>
    public AnswerKind Expected(Endpoint endpoint)
    {
        var isKnown = endpoint.IsCount || (endpoint.Kind == EndpointKind.Forward && ShapeTraits.Of(endpoint.Shape).AnswerMembers.Length > 0);
        return isKnown && !IsEventStream && Coding != ContentCoding.Unknown ? this with { IsJson = true, IsExpected = true } : this;
    }

    public static AnswerKind Of(ResponseHead head)
    {
        var type = head.IndexOf(HeaderId.ContentType) is var i and >= 0 ? head.Value(i) : default;
        var coding = head.IndexOf(HeaderId.ContentEncoding) is var j and >= 0 ? CodingOf(head.Value(j)) : ContentCoding.Identity;
        var isStream = MediaType.Is(type, "text/event-stream"u8);
        var isJson = !isStream && MediaType.Is(type, "application/json"u8);
        return coding == ContentCoding.Unknown
            ? new AnswerKind(false, false, coding) { IsUnread = isStream || isJson }
            : new AnswerKind(isStream, isJson, coding);
    }

    private static ContentCoding CodingOf(ReadOnlySpan<byte> value)
    {
        if (Ascii.EqualsIgnoreCase(value, "identity"u8) || value.IsEmpty)
            return ContentCoding.Identity;
        if (Ascii.EqualsIgnoreCase(value, "gzip"u8) || Ascii.EqualsIgnoreCase(value, "x-gzip"u8))
            return ContentCoding.Gzip;
        return Ascii.EqualsIgnoreCase(value, "br"u8) ? ContentCoding.Brotli : ContentCoding.Unknown;
    }
}
