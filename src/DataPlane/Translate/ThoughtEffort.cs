using AiEdge.DataPlane.Core;
using AiEdge.Tokenization.Models;

namespace AiEdge.DataPlane.Translate;

/// <summary>How much is to be thought, in the words that a model takes.</summary>
internal static class ThoughtEffort
{
    /// <summary>Thought up to so many tokens is low effort, and up to the second number medium.</summary>
    private const long LowMax = 4096, MediumMax = 16384;

    /// <summary>The word of those taken that is nearest to what is asked; none where nothing is asked or taken.</summary>
    /// <param name="request">The request.</param>
    /// <param name="taken">The words that the model takes.</param>
    /// <param name="isExact">Whether it says what was asked. A number of tokens has no word that would be nearer.</param>
    public static Efforts Nearest(NeutralRequest request, Efforts taken, out bool isExact)
    {
        var asked = request.Effort switch
        {
            ThinkingEffort.Unset => Efforts.None,
            ThinkingEffort.Off => Efforts.Off,
            ThinkingEffort.Minimal => Efforts.Minimal,
            ThinkingEffort.Low => Efforts.Low,
            ThinkingEffort.Medium => Efforts.Medium,
            ThinkingEffort.High => Efforts.High,
            ThinkingEffort.XHigh => Efforts.XHigh,
            ThinkingEffort.Max => Efforts.Max,
            _ when request.ThinkingTokens <= LowMax => Efforts.Low,
            _ when request.ThinkingTokens <= MediumMax => Efforts.Medium,
            _ => Efforts.High,
        };
        isExact = (taken & asked) == asked || request.Effort == ThinkingEffort.Budget;
        if (asked == Efforts.None || (taken & asked) != 0)
            return asked;

        // Who asks for thought gets some: no thought is near to nothing else.
        var words = taken & ~Efforts.Off;
        var more = Least(words & (Efforts)~(((int)asked << 1) - 1));
        var less = Most(words & (Efforts)((int)asked - 1));
        return more == Efforts.None || (asked > Efforts.High && less != Efforts.None) ? less : more;
    }

    /// <summary>A word as OpenAI and Anthropic write it.</summary>
    public static ReadOnlySpan<byte> Word(Efforts effort) => effort switch
    {
        Efforts.Off => "none"u8,
        Efforts.Minimal => "minimal"u8,
        Efforts.Low => "low"u8,
        Efforts.Medium => "medium"u8,
        Efforts.High => "high"u8,
        Efforts.XHigh => "xhigh"u8,
        Efforts.Max => "max"u8,
        _ => default,
    };

    /// <summary>What a word means; unset for one that nobody knows.</summary>
    public static ThinkingEffort Of(ref JsonWalk walk) =>
        walk.IsText("none"u8) ? ThinkingEffort.Off : walk.IsText("minimal"u8) ? ThinkingEffort.Minimal
        : walk.IsText("low"u8) ? ThinkingEffort.Low : walk.IsText("medium"u8) ? ThinkingEffort.Medium
        : walk.IsText("high"u8) ? ThinkingEffort.High : walk.IsText("xhigh"u8) ? ThinkingEffort.XHigh
        : walk.IsText("max"u8) ? ThinkingEffort.Max : ThinkingEffort.Unset;

    /// <summary>
    /// The word for one of OpenAI's models; empty for none. What it cannot say is reported: an effort of a model that is not known to think, and
    /// silence of one that thinks all the same.
    /// </summary>
    /// <param name="request">The request.</param>
    /// <param name="model">What the model takes.</param>
    /// <param name="lacks">The words of the model's that the endpoint does not take.</param>
    public static ReadOnlySpan<byte> AtOpenAi(NeutralRequest request, in ModelAbilities model, Efforts lacks = Efforts.None)
    {
        var thinks = model.ThinksAtOpenAi;
        if (request.Effort == ThinkingEffort.Unset)
        {
            if (Wakes(request, model))
                return Word(Efforts.Medium);
            request.LoseIf(request.IsAdaptive && !thinks, request.Names.Effort);
            return default;
        }

        if (thinks || model.Family == ModelFamily.OpenAiOpen)
        {
            var word = Nearest(request, model.Words & ~lacks, out var isExact);
            request.LoseIf(!isExact, request.Names.Effort);
            return Word(word);
        }

        request.LoseIf(request.Effort != ThinkingEffort.Off || model.Thought != ThoughtForm.None, request.Names.Effort);
        return default;
    }

    /// <summary>Whether one of OpenAI's models takes temperature and its like beside the thought that is asked for.</summary>
    public static bool Samples(NeutralRequest request, in ModelAbilities model) =>
        !model.RefusesSampling
        || (model.SamplesUnthinking && (request.Effort == ThinkingEffort.Off
            || (request.Effort == ThinkingEffort.Unset && !model.ThinksUnasked && !Wakes(request, model))));

    /// <summary>
    /// Whether one of OpenAI's models that is told its effort thinks beside functions, which chat completions refuse of some.
    /// </summary>
    public static bool IsRefusedInChats(NeutralRequest request, in ModelAbilities model) =>
        model.CallsUnthinking && request.Tools.Count > 0
        && (request.Effort == ThinkingEffort.Unset
            ? model.ThinksUnasked || Wakes(request, model)
            : request.Effort != ThinkingEffort.Off || (model.Words & Efforts.Off) == 0);

    /// <summary>
    /// Whether one of OpenAI's models is asked to think as much as it finds right, and would not think at all unasked: it is told what others of them do
    /// unasked.
    /// </summary>
    private static bool Wakes(NeutralRequest request, in ModelAbilities model) => request.IsAdaptive && model.ThinksAtOpenAi && !model.ThinksUnasked;

    private static Efforts Least(Efforts of) => of & (Efforts)(-(int)of);

    private static Efforts Most(Efforts of) => of == Efforts.None ? of : (Efforts)(1 << System.Numerics.BitOperations.Log2((uint)of));
}
