using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Translate;

/// <summary>Reads requests of a client's dialect.</summary>
internal abstract class RequestReader
{
    /// <summary>How the dialect calls what may be lost.</summary>
    public abstract FieldNames Names { get; }

    /// <summary>The header by which clients ask for what is only tried out; it means nothing to another dialect. Null where there is none.</summary>
    public virtual byte[]? BetaHeader => null;

    /// <summary>
    /// Reads the request's source, a body that is whole and was found to be JSON. What refers to something that another provider keeps is refused:
    /// without it the rest is another question.
    /// </summary>
    public EdgeError Read(NeutralRequest request)
    {
        var error = ReadBody(request);
        return error.IsError || request.Elsewhere is not { } field
            ? error
            : EdgeError.Invalid(Missing(field), field);
    }

    /// <summary>What is told of a field that refers to what lies elsewhere.</summary>
    protected virtual string Missing(string field) =>
        "This refers to something that is stored at another provider; the model's own has it not. Send all of it in the request.";

    /// <summary>Reads it, as far as it is in the body.</summary>
    protected abstract EdgeError ReadBody(NeutralRequest request);
}

/// <summary>What a request to a provider depends on besides the client's own.</summary>
/// <param name="modelJson">The provider's name for the model as a JSON string with its quotes.</param>
/// <param name="outputCap">What limits let each choice of the answer have; 0 for any length.</param>
/// <param name="outputMax">The longest output that the model gives; 0 where nobody knows.</param>
/// <param name="mayAskUsage">Whether a stream's usage may be asked for.</param>
/// <param name="abilities">What the model takes, as far as it is known.</param>
/// <param name="insteadOfModel">The member that stands in the place of the model's; empty where the model has its own.</param>
internal readonly ref struct RequestTarget(
    ReadOnlySpan<byte> modelJson, long outputCap, long outputMax, bool mayAskUsage, in ModelAbilities abilities, ReadOnlySpan<byte> insteadOfModel = default)
{
    public ReadOnlySpan<byte> ModelJson { get; } = modelJson;

    public ReadOnlySpan<byte> InsteadOfModel { get; } = insteadOfModel;

    /// <summary>Whether we want to know how probable the answer's tokens are, whatever the client asks for.</summary>
    public bool AsksLogprobs { get; init; }

    public long OutputCap { get; } = outputCap;

    public long OutputMax { get; } = outputMax;

    /// <summary>What the model's window leaves for the answer behind the prompt; 0 where nobody knows.</summary>
    public long OutputRoom { get; init; }

    /// <summary>The longest answer that may be asked for: providers refuse a cap beyond what their model can do. 0 where nobody knows.</summary>
    public long OutputMost => OutputMax > 0 && OutputRoom > 0 ? Math.Min(OutputMax, OutputRoom) : Math.Max(OutputMax, OutputRoom);

    public bool MayAskUsage { get; } = mayAskUsage;

    public ModelAbilities Abilities { get; } = abilities;
}

/// <summary>Writes requests of a provider's dialect.</summary>
internal abstract class RequestWriter
{
    /// <summary>Where a request that was written goes.</summary>
    public abstract Endpoint EndpointOf(NeutralRequest request);

    /// <summary>What the dialect has no place for, and can be said in another way.</summary>
    protected virtual RequestFeatures Lacks => RequestFeatures.None;

    /// <summary>Whether the model takes tools whose input is a text.</summary>
    protected virtual bool TakesCustomTools(in ModelAbilities model) => false;

    /// <summary>Whether the model can be told which of the tools may be called; else it is not shown the others.</summary>
    protected virtual bool TakesAllowedTools(NeutralRequest request, in ModelAbilities model) => TakesCustomTools(model);

    /// <summary>Whether the answer's schema can be told; one that cannot is said in a sentence.</summary>
    protected virtual bool TakesSchema(NeutralRequest request, in ModelAbilities model) => true;

    /// <summary>Whether the model can be told to think between calls of tools alone; else it is told not to.</summary>
    protected virtual bool TakesThoughtBetweenTools(in ModelAbilities model) => false;

    /// <summary>What names of functions the dialect takes; null where it has no functions.</summary>
    protected virtual ToolNameForm? ToolNames => null;

    /// <summary>Writes the body, and reports what it cannot carry. The request is not to be used any more.</summary>
    public void Write(NeutralRequest request, in RequestTarget target, JsonOut json)
    {
        // What is said in another way depends on the tools that are left.
        if (!TakesCustomTools(target.Abilities))
            CustomTools.Fold(request);
        if (!TakesAllowedTools(request, target.Abilities))
            CustomTools.KeepAllowed(request);
        request.LoseIf(request.ThinksBetweenTools && request.Tools.Count > 0 && !TakesThoughtBetweenTools(target.Abilities), request.Names.Effort);
        var isUntold = request is { Format: AnswerFormat.Schema, FormatSchema.IsPresent: true } && target.Abilities.Takes(RequestFeatures.Schema)
            && !TakesSchema(request, target.Abilities);
        FeatureFilter.Apply(request, target.Abilities, Lacks | (isUntold ? RequestFeatures.Schema : RequestFeatures.None));
        if (ToolNames is { } names)
            NameFitting.Fit(request, names);
        WriteBody(request, target, json);
    }

    /// <summary>Writes what is left.</summary>
    protected abstract void WriteBody(NeutralRequest request, in RequestTarget target, JsonOut json);
}

/// <summary>What an answer's writer is told of the exchange.</summary>
/// <param name="id">Our id of the exchange; ids of answers are made of it.</param>
/// <param name="model">The model as the client named it; told where the provider names none.</param>
/// <param name="created">Unix seconds.</param>
/// <param name="wantsUsage">Whether the client asked for a stream's usage.</param>
/// <param name="promptTokens">Tokens of the prompt by our own count; 0 where nobody counted.</param>
internal readonly ref struct AnswerFacts(ReadOnlySpan<byte> id, ReadOnlySpan<byte> model, long created, bool wantsUsage, long promptTokens)
{
    public ReadOnlySpan<byte> Id { get; } = id;

    public ReadOnlySpan<byte> Model { get; } = model;

    public long Created { get; } = created;

    public bool WantsUsage { get; } = wantsUsage;

    public long PromptTokens { get; } = promptTokens;

    /// <summary>What nobody can guess: a part of ids by which the client may refer to what it was told; empty where there are none.</summary>
    public ReadOnlySpan<byte> Secret { get; init; }

    /// <summary>Whether the client asked for embeddings in base64.</summary>
    public bool WantsBase64 { get; init; }

    /// <summary>Whether OpenAI's client asked with <c>functions</c>, and knows <c>function_call</c> alone.</summary>
    public bool WantsOldCalls { get; init; }
}

/// <summary>Reads the answers of a provider's dialect and tells them as neutral events.</summary>
internal abstract class AnswerReader
{
    /// <summary>A new answer.</summary>
    public abstract void Reset();

    /// <summary>Reads the data of one event of a stream. False if it is not what the dialect allows.</summary>
    public abstract bool OnEvent(ReadOnlySpan<byte> data, AnswerWriter to);

    /// <summary>Reads an answer that is no stream. False if it is none of the dialect's.</summary>
    public abstract bool OnWhole(ReadOnlySpan<byte> body, AnswerWriter to);
}

/// <summary>Reads answers of a kind that is not streamed, and of which nothing has to be known from one to the next.</summary>
internal abstract class WholeAnswerReader : AnswerReader
{
    public sealed override void Reset()
    {
    }

    public sealed override bool OnEvent(ReadOnlySpan<byte> data, AnswerWriter to) => false;
}

/// <summary>
/// Writes neutral events in a client's dialect into <see cref="Out"/>, as a stream or as one answer. One that writes a stream has written
/// after each event all that can be written.
/// </summary>
internal abstract class AnswerWriter
{
    /// <summary>Bytes of one call's arguments that are held where a dialect tells them whole; more are a fault of the provider's.</summary>
    protected const int ArgumentsBytesMax = 4 * 1024 * 1024;

    /// <summary>Answers to one request that are told, where there are several; of the others nothing is read.</summary>
    public virtual int ChoicesMax => 1;

    /// <summary>Whether the dialect has calls whose input is a text and no object; such are told to no other.</summary>
    public virtual bool TakesCustomCalls => false;

    /// <summary>Whether log-probabilities that come are told to nobody: they are here because we have asked for them, and no loss.</summary>
    public virtual bool HidesLogprobs => false;

    /// <summary>Whether calls are told one after the other: nothing can be added to one once another has begun (<see cref="CallsInTurn"/>).</summary>
    public virtual bool TellsCallsInTurn => false;

    /// <summary>Items of the answer that its client was told whole, and may refer to by their ids; none where the dialect has no such.</summary>
    public virtual int ItemsDone => 0;

    /// <summary>What was written and is the caller's to take.</summary>
    public TextBuffer Out { get; } = new();

    /// <summary>The answer cannot be said in the client's dialect as the provider's events come.</summary>
    public bool IsFaulted { get; protected set; }

    /// <summary>The last event has been written, or an error.</summary>
    public bool IsEnded { get; protected set; }

    /// <summary>What of the answer could not be carried.</summary>
    public LossReport? Losses { get; set; }

    /// <summary>What the provider has reported so far.</summary>
    public Usage Usage { get; set; }

    /// <summary>The tier of service that the answer says it is served by, in OpenAI's words; empty where it says none.</summary>
    protected TextBuffer Tier { get; } = new();

    /// <summary>The model's name as the inside of a JSON string: as the client asked for it, until the provider tells its own.</summary>
    protected TextBuffer Model { get; } = new();

    /// <summary>Our id of the exchange.</summary>
    protected TextBuffer Id { get; } = new();

    /// <summary>A new answer.</summary>
    public void Begin(in AnswerFacts facts)
    {
        Release();
        IsFaulted = IsEnded = false;
        Usage = default;
        Model.AddEscaped(facts.Model);
        Id.Add(facts.Id);
        OnBegin(facts);
    }

    /// <summary>Takes the tier that the answer is served by, as far as it is known.</summary>
    public void SetTier(ReadOnlySpan<byte> tier)
    {
        if (tier.IsEmpty)
            return;
        Tier.Clear();
        Tier.AddEscaped(tier.SequenceEqual("standard"u8) ? "default"u8 : tier);
    }

    /// <summary>Takes one event.</summary>
    public abstract void Take(in NeutralEvent item);

    /// <summary>The answer is over; what is missing of its end is written.</summary>
    public abstract void End();

    /// <summary>The members of one of <see cref="ItemsDone"/> but for its id, as they were told, and the brace behind them.</summary>
    public virtual ReadOnlySpan<byte> ItemDone(int index, out ReadOnlySpan<byte> id) => id = default;

    /// <summary>The stream was ended by events of somebody else's, which may tell items, too.</summary>
    public virtual void OnCut(ReadOnlySpan<byte> events)
    {
    }

    /// <summary>Gives back what it holds.</summary>
    public virtual void Release()
    {
        Out.Release();
        Model.Release();
        Id.Release();
        Tier.Release();
    }

    /// <summary>Makes ready what the dialect has of its own.</summary>
    protected abstract void OnBegin(in AnswerFacts facts);

    /// <summary>Takes the provider's name for the model, if it tells one.</summary>
    protected void Rename(ReadOnlySpan<byte> model)
    {
        if (model.IsEmpty)
            return;
        Model.Clear();
        Model.Add(model);
    }

    /// <summary>Thought that the client's dialect has no place for is lost with what proves it.</summary>
    protected void LoseThought(NeutralKind kind) =>
        Losses?.Add(kind == NeutralKind.Signature ? "answer.thinking.signature"u8 : "answer.redacted_thinking"u8);

    /// <summary>How probable the tokens were has no place in the client's dialect.</summary>
    protected void LoseLogprobs(in NeutralEvent item)
    {
        if (!item.Logprobs.IsEmpty)
            Losses?.Add("answer.logprobs"u8);
    }

    /// <summary>The id of a call, such as the client's own provider takes; where this one gives none, one that no other call has.</summary>
    protected void WriteCallId(TextBuffer to, in NeutralEvent call, ReadOnlySpan<byte> prefix, CallIdForm form)
    {
        if (!call.Id.IsEmpty)
            CallId.Tell(to, call.Id, form);
        else if (call.Choice == 0)
            to.Add(prefix).Add(Id.Written).Add("_"u8).Add(call.Call);
        else
            to.Add(prefix).Add(Id.Written).Add("_"u8).Add(call.Choice).Add("_"u8).Add(call.Call);
    }
}
