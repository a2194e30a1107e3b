using System.Buffers;
using System.Text.Json;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects;
using AiEdge.DataPlane.Forward;
using AiEdge.DataPlane.Meter;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Flow;

/// <summary>
/// Reads what has come of one of several attempts and is held: what it costs, and what it says in its client's dialect, or what has failed. One for each
/// pipeline that needs it.
/// </summary>
internal sealed class EnsembleReader
{
    private readonly ExchangeMeter _meter;
    private readonly Settlement _settlement;
    private readonly BodyDecoder _decoder = new();
    private readonly JsonAnswerReader _reader = new();
    private readonly ProviderError _error;
    private readonly AnswerTranslation _translation = new();
    private readonly TextBuffer _plain = new();

    public EnsembleReader(ExchangeMeter meter, Settlement settlement)
    {
        _meter = meter;
        _settlement = settlement;
        _error = new ProviderError(_decoder);
    }

    /// <summary>Reads the answer of a member, whose place the exchange has, and tells that what it is; an error where it is none.</summary>
    public void Read(Exchange exchange, RequestBody request, CascadeRules unless, EnsembleMember member)
    {
        exchange.Status = member.Upstream!.HeadReader.Head.Status;
        if (member.State == MemberState.Refused)
        {
            member.Error = ReadError(exchange, request, member);
            return;
        }

        try
        {
            if (TryDecode(member, out var answer))
                ReadAnswer(exchange, request, unless, member, answer);
            else if (!_decoder.IsFaulted)
                member.State = MemberState.Unheld;
            else if (!member.Error.IsError)
                member.Error = EdgeError.Upstream(ErrorKind.UpstreamBadAnswer);
        }
        finally
        {
            _plain.Release();
            _reader.Release();
        }

        if (member.Error.IsError)
            member.State = MemberState.Failed;
    }

    /// <summary>
    /// What a provider's error says, as where one is asked alone; <see cref="ErrorKind.UpstreamStatus"/> where its words may go to the client.
    /// </summary>
    private EdgeError ReadError(Exchange exchange, RequestBody request, EnsembleMember member)
    {
        var head = member.Upstream!.HeadReader.Head;
        if (head.Status < 400)
            return EdgeError.Upstream(ErrorKind.UpstreamBadAnswer);
        _error.Begin(exchange, head);
        _error.Feed(member.Held.Span);
        if (_decoder.IsFaulted)
            return EdgeError.Upstream(ErrorKind.UpstreamBadAnswer);
        var isBroken = member.Body.State == BodyState.Faulted && !member.IsCalledOff;
        var error = _error.Judge(exchange, head, request, isBroken, hasOtherAccount: false);
        member.Wait = _error.WaitOf(exchange);
        return error.IsError ? error : EdgeError.Upstream(ErrorKind.UpstreamStatus);
    }

    private void ReadAnswer(Exchange exchange, RequestBody request, CascadeRules unless, EnsembleMember member, ReadOnlyMemory<byte> answer)
    {
        var words = DialectTable.Of(exchange.SpokenEndpoint.Dialect).Words;
        _reader.Reset(words, _settlement.Counts && ShapeTraits.Of(exchange.Endpoint!.Shape).HasOutput, isHeld: true);
        _reader.Feed(answer.Span);
        exchange.SetReported(_reader.Usage, _reader.ServedTier);
        if (!exchange.Usage.IsPresent && _reader.TextsOf(answer.Span) is { } texts)
            _meter.CountAnswer(exchange, texts);
        var said = default(MemberAnswer);
        if (!member.Error.IsError)
            (said, member.Error) = Told(exchange, request, unless, answer);
        member.HasReading = true;
        member.Reading = said with
        {
            Usage = exchange.Usage,
            Tier = exchange.ServedTier.ToArray(),
            CountedTokens = exchange.CountedOutputTokens,
            IsEstimate = exchange.OutputIsEstimate,
        };
    }

    /// <summary>What an answer says that has come to its end, or why it cannot be told.</summary>
    private (MemberAnswer Said, EdgeError Error) Told(Exchange exchange, RequestBody request, CascadeRules unless, ReadOnlyMemory<byte> answer)
    {
        var isNative = exchange.UpstreamEndpoint is null;
        if (answer.IsEmpty || (isNative ? _reader.IsCut : !_reader.IsComplete))
            return (default, EdgeError.Upstream(ErrorKind.UpstreamBadAnswer, "The provider's answer broke off."));
        if (isNative)
            return _reader.IsErrorAlone ? (default, AnsweredError.Of(exchange, _reader)) : (Judge(exchange, request.Bytes, unless, answer), default);
        _translation.Begin(exchange, isStream: false, TimeProvider.System.GetUtcNow().ToUnixTimeSeconds());
        var isTold = _translation.OnWhole(answer.Span, exchange.Usage);
        var said = isTold ? Judge(exchange, request.Bytes, unless, _translation.WrittenMemory) : default;
        _translation.Release();
        return (said, isTold ? default : AnsweredError.Untold(exchange, answer.Span, _reader));
    }

    /// <summary>What an answer says. One that is none of its dialect's breaks all rules.</summary>
    private static MemberAnswer Judge(Exchange exchange, in ReadOnlySequence<byte> request, CascadeRules unless, ReadOnlyMemory<byte> answer)
    {
        try
        {
            using var document = JsonDocument.Parse(answer, JsonMembers.Options);
            var shape = exchange.Endpoint!.Shape;
            var choices = Translations.Of(shape).ChoicesOf!(document.RootElement);
            var isValid = choices.Count > 0 && AnswerJudge.Broken(choices, unless, shape, request) == CascadeOutcome.Kept;
            var (vote, length, sum, tokens) = ("", 0L, 0.0, 0);
            foreach (var choice in choices)
            {
                vote += AnswerText.Normal(choice.Text) + "\n" + choice.Calls + "\n";
                length += choice.Text.Length + choice.Calls.Length;
                (sum, tokens) = (sum + choice.Logprobs, tokens + choice.Tokens);
            }

            return new MemberAnswer(isValid, vote, length, tokens > 0 ? sum / tokens : double.NegativeInfinity, default, [], 0, false);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return new MemberAnswer(false, "", 0, double.NegativeInfinity, default, [], 0, false);
        }
    }

    /// <summary>The answer without its coding. False where that is not what was said, or what comes of it is too long to be held.</summary>
    private bool TryDecode(EnsembleMember member, out ReadOnlyMemory<byte> answer)
    {
        answer = member.Held;
        _decoder.Begin(AnswerKind.Of(member.Upstream!.HeadReader.Head).Coding);
        if (!_decoder.IsActive)
            return true;
        _decoder.Feed(answer.Span);
        while (_plain.Length <= AnswerJudge.AnswerBytesMax && _decoder.TryNext(out var piece))
            _plain.Add(piece);
        answer = _plain.Memory;
        return !_decoder.IsFaulted && _plain.Length <= AnswerJudge.AnswerBytesMax;
    }
}
