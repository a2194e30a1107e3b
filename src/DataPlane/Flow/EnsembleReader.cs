using System.Buffers;
using System.Text.Json;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects;
using AiEdge.DataPlane.Forward;
using AiEdge.DataPlane.Meter;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Flow;

/// <summary>
/// Reads one of several whole answers that are held: what it costs, and what it says in its client's dialect. One for each pipeline that needs it.
/// </summary>
internal sealed class EnsembleReader(ExchangeMeter meter, Settlement settlement)
{
    private readonly BodyDecoder _decoder = new();
    private readonly JsonAnswerReader _reader = new();
    private readonly AnswerTranslation _translation = new();
    private readonly TextBuffer _plain = new();

    /// <summary>Reads the answer of a member, whose place the exchange has. An error where it is none.</summary>
    public EdgeError Read(Exchange exchange, RequestBody request, CascadeRules unless, EnsembleMember member)
    {
        try
        {
            if (TryDecode(member, out var answer))
                return Read(exchange, request, unless, member, answer);
            if (_decoder.IsFaulted)
                return EdgeError.Upstream(ErrorKind.UpstreamBadAnswer);
            member.State = MemberState.Unheld;
            return default;
        }
        finally
        {
            _plain.Release();
            _reader.Release();
        }
    }

    private EdgeError Read(Exchange exchange, RequestBody request, CascadeRules unless, EnsembleMember member, ReadOnlyMemory<byte> answer)
    {
        var words = DialectTable.Of(exchange.SpokenEndpoint.Dialect).Words;
        _reader.Reset(words, settlement.Counts && ShapeTraits.Of(exchange.Endpoint!.Shape).HasOutput, isHeld: true);
        _reader.Feed(answer.Span);
        if (answer.IsEmpty || (exchange.UpstreamEndpoint is null ? _reader.IsCut : !_reader.IsComplete))
            return EdgeError.Upstream(ErrorKind.UpstreamBadAnswer, "The provider's answer broke off.");
        if (_reader.IsErrorAlone)
            return AnsweredError.Of(exchange, _reader);
        exchange.SetReported(_reader.Usage, _reader.ServedTier);
        if (!exchange.Usage.IsPresent && _reader.TextsOf(answer.Span) is { } texts)
            meter.CountAnswer(exchange, texts);
        var isTold = true;
        if (exchange.UpstreamEndpoint is not null)
        {
            _translation.Begin(exchange, isStream: false, TimeProvider.System.GetUtcNow().ToUnixTimeSeconds());
            isTold = _translation.OnWhole(answer.Span, exchange.Usage);
            answer = isTold ? _translation.WrittenMemory : default;
        }

        member.Reading = Judge(exchange, request.Bytes, unless, answer) with
        {
            Usage = exchange.Usage,
            Tier = exchange.ServedTier.ToArray(),
            CountedTokens = exchange.CountedOutputTokens,
            IsEstimate = exchange.OutputIsEstimate,
        };
        if (exchange.UpstreamEndpoint is not null)
            _translation.Release();
        return isTold ? default : EdgeError.Upstream(ErrorKind.UpstreamBadAnswer);
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
