using System.Buffers;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using AiEdge.DataPlane.Admit;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects;
using AiEdge.DataPlane.Identify;
using AiEdge.DataPlane.Meter;
using AiEdge.DataPlane.Parse;
using AiEdge.DataPlane.Route;
using AiEdge.DataPlane.Transport;
using AiEdge.Http;

namespace AiEdge.DataPlane.Flow;

/// <summary>
/// The way of one request, from its first byte to its record.
/// <code>
///   client ─▶ ReadHead ─▶ Recognise ─▶ Identify ─▶ ClientWishes ─▶ ReadBody ─┬─▶ Router ─▶ StoredPlace ─▶ TargetChoice ─┬─▶ Admit ─▶ AttemptLoop ─▶ provider
///                 │           │            │             │             │     │      │           │               │       │     │        (AdmitTarget, patch or
///                 └───────────┴────────────┴─ EdgeError ─┴─────────────┴─────│──────┴───────────┴───────────────┴───────│─────┘        translate, send; again)
///                                                 │                      ModelList                                 TokenCount             ▼
///   client ◀─ error ─ ErrorResponder ◀────────────┘    client ◀─ own answer ─┴──────────────────────────────────────────┘ client ◀─ ResponseRelay ◀─┘
///                            │                                     │                                                                      │
///                            └──────▶ Settle (once, always) ◀──────┴──────────────────────────────────────────────────────────────────────┘
/// </code>
/// One pipeline serves one exchange at a time and is reused, so that an idle connection holds none.
/// </summary>
internal sealed class ExchangePipeline
{
    private readonly EdgeServices _services;
    private readonly Exchange _exchange = new();
    private readonly RequestBody _body;
    private readonly TargetPlan _plan;
    private readonly AttemptLoop _attempts;
    private readonly JournalHold _journal;
    private readonly Admission _admission;
    private readonly AdmissionGate _gate;
    private readonly TargetChoice _choice;
    private readonly ExchangeMeter _meter;
    private readonly Settlement _settlement;
    private Intake _intake = null!;
    private ClientLink _link = null!;
    private KeyIdentifier _identifier = null!;
    private ReadOnlySequence<byte> _buffer;
    private bool _headIsRead;
    private bool _isStreaming;
    private bool _isJson;

    public ExchangePipeline(EdgeServices services)
    {
        _services = services;
        _body = new RequestBody(services);
        _meter = new ExchangeMeter(services.Tokens);
        _admission = new Admission(services.Limits);
        _settlement = new Settlement(_meter, _admission);
        _journal = new JournalHold(services.Journal, _settlement);
        _gate = new AdmissionGate(_admission, _meter, _journal);
        _plan = new TargetPlan(services.Clock, Translations.Supports);
        _choice = new TargetChoice(_admission, _gate, _plan);
        _attempts = new AttemptLoop(services, _plan, _journal, _gate, _admission, _meter, _settlement);
    }

    /// <summary>Serves the request whose first bytes lie in the link's input. Returns whether the connection may go on.</summary>
    [AsyncMethodBuilder(typeof(PooledTaskMethodBuilder<>))]
    public async ValueTask<bool> RunAsync(ClientLink link, KeyIdentifier identifier, ReadOnlySequence<byte> buffer)
    {
        Begin(link, identifier, buffer);
        EdgeError error;
        try
        {
            error = await ServeAsync();
        }
        catch (Exception e)
        {
            error = Abandon(e);
        }

        return await SettleAsync(error);
    }

    [AsyncMethodBuilder(typeof(PooledTaskMethodBuilder<>))]
    private async ValueTask<EdgeError> ServeAsync()
    {
        var error = await ReadHeadAsync();
        if (error.IsError)
            return error;
        if ((error = Recognise()).IsError)
            return error;
        if ((error = Identify()).IsError)
            return error;
        var isNative = _exchange.Endpoint!.Kind == EndpointKind.Passthrough;
        if (isNative && (error = Passthrough.Judge(_exchange, _intake.HeadReader.Head)).IsError)
            return error;
        if ((error = ClientWishes.Read(_exchange, _intake.HeadReader.Head)).IsError)
            return error;
        BeginScan();
        if ((error = await _body.ReadAsync(_buffer)).IsError)
            return error;
        _link.ClearStep();
        _exchange.BodyReadAt = Stopwatch.GetTimestamp();
        if (!_exchange.Endpoint.TakesBody)
            return ModelList.Write(_link, _exchange, _exchange.ServedPath(_intake.HeadReader.Head.Path));
        if ((error = Recall()).IsError)
            return error;
        var facts = _intake.Scan.Facts;
        var asked = facts.HasModel ? facts.Model : _exchange.Endpoint.ModelIn(_exchange.ServedPath(_intake.HeadReader.Head.Path));
        _exchange.Stream = facts.Stream |= _exchange.Endpoint.IsStream;
        _exchange.WantsUsage = facts.IncludeUsage == IncludeUsageForm.True;
        _exchange.Choices = RequestDemand.Choices(facts, _intake.Scan.Prompt);
        _exchange.SetServiceTier(facts.ServiceTier);
        _exchange.SetAskedModel(asked);
        if ((error = isNative ? Passthrough.Check(_exchange, facts) : Router.Find(_exchange)).IsError)
            return error;
        if (!isNative && (error = StoredPlace.Find(_exchange, facts)).IsError)
            return error;
        if ((error = _choice.Choose(_exchange, _link, _body)).IsError)
            return TargetChoice.Told(_exchange, error);
        _services.Metrics.Know(_exchange);
        _exchange.RoutedAt = Stopwatch.GetTimestamp();
        if (_exchange.Endpoint.IsCount)
            return TokenCount.IsAsked(_exchange) ? await CountAsync() : TokenCount.Write(_link, _exchange, _meter, _body);
        if (facts.Background)
            return EdgeError.Client(ErrorKind.NotSupportedYet, "Background responses are not supported yet.", "background");
        if ((error = TargetChoice.Told(_exchange, await AdmitAsync())).IsError)
            return error;
        _exchange.AdmittedAt = Stopwatch.GetTimestamp();
        _isStreaming = facts.Stream;
        _services.Metrics.OnStream(_isStreaming ? 1 : 0);
        return await _attempts.RunAsync(_link, _exchange, _body);
    }

    /// <summary>What binds the exchange whoever answers: where another model than its client's has nothing left for it, its own is asked.</summary>
    [AsyncMethodBuilder(typeof(PooledTaskMethodBuilder<>))]
    private async ValueTask<EdgeError> AdmitAsync()
    {
        var error = await _gate.AdmitAsync(_exchange, _link, _body);
        if (error.IsOfLimit && _link.Reason == StopReason.None && _choice.TryStay(_exchange, _body))
        {
            _services.Metrics.Know(_exchange);
            error = await _gate.AnewAsync(_exchange, _link, _body);
        }

        return error.IsError ? await _attempts.PassOverAsync(_link, _exchange, _body, error) : error;
    }

    /// <summary>The tokens of a prompt by the provider's count; by our own where it cannot be asked.</summary>
    [AsyncMethodBuilder(typeof(PooledTaskMethodBuilder<>))]
    private async ValueTask<EdgeError> CountAsync()
    {
        var error = await _gate.AdmitAsync(_exchange, _link, _body);
        if (!error.IsError)
        {
            _exchange.AdmittedAt = Stopwatch.GetTimestamp();
            error = await _attempts.CountAsync(_link, _exchange, _body);
        }

        return TokenCount.IsOfProvider(_exchange, error) && !_attempts.AnswerIsOpen && _link.Reason == StopReason.None && !_link.HasLeft
            ? TokenCount.Write(_link, _exchange, _meter, _body)
            : error;
    }

    /// <summary>
    /// A defect of ours ends one exchange and not what it holds: places, bytes and connections are given back as always. A stream
    /// under way ends in an error of its own; else what was written and not sent is half of something.
    /// </summary>
    private EdgeError Abandon(Exception defect)
    {
        _services.OnDefect(defect);
        _link.Detach();
        _attempts.Abandon();
        var error = _link.Reason == StopReason.None ? EdgeError.Edge(ErrorKind.Internal) : AttemptLoop.Stopped(_link);
        try
        {
            if (_attempts.TryTell(error))
                return error;
        }
        catch (Exception e)
        {
            _services.OnDefect(e);
        }

        _link.Output.Discard();
        return error;
    }

    private void Begin(ClientLink link, KeyIdentifier identifier, ReadOnlySequence<byte> buffer)
    {
        _link = link;
        _identifier = identifier;
        _buffer = buffer;
        _headIsRead = false;
        _isStreaming = _isJson = false;
        _intake = _body.TakeIntake();
        _attempts.Begin();
        _admission.Begin();
        _meter.Begin();
        _settlement.Begin(_exchange, _body);
        link.Begin();
        _exchange.Reset(_services.Snapshots.Current);
        _exchange.StartedAt = Stopwatch.GetTimestamp();
        _services.Metrics.OnExchangeBegun();
    }

    /// <summary>A head mostly comes in one piece: then nothing is awaited.</summary>
    private ValueTask<EdgeError> ReadHeadAsync() => TryReadHead(out var error) ? new ValueTask<EdgeError>(error) : AwaitHeadAsync();

    private bool TryReadHead(out EdgeError error)
    {
        var server = _exchange.Config.Server;
        var reader = _intake.HeadReader;
        var status = reader.Read(_buffer);
        if (status == HeadStatus.Rejected)
            error = Rejected(reader.Rejection);
        else if (reader.Head.Length > server.HeadBytesMax || status != HeadStatus.Complete && _buffer.Length > server.HeadBytesMax)
            error = EdgeError.Client(ErrorKind.HeadTooLarge);
        else
            error = status == HeadStatus.Complete ? HeadIsRead() : default;
        return status == HeadStatus.Complete || error.IsError;
    }

    [AsyncMethodBuilder(typeof(PooledTaskMethodBuilder<>))]
    private async ValueTask<EdgeError> AwaitHeadAsync()
    {
        var server = _exchange.Config.Server;
        var isTimed = false;
        while (true)
        {
            if (!isTimed)
                _link.SetStep(Step.Head, server.HeadTimeout);
            isTimed = true;
            _link.Input.AdvanceTo(_buffer.Start, _buffer.End);
            var result = await _link.Input.ReadAsync();
            if (_link.Reason == StopReason.HeadTooSlow)
                return EdgeError.Client(ErrorKind.RequestTooSlow);
            if (result.IsCompleted && result.Buffer.Length == _buffer.Length)
                return EdgeError.Client(ErrorKind.ClientClosed);
            _buffer = result.Buffer;
            if (TryReadHead(out var error))
                return error;
        }
    }

    private EdgeError HeadIsRead()
    {
        var head = _intake.HeadReader.Head;
        _headIsRead = true;
        _exchange.HttpMinor = head.MinorVersion;
        _exchange.IsHead = head.MethodId == MethodId.Head;
        _exchange.KeepAlive = head.KeepAlive && !_services.IsDraining;
        var i = head.IndexOf(HeaderId.XRequestId);
        _exchange.SetRequestId(i >= 0 ? head.Value(i) : default);
        _body.Begin(_link, _exchange, head, _buffer.GetPosition(head.Length));
        return default;
    }

    /// <summary>What is asked for: path, method, media type; and how the body is to be read.</summary>
    private EdgeError Recognise()
    {
        var head = _intake.HeadReader.Head;
        PathPrefix.Read(_exchange, head.Path);
        var path = _exchange.ServedPath(head.Path);
        var endpoint = DialectTable.Find(path) ?? Passthrough.Find(_exchange.Config, head.Path);
        _exchange.Dialect = endpoint?.Dialect ?? DialectTable.Owner(path);
        if (endpoint is null)
            return EdgeError.Client(ErrorKind.UnknownPath);
        _exchange.Endpoint = endpoint;
        if (!Takes(endpoint, head.MethodId))
            return EdgeError.Client(ErrorKind.MethodNotAllowed);
        var form = DialectTable.Of(endpoint.Dialect);
        var unfit = form.Accept(endpoint, head.Query);
        if (unfit.IsError)
            return unfit;
        _exchange.IsArray = form.IsArray(endpoint, head.Query);
        if (_services.IsDraining && endpoint.IsForwarded)
            return EdgeError.Edge(ErrorKind.Draining);
        if (_services.IsStale && endpoint.IsForwarded)
            return EdgeError.Edge(ErrorKind.Overloaded, "The gateway's configuration is too old to be used.");
        if (!endpoint.TakesBody)
        {
            _exchange.Dialect = DialectTable.Speaker(head, endpoint.Dialect);
            _intake.Scan.BeginNone();
            return default;
        }

        if (head.Has(HeaderId.ContentEncoding))
            return EdgeError.Client(ErrorKind.UnsupportedMediaType, "The request body must not be encoded.");
        var type = head.IndexOf(HeaderId.ContentType) is var i and >= 0 ? head.Value(i) : default;
        if (endpoint.Shape == RequestShape.Native)
        {
            _isJson = !_body.IsRead && MediaType.Is(type, "application/json"u8);
            return default;
        }

        _isJson = endpoint.Shape != RequestShape.Multipart;
        if (endpoint.Shape == RequestShape.Multipart && MediaType.Is(type, "multipart/form-data"u8))
            return _intake.Scan.BeginMultipart(type);
        return endpoint.Shape == RequestShape.Multipart || !type.IsEmpty && !MediaType.Is(type, "application/json"u8)
            ? EdgeError.Client(ErrorKind.UnsupportedMediaType)
            : default;
    }

    private static bool Takes(Endpoint endpoint, MethodId method) => endpoint.Kind switch
    {
        EndpointKind.Passthrough => Passthrough.Takes(method),
        EndpointKind.ModelList or EndpointKind.ModelOne => method is MethodId.Get or MethodId.Head,
        _ => method == MethodId.Post,
    };

    /// <summary>Whose request it is; a key that was revoked since the exchange began is unknown.</summary>
    private EdgeError Identify()
    {
        var error = _identifier.Identify(_exchange, _intake.HeadReader.Head);
        if (error.IsError)
            return error;
        _link.Hold(_exchange);
        var inForce = _services.Snapshots.Current;
        return ReferenceEquals(inForce, _exchange.Config) || inForce.Keys.Find(_exchange.Key!.Sha256) is not null
            ? default
            : EdgeError.Client(ErrorKind.InvalidKey, "Incorrect API key provided.");
    }

    /// <summary>Whose request it is decides whether its prompt has to be counted, and with that what is noted of its body.</summary>
    private void BeginScan()
    {
        if (_isJson && _exchange.Endpoint is { TakesBody: true, Shape: var shape } endpoint)
        {
            var counts = endpoint.IsCount || (endpoint.Kind == EndpointKind.Forward && _gate.WantsPrompt(_exchange));
            _intake.Scan.BeginJson(shape, counts, endpoint.Dialect, DialectTable.Of(endpoint.Dialect).PromptReader);
        }
    }

    /// <summary>What the body refers to of earlier answers is read as if the client had sent it.</summary>
    private EdgeError Recall()
    {
        if (!_body.TryRecall(Translations.Find(_exchange.Endpoint!.Shape)?.FindReferences, out var error) || error.IsError)
            return error;
        BeginScan();
        return _body.Rescan();
    }

    /// <summary>The one end of every exchange: answers what has not been answered, records, and leaves the input at the next request.</summary>
    private ValueTask<bool> SettleAsync(EdgeError error)
    {
        _exchange.Error = error;
        _exchange.End = ExchangeEnd.Of(error, _exchange);
        _settlement.Complete(error);
        if (_headIsRead && error.IsError && _exchange.BytesIn == 0)
            _body.TrySkip(_buffer);
        if (!_headIsRead || !_body.IsRead)
            _exchange.KeepAlive = false;
        if (error.IsError && !_attempts.AnswerIsOpen && error.Kind != ErrorKind.ClientClosed)
            ErrorResponder.WriteAnswer(_link, _exchange, error);
        else if (error.IsError)
            _exchange.KeepAlive = false;
        return _link.Output.UnflushedBytes > 0 ? FlushAndFinishAsync() : new ValueTask<bool>(Finish());
    }

    [AsyncMethodBuilder(typeof(PooledTaskMethodBuilder<>))]
    private async ValueTask<bool> FlushAndFinishAsync()
    {
        if (_journal.IsNeeded)
            await _journal.CommitAsync(_exchange, _exchange.Error);
        _link.SetStep(Step.ClientIdle, _exchange.Config.Server.ClientIdle);
        if ((await _link.Output.FlushAsync()).IsCompleted)
            _exchange.KeepAlive = false;
        return Finish();
    }

    /// <summary>Records what there is to record, and leaves the client's input at the next request.</summary>
    private bool Finish()
    {
        _link.ClearStep();
        _link.End();
        _exchange.EndedAt = Stopwatch.GetTimestamp();
        _admission.Settle(_exchange);
        if (_admission.IsBound)
            _link.Manners.OnEnded(_exchange.Key!.Name, _admission.NowNs, _exchange.Error.IsOfLimit ? _admission.Refusal.WaitNs : 0);
        _attempts.Settle(_exchange);
        _services.Metrics.OnStream(_isStreaming ? -1 : 0);
        _services.Metrics.OnExchangeEnded(_exchange);
        _services.Records.Add(_exchange, _services.Clock);
        _journal.Close(_exchange);
        if (_headIsRead)
            _body.LetGo();
        _body.Release();
        _buffer = default;
        _intake = null!;
        return _exchange.KeepAlive;
    }

    private static EdgeError Rejected(Rejection rejection) => Rejections.Status(rejection) switch
    {
        431 or 414 => EdgeError.Client(ErrorKind.HeadTooLarge),
        501 => EdgeError.Client(ErrorKind.NotImplemented),
        505 => EdgeError.Client(ErrorKind.UnsupportedHttpVersion),
        417 => EdgeError.Client(ErrorKind.ExpectationFailed),
        _ => EdgeError.Client(ErrorKind.MalformedHttp, Rejections.Text(rejection)),
    };
}
