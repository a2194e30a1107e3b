using System.Buffers.Text;
using System.Security.Cryptography;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Dialects;

/// <summary>Puts a provider's answer into its client's dialect, event by event or whole. Reused by <see cref="Begin"/>.</summary>
internal sealed class AnswerTranslation
{
    /// <summary>Of texts that nobody has counted, about.</summary>
    private const int BytesPerToken = 4;

    /// <summary>128 bits.</summary>
    private const int SecretBytes = 16;

    // Clients send ids back, and OpenAI takes none of more than 64 characters.
    private const int SecretChars = 22;

    private readonly AnswerReader?[] _readers = new AnswerReader?[Translations.Count];
    private readonly AnswerWriter?[] _streams = new AnswerWriter?[Translations.Count];
    private readonly AnswerWriter?[] _wholes = new AnswerWriter?[Translations.Count];
    private readonly LossReport _losses = new();
    private CallsInTurn? _turns;
    private OwnNames? _names;
    private AnswerReader _reader = null!;
    private AnswerWriter _writer = null!;
    private AnswerWriter _told = null!;
    private Exchange _exchange = null!;
    private int _items;

    /// <summary>What has been written and not been taken.</summary>
    public ReadOnlySpan<byte> Written => _writer.Out.Written;

    /// <summary>The same, for whoever cannot hold a span.</summary>
    public ReadOnlyMemory<byte> WrittenMemory => _writer.Out.Memory;

    /// <summary>An answer begins.</summary>
    /// <param name="exchange">The exchange.</param>
    /// <param name="isStream">Whether it is a stream.</param>
    /// <param name="unixSeconds">The time.</param>
    /// <param name="probe">Reads how probable the answer's tokens are; null where nobody wants to know.</param>
    /// <param name="hidesLogprobs">Whether the client is not told that.</param>
    public void Begin(Exchange exchange, bool isStream, long unixSeconds, LogprobsProbe? probe = null, bool hidesLogprobs = false)
    {
        var (spoken, asked) = (exchange.SpokenEndpoint.Shape, exchange.Endpoint!.Shape);
        var (from, to) = ((int)spoken, (int)asked);
        _exchange = exchange;
        _items = 0;
        _losses.Clear();
        _reader = _readers[from] ??= Translations.Of(spoken).NewAnswerReader!();
        var made = Translations.Of(asked);
        _writer = isStream ? _streams[to] ??= made.NewStreamWriter!() : _wholes[to] ??= made.NewAnswerWriter!();
        _reader.Reset();
        _writer.Losses = _losses;

        // Of embeddings the usage is told whoever has counted; nothing but their texts is in the body.
        var tokens = exchange.PromptIsCounted ? exchange.PromptTokens : made.IsOfVectors ? Math.Max(1, exchange.BytesIn / BytesPerToken) : 0;
        Span<byte> secret = stackalloc byte[made.FindReferences is null || !exchange.Stored.IsKept ? 0 : SecretChars];
        MakeSecret(secret);
        _writer.Begin(new AnswerFacts(exchange.EdgeId, exchange.AskedModel, unixSeconds, exchange.WantsUsage, tokens)
        {
            Secret = secret,
            WantsBase64 = exchange.WantsBase64,
            WantsOldCalls = exchange.WantsOldCalls,
        });
        var told = Told(exchange.FittedNames);
        _told = probe?.Over(told, hidesLogprobs) ?? told;
    }

    /// <summary>Ids of exchanges are counted: who knows one could name items of another's answer.</summary>
    private static void MakeSecret(Span<byte> secret)
    {
        if (secret.IsEmpty)
            return;
        Span<byte> random = stackalloc byte[SecretBytes];
        RandomNumberGenerator.Fill(random);
        Base64Url.EncodeToUtf8(random, secret);
    }

    /// <summary>
    /// Whom the reader tells: the writer, and before it who tells the client's own names, and before that who puts calls in turn, who has to see where the
    /// arguments end that a custom tool's text is in.
    /// </summary>
    private AnswerWriter Told(ReadOnlyMemory<byte> names)
    {
        var told = names.IsEmpty ? _writer : (_names ??= new OwnNames()).Over(_writer, names);
        if (!_writer.TellsCallsInTurn)
            return told;
        (_turns ??= new CallsInTurn()).Reset(told);
        return _turns;
    }

    /// <summary>Translates one event. False if it is none that the provider's dialect has, or cannot be told in the client's.</summary>
    /// <param name="data">The event's data.</param>
    /// <param name="usage">What has been reported so far.</param>
    public bool OnEvent(ReadOnlySpan<byte> data, in Usage usage)
    {
        if (data.IsEmpty)
            return true;
        _writer.Usage = usage;
        _writer.SetTier(_exchange.ServedTier);
        return _reader.OnEvent(data, _told) && !_writer.IsFaulted;
    }

    /// <summary>Translates a whole answer. False as above.</summary>
    public bool OnWhole(ReadOnlySpan<byte> body, in Usage usage)
    {
        _writer.Usage = usage;
        _writer.SetTier(_exchange.ServedTier);
        if (!_reader.OnWhole(body, _told) || _writer.IsFaulted)
            return false;
        _turns?.End();
        _writer.End();
        return !_writer.IsFaulted;
    }

    /// <summary>Writes the beginning of a stream, if nothing is written of it yet.</summary>
    public void Start() => _writer.Take(new NeutralEvent(NeutralKind.Start));

    /// <summary>The stream is whole: writes what is missing of its end.</summary>
    public bool End(in Usage usage)
    {
        _writer.Usage = usage;
        _writer.SetTier(_exchange.ServedTier);
        _turns?.End();
        _writer.End();
        return !_writer.IsFaulted;
    }

    /// <summary>Whether the writer has written the answer's end.</summary>
    public bool IsEnded => _writer.IsEnded;

    /// <summary>The stream was ended by events of somebody else's.</summary>
    public void OnCut(ReadOnlySpan<byte> events) => _writer.OnCut(events);

    /// <summary>The next item that the client was told whole, from behind its id on; false where there is none by now.</summary>
    public bool TryNextItem(out ReadOnlySpan<byte> id, out ReadOnlySpan<byte> item)
    {
        id = item = default;
        if (_items >= _writer.ItemsDone)
            return false;
        item = _writer.ItemDone(_items++, out id);
        return true;
    }

    /// <summary>What could not be carried of the answer so far, and is not reported yet.</summary>
    public ReadOnlySpan<byte> Lost => _losses.Names;

    /// <summary>Whether a strict provider's answer may not be told because of it.</summary>
    public bool LosesSubstance => _losses.HasSubstance;

    /// <summary>What was written has been taken.</summary>
    public void Took() => _writer.Out.Clear();

    /// <summary>Puts into the exchange what has been lost of the answer.</summary>
    public void ReportLosses()
    {
        _exchange.AddTranslationLoss(_losses.Names);
        _losses.Clear();
    }

    /// <summary>The answer is over: gives back what it took.</summary>
    public void Release()
    {
        ReportLosses();
        _turns?.Release();
        _names?.Release();
        _writer.Release();
    }
}
