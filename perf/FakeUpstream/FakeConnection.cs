using System.Buffers;
using System.Net.Sockets;
using System.Text;

namespace AiEdge.FakeUpstream;

/// <summary>One accepted connection: reads requests one after the other, finds each one's script and answer, and sends it.</summary>
internal sealed class FakeConnection
{
    private static readonly TimeSpan LingerTime = TimeSpan.FromSeconds(2);
    private static readonly Dictionary<string, string> EmptyForm = [];
    private readonly FakeUpstreamServer _server;
    private readonly Transport _transport;
    private readonly long _id;
    private readonly Inbox _inbox;
    private readonly BodyReader _body;
    private readonly AnswerSender _sender;
    private readonly ScriptFinder _scripts;
    private readonly RequestHead _head = new();
    private readonly PaceWaiter _waiter = new();
    private int _requests;

    public FakeConnection(FakeUpstreamServer server, long id, Transport transport)
    {
        (_server, _id, _transport) = (server, id, transport);
        _inbox = new Inbox(transport);
        _body = new BodyReader(_inbox.Reader);
        _sender = new AnswerSender(transport, _waiter, _inbox.Gone);
        _scripts = new ScriptFinder(server);
    }

    public async Task RunAsync()
    {
        var pump = _inbox.PumpAsync(_waiter.CallOff);
        try
        {
            AfterAnswer after;
            do
            {
                after = await ServeAsync();
            }
            while (after == AfterAnswer.KeepAlive);
            if (after == AfterAnswer.Finish)
            {
                await _transport.FinishSendingAsync();
                await _inbox.DrainAsync(LingerTime);
            }
        }
        catch (Exception e) when (IsLoss(e))
        {
            // The client left, or the server is being stopped.
        }

        _transport.Close();
        await _inbox.Reader.CompleteAsync();
        await pump;
        await _transport.DisposeAsync();
    }

    private static bool IsLoss(Exception e) => e is SocketException or IOException or ObjectDisposedException or InvalidOperationException;

    /// <summary>One request and its answer.</summary>
    private async ValueTask<AfterAnswer> ServeAsync()
    {
        if (!await TryReadHeadAsync())
            return AfterAnswer.ClientLeft;
        var log = _server.Log.IsOn ? MakeLog() : null;
        var after = AfterAnswer.ClientLeft;
        try
        {
            after = await ServeParsedAsync(log, _server.CountRequest());
        }
        catch (Exception e) when (IsLoss(e))
        {
            // Told by the log's end.
        }

        if (log is null)
            return after;
        log.EventsSent = _sender.EventsSent;
        log.SetEnd(log.Malformed is not null ? RequestEnd.Malformed : after == AfterAnswer.ClientLeft ? RequestEnd.ClientLeft : RequestEnd.Answered);
        return after;
    }

    private async ValueTask<AfterAnswer> ServeParsedAsync(ReceivedRequest? log, long number)
    {
        if (_head.Fault is not null)
            return await RefuseAsync(log, number, _head.Fault);
        var queued = _server.NextQueued();
        var isEarly = _scripts.IsEarly(_head, queued);
        if (_head.ExpectsContinue && !isEarly)
            await _transport.SendAsync("HTTP/1.1 100 Continue\r\n\r\n"u8.ToArray());
        var isWhole = !isEarly && await _body.TryReadAsync(_head, log is null ? int.MaxValue : _server.Options.BodyLogBytesMax);
        if (!isEarly && _body.Fault is not null)
            return await RefuseAsync(log, number, _body.Fault);
        var (facts, form) = isWhole ? ReadFacts() : (RequestFacts.None, EmptyForm);
        var body = isWhole ? _body.Kept : default;
        Remember(log, facts, isEarly, isWhole);
        if (!isWhole && !isEarly)
            return AfterAnswer.ClientLeft;
        var after = await AnswerAsync(log, number, queued, facts, form, body);
        return isEarly && after == AfterAnswer.KeepAlive ? AfterAnswer.Finish : after;
    }

    private async ValueTask<AfterAnswer> AnswerAsync(
        ReceivedRequest? log, long number, QueuedAnswer? queued, RequestFacts facts, IReadOnlyDictionary<string, string> form, ReadOnlyMemory<byte> body)
    {
        if (log is not null && _server.Options.AfterFor?.Invoke(log) is { IsCompletedSuccessfully: false } awaited)
            await awaited;
        if ((queued is null && log is not null ? _server.Options.RawFor?.Invoke(log) : queued?.Raw) is { } raw)
        {
            await _transport.SendAsync(raw);
            return queued is { Close: true } ? AfterAnswer.Finish : AfterAnswer.KeepAlive;
        }

        if (!_scripts.TryFind(_head, log, facts.Model, queued, out var script, out var fault))
            return await _sender.SendAsync(ErrorAnswer.Json(400, "", "invalid_request_error", "bad_knob", fault), new FakeScript(), number, withoutBody: false);
        if (script.Stale != NoAnswer.None && _requests > 1)
            return await _sender.GiveNoAnswerAsync(script.Stale);
        var path = Encoding.Latin1.GetString(_head.Path);
        var vendor = VendorTable.Find(path, out var post);
        var context = new AnswerContext
        {
            Facts = facts,
            Script = script,
            Number = number,
            Path = path,
            Vendor = vendor,
            Post = post,
            Body = body,
            Form = form,
            IsJudged = script.Rules && !_server.Options.QuickScan,
            JudgesAll = script.Rules && _server.Options.JudgesAll,
            RefusesUnknown = _server.Options.RefusesUnknownFields,
        };
        var method = Encoding.Latin1.GetString(_head.Method);
        _sender.Resumed = log?.Resumed;
        var answer = _server.Keeper is { } keeper && method == "POST" ? Limited(keeper, ref script, context) : null;
        var after = await _sender.SendAsync(answer ?? FindAnswer(method, context), script, number, withoutBody: method == "HEAD");
        if (after == AfterAnswer.KeepAlive && (_head.CloseAsked || _requests == script.RequestsPerConnection))
            return AfterAnswer.Finish;
        if (after == AfterAnswer.KeepAlive && script.IdleUs >= 0)
            return await _sender.IdleAsync(script.IdleUs) ? AfterAnswer.Finish : AfterAnswer.ClientLeft;
        return after;
    }

    /// <summary>The answer under limits, which take the place of the fields that stand for a provider's.</summary>
    private Answer Limited(LimitKeeper keeper, ref FakeScript script, AnswerContext context)
    {
        var credential = Encoding.Latin1.GetString(_head.Value("authorization"u8)) + Encoding.Latin1.GetString(_head.Value("x-api-key"u8));
        var cap = context.Facts.TokensMax == int.MaxValue ? 0 : context.Facts.TokensMax;
        var verdict = keeper.Ask(credential, (context.Body.Length / 5) + cap, context.Vendor);
        script = script.Copy();
        script.FullHeaders = false;
        if (!verdict.IsRefused)
        {
            var answer = FindAnswer("POST", context);
            return answer with { Fields = answer.Fields + verdict.Fields };
        }

        var refusal = ErrorAnswer.Make(new FakeScript { Status = 429, RetryAfter = "none" }, context.Vendor);
        return refusal with { Fields = refusal.Fields + verdict.Fields };
    }

    private Answer FindAnswer(string method, AnswerContext context)
    {
        if (_server.Options.RequiredKey is { } key && !HasKey(key))
            return ErrorAnswer.Make(new FakeScript { Status = 401 }, context.Vendor);
        if (context.Script.Status >= 300)
            return ErrorAnswer.Make(context.Script, context.Vendor);
        if (context.Facts.Fault is { } fault)
            return ErrorAnswer.Json(400, "", "invalid_request_error", null, fault);
        try
        {
            return AnswerTable.Find(method == "HEAD" ? "GET" : method, context);
        }
        catch (Exception e) when (e is InvalidOperationException or System.Text.Json.JsonException)
        {
            return ErrorAnswer.Json(400, "", "invalid_request_error", null, "A member has the wrong type: " + e.Message);
        }
    }

    private bool HasKey(string key)
    {
        var bearer = Encoding.Latin1.GetString(_head.Value("authorization"u8));
        return bearer == "Bearer " + key || Encoding.Latin1.GetString(_head.Value("api-key"u8)) == key
            || Encoding.Latin1.GetString(_head.Value("x-api-key"u8)) == key || Encoding.Latin1.GetString(_head.Value("x-goog-api-key"u8)) == key;
    }

    private async ValueTask<AfterAnswer> RefuseAsync(ReceivedRequest? log, long number, string fault)
    {
        _server.CountMalformed();
        if (log is not null)
        {
            log.Malformed = fault;
            Remember(log, RequestFacts.None, isEarly: true, isWhole: false);
        }

        await _sender.SendAsync(ErrorAnswer.Json(400, "", "invalid_request_error", "malformed", fault), new FakeScript { Close = true }, number, withoutBody: false);
        return AfterAnswer.Finish;
    }

    private (RequestFacts Facts, IReadOnlyDictionary<string, string> Form) ReadFacts()
    {
        if (_body.Length == 0)
            return (RequestFacts.None, EmptyForm);
        var type = _head.Value("content-type"u8);
        if (!type.StartsWith("multipart/form-data"u8))
        {
            var path = Encoding.Latin1.GetString(_head.Path);
            var read = RequestFacts.Read(_body.Kept.Span, VendorTable.Find(path, out var post).Words, _server.Options.QuickScan);
            read.TakePath(path, post is { IsStream: true });
            return (read, EmptyForm);
        }

        var form = MultipartForm.Read(_body.Kept.Span, Encoding.Latin1.GetString(type), out var fault);
        return (RequestFacts.FromForm(form, fault), form);
    }

    private void Remember(ReceivedRequest? log, RequestFacts facts, bool isEarly, bool isWhole)
    {
        if (log is null)
            return;
        (log.Model, log.Stream, log.BodyComplete) = (facts.Model, facts.Stream, isWhole);
        if (!isEarly)
        {
            (log.Body, log.BodyLength) = (_body.Kept, _body.Length);
            (log.Trailers, log.Oddities) = ([.. _body.Trailers], [.. _body.Oddities]);
            _body.Detach();
            log.Pipelined = HasMore();
        }

        _server.Log.Add(log);
    }

    private bool HasMore()
    {
        if (!_inbox.Reader.TryRead(out var ahead))
            return false;
        var has = !ahead.Buffer.IsEmpty;
        _inbox.Reader.AdvanceTo(ahead.Buffer.Start);
        return has;
    }

    private async ValueTask<bool> TryReadHeadAsync()
    {
        while (true)
        {
            var read = await _inbox.Reader.ReadAsync();
            if (TryFindEnd(read.Buffer, out var end))
            {
                _head.Parse(read.Buffer.Slice(0, end));
                _inbox.Reader.AdvanceTo(end);
                _requests++;
                return true;
            }

            var isTooLong = read.Buffer.Length > RequestHead.BytesMax;
            _inbox.Reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            if (read.IsCompleted || isTooLong)
                return false;
        }
    }

    /// <summary>The head's end, also by bare line feeds, which the head's own check then names as a fault.</summary>
    private static bool TryFindEnd(ReadOnlySequence<byte> buffer, out SequencePosition end)
    {
        var reader = new SequenceReader<byte>(buffer);
        while (reader.TryAdvanceTo((byte)'\n'))
        {
            if (reader.IsNext((byte)'\n', advancePast: true) || reader.IsNext("\r\n"u8, advancePast: true))
            {
                end = reader.Position;
                return true;
            }
        }

        end = default;
        return false;
    }

    private ReceivedRequest MakeLog() => new()
    {
        ConnectionId = _id,
        NumberOnConnection = _requests,
        Method = Encoding.Latin1.GetString(_head.Method),
        Target = Encoding.Latin1.GetString(_head.Target),
        Headers = [.. _head.Fields],
        RawHead = _head.Bytes.ToArray(),
        Chunked = _head.Chunked,
        ClientCertificateSubject = _transport.ClientCertificateSubject,
        ServerName = _transport.ServerName,
    };
}
