using System.Text.Encodings.Web;
using System.Text.Json;
using AiEdge.Contracts.Options;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Meter;
using AiEdge.DataPlane.Parse;
using AiEdge.DataPlane.Translate;
using AiEdge.Http;

namespace AiEdge.DataPlane.Dialects;

/// <summary>Where a request names whom it is made for.</summary>
/// <param name="Name">The member.</param>
/// <param name="Other">Another, which counts where the first is not there; empty for none.</param>
/// <param name="Within">The top-level object that it is in; empty where it is at the top itself.</param>
internal sealed record UserWords(byte[] Name, byte[] Other, byte[] Within);

/// <summary>
/// What a dialect has of its own: its paths, where its requests and answers keep what a gateway reads, and how it says what a gateway has to
/// say. One folder each, and a line in <see cref="DialectTable"/>.
/// </summary>
internal abstract class DialectForm
{
    // Text is sent as JSON and never as HTML: an apostrophe may be one.
    internal static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>What stages below have to know of it.</summary>
    public abstract DialectTraits Traits { get; }

    public Dialect Id => Traits.Id;

    /// <summary>The name in configurations, records and messages.</summary>
    public string Name => Traits.Name;

    /// <summary>What its answers are read by.</summary>
    public abstract AnswerWords Words { get; }

    /// <summary>Makes what finds the texts of its prompts.</summary>
    public abstract Func<PromptReader> PromptReader { get; }

    /// <summary>What is sent in a silent stream: an event that clients pass over.</summary>
    public abstract ReadOnlySpan<byte> Heartbeat { get; }

    /// <summary>The paths that clients of this dialect call.</summary>
    public abstract IReadOnlyList<Endpoint> Endpoints { get; }

    /// <summary>What stages below have to know of the kinds of bodies that it has.</summary>
    public abstract IReadOnlyList<ShapeTraits> Shapes { get; }

    /// <summary>What is read of requests of each of these kinds.</summary>
    public abstract IReadOnlyList<RequestForm> Requests { get; }

    /// <summary>What reads and writes those that are translated.</summary>
    public abstract IReadOnlyList<DialectTranslation> Translations { get; }

    /// <summary>What of its own a provider is asked by that does not take a client's call as it is; null where it cannot be asked.</summary>
    public abstract RequestShape? ShapeFor(DialectTranslation asked, ProviderModel provider);

    /// <summary>As above, once the request has been read: by another of its own, where the provider would refuse it by that one.</summary>
    public virtual RequestShape ShapeFor(RequestShape shape, ProviderModel provider, NeutralRequest request, in ModelAbilities model) => shape;

    /// <summary>Kinds of bodies of its own that a provider does not take (<see cref="ShapeTraits.Set"/>), as its configuration has it.</summary>
    public virtual ulong Lacks(ProviderOptions provider) => 0;

    /// <summary>How paths are made at who hosts the provider; null where they are the dialect's own.</summary>
    public virtual HostedPaths? HostedBy(ProviderOptions provider) => null;

    /// <summary>Whether clients of this dialect call paths like this one, served or not: they are owed its errors.</summary>
    public abstract bool Owns(ReadOnlySpan<byte> path);

    /// <summary>Whether a client shows by its headers that it speaks this dialect, whatever path it calls.</summary>
    public virtual bool IsSpokenBy(RequestHead head) => false;

    /// <summary>What of the row's requests cannot be carried yet, as far as the query tells it.</summary>
    public virtual EdgeError Accept(Endpoint endpoint, ReadOnlySpan<byte> query) => default;

    /// <summary>Whether the row's stream is to be one array in JSON, and not events, as far as the query tells it.</summary>
    public virtual bool IsArray(Endpoint endpoint, ReadOnlySpan<byte> query) => false;

    /// <summary>Makes what reads the events of its streams.</summary>
    public abstract EventReader NewEventReader();

    /// <summary>The status that tells an error.</summary>
    public virtual int StatusOf(ErrorKind kind) => ErrorTable.Row(kind).Status;

    /// <summary>The header of an answer by which clients know our id of it, besides those that all have; empty where there is none.</summary>
    public virtual ReadOnlySpan<byte> IdHeader => default;

    /// <summary>Which header of a provider's answer is its own id of it; -1 where none is.</summary>
    public virtual int IdIn(ResponseHead head) => head.IndexOf(HeaderId.XRequestId);

    /// <summary>Where a request names whom it is made for; null where it does not.</summary>
    public virtual UserWords? User => null;

    /// <summary>How far the tightest limits of a key or its team are, in an answer's head.</summary>
    public virtual void WriteRates(ref ByteWriter writer, Exchange exchange)
    {
        if (exchange.RequestRate.IsKnown)
            WriteRate(ref writer, "-requests: "u8, exchange.RequestRate);
        if (exchange.TokenRate.IsKnown)
            WriteRate(ref writer, "-tokens: "u8, exchange.TokenRate);
    }

    /// <summary>The body of an answer that tells an error.</summary>
    public abstract byte[] Error(Exchange exchange, EdgeError error);

    /// <summary>The events that tell an error in a stream that has begun.</summary>
    /// <param name="exchange">The exchange.</param>
    /// <param name="error">What ended the stream.</param>
    /// <param name="reader">What has read it so far.</param>
    /// <param name="passes">Whether the last event that it has read was passed on.</param>
    public abstract byte[] StreamError(Exchange exchange, EdgeError error, EventReader reader, bool passes);

    /// <summary>The events that end a stream in the provider's stead, as one that has reached its length.</summary>
    /// <param name="exchange">The exchange; who ended it stands in it, and what was delivered.</param>
    /// <param name="reader">What has read the stream so far; its last event is the one whose place this takes.</param>
    /// <param name="data">That event's data.</param>
    /// <param name="passes">Whether that event was passed on, and this comes behind it.</param>
    /// <param name="reasoningTokens">Tokens of what was delivered that are thought.</param>
    public abstract byte[] StreamCut(Exchange exchange, EventReader reader, ReadOnlySpan<byte> data, bool passes, long reasoningTokens);

    /// <summary>
    /// What a cut stream says that it has used: its bill. Thought that was not seen is in it, and counts as such; classes of the input are those that the
    /// provider has told by then.
    /// </summary>
    protected static Usage Billed(Exchange exchange, long reasoningTokens)
    {
        var (bill, told) = (exchange.Bill, exchange.Usage);
        var counted = Math.Max(0, exchange.CountedOutputTokens);
        if (bill is { InputTokens: 0, OutputTokens: 0 })
            (bill.InputTokens, bill.OutputTokens) = (exchange.PromptTokens, counted);
        var thought = Math.Max(exchange.Usage.ReasoningTokens, reasoningTokens + Math.Max(0, bill.OutputTokens - counted));
        return new Usage
        {
            InputTokens = bill.InputTokens,
            CachedInputTokens = Math.Min(told.CachedInputTokens, bill.InputTokens),
            CacheWriteTokens = Math.Min(told.CacheWriteTokens, bill.InputTokens),
            CacheWriteHourTokens = Math.Min(told.CacheWriteHourTokens, bill.InputTokens),
            AudioInputTokens = Math.Min(told.AudioInputTokens, bill.InputTokens),
            ImageInputTokens = Math.Min(told.ImageInputTokens, bill.InputTokens),
            OutputTokens = bill.OutputTokens,
            ReasoningTokens = Math.Min(thought, bill.OutputTokens),
        };
    }

    /// <summary>The answer to a question for a prompt's tokens; of dialects that have one.</summary>
    public virtual byte[] TokenCount(long tokens) => throw new NotSupportedException();

    /// <summary>Begins a list of models within its object, up to the start of the array.</summary>
    public abstract void BeginModels(Utf8JsonWriter json);

    /// <summary>One model, in a list or by itself.</summary>
    public abstract void WriteModel(Utf8JsonWriter json, ReadOnlySpan<byte> id, ModelModel model);

    /// <summary>What stands behind the list's array; the ids of its first and its last model are null where it has none.</summary>
    public virtual void EndModels(Utf8JsonWriter json, byte[]? first, byte[]? last)
    {
    }

    /// <summary>
    /// What a provider's refusal is if it is one of ours, of our account or credential, that its status does not tell; else
    /// <see cref="ErrorKind.None"/>.
    /// </summary>
    /// <param name="status">The answer's status.</param>
    /// <param name="answer">What was read of it.</param>
    /// <param name="body">The answer; of one within a status of 200, or within a stream, its message alone.</param>
    public abstract ErrorKind Refusal(int status, JsonAnswerReader answer, ReadOnlySpan<byte> body);

    /// <summary>
    /// The provider's own words of a refusal; empty where it has none. What they begin with is the provider's: behind that it may repeat what it was asked,
    /// by which nobody is to say that an account is spent.
    /// </summary>
    protected static ReadOnlySpan<byte> WordsOf(JsonAnswerReader answer, ReadOnlySpan<byte> body) =>
        answer.ErrorMessage.IsEmpty ? ErrorText.MessageIn(body) : answer.ErrorMessage;

    /// <summary>Whether a refusal's text says that the prompt is longer than the context window, in the words that providers of the dialect have.</summary>
    public abstract bool IsBeyondWindow(ReadOnlySpan<byte> text);

    /// <summary>When a refusal's body says that the provider wants to be asked again; zero where the dialect says it in headers alone.</summary>
    public virtual TimeSpan RetryDelay(ReadOnlySpan<byte> body) => TimeSpan.Zero;

    /// <summary>The header of an answer that names the tier of service that it is served by; null where there is none.</summary>
    public virtual byte[]? TierHeader => null;

    /// <summary>Says in an event which limit ended the stream.</summary>
    protected internal static void WriteLimit(Utf8JsonWriter json, string cutBy)
    {
        json.WriteStartObject("aiedge"u8);
        json.WriteString("end"u8, "limit"u8);
        json.WriteString("limit"u8, cutBy);
        json.WriteEndObject();
    }

    private static void WriteRate(ref ByteWriter writer, ReadOnlySpan<byte> unit, RateStatus status)
    {
        writer.Write("x-ratelimit-limit"u8);
        writer.Write(unit);
        writer.WriteDecimal(status.Limit);
        writer.Write("\r\nx-ratelimit-remaining"u8);
        writer.Write(unit);
        writer.WriteDecimal(status.Remaining);
        writer.Write("\r\nx-ratelimit-reset"u8);
        writer.Write(unit);
        LimitTimes.WriteDuration(ref writer, LimitTimes.WaitMs(status.ResetNs));
        writer.WriteCrlf();
    }

    protected static string Message(EdgeError error) => error.Message ?? ErrorTable.Row(error.Kind).Message;
}
