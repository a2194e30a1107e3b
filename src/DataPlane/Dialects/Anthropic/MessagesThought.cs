using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Translate;
using AiEdge.Tokenization.Models;

namespace AiEdge.DataPlane.Dialects.Anthropic;

/// <summary>How a model of Anthropic's is told to think: by a number of tokens, from 4.6 on by an effort, or not at all.</summary>
/// <param name="Tokens">The number; 0 for none.</param>
/// <param name="IsAdaptive">It thinks as much as it finds right.</param>
/// <param name="IsOff">It is told not to.</param>
/// <param name="Word">The effort; none where nothing is said of it.</param>
internal readonly record struct MessagesThought(long Tokens, bool IsAdaptive, bool IsOff, Efforts Word)
{
    /// <summary>The least that Anthropic lets think.</summary>
    public const long TokensMin = 1024;

    /// <summary>It is asked to tell what it thinks, where it would not.</summary>
    public bool IsShown { get; private init; }

    /// <summary>It is told to think no more than between calls, where it cannot be told not to at all.</summary>
    public bool IsBetweenTools { get; private init; }

    /// <summary>It is told to think not at all or as little as it can, of which nothing more can be said.</summary>
    public bool Rests => IsOff || IsBetweenTools;

    /// <summary>Whether it is told to.</summary>
    public bool Thinks => Tokens > 0 || IsAdaptive;

    /// <summary>As much as a cap on the whole answer lets think: a quarter at least is left for the rest.</summary>
    public static long TokensWithin(long max) => max - Math.Max(1, max / 4);

    /// <summary>What is asked for, as far as the model takes it; the rest is reported.</summary>
    /// <param name="request">The request.</param>
    /// <param name="model">What the model takes.</param>
    /// <param name="max">The cap on the answer, which thought in tokens has to be below.</param>
    public static MessagesThought Of(NeutralRequest request, in ModelAbilities model, long max)
    {
        var known = model.Family == ModelFamily.Claude ? model : default;
        if (request.Effort == ThinkingEffort.Off)
        {
            var isOff = known.ThinksUnasked && (known.Words & Efforts.Off) != 0;
            request.LoseIf(known.ThinksUnasked && !isOff && !known.RestsBetweenTools, request.Names.Effort);
            return new MessagesThought(0, false, isOff, Efforts.None) { IsBetweenTools = known.RestsBetweenTools };
        }

        var takesWord = known.Thought is ThoughtForm.Word or ThoughtForm.Either;
        var shows = known.HidesThought && WantsThought(request);
        if (request.Effort == ThinkingEffort.Unset)
        {
            // Who thinks unasked can be asked to tell it.
            var isAdaptive = takesWord && !IsForced(request) && (request.IsAdaptive || (request.WantsThought && known.ThinksUnasked));
            request.LoseIf(request.IsAdaptive && !isAdaptive, request.Names.Effort);
            if (!request.IsAdaptive && !isAdaptive)
                request.LoseShownThought();
            return new MessagesThought(0, isAdaptive, false, Efforts.None) { IsShown = isAdaptive && shows };
        }

        if (!takesWord || (known.Thought == ThoughtForm.Either && request.Effort == ThinkingEffort.Budget))
            return new MessagesThought(InTokens(request, known, max), false, false, Efforts.None);

        // A forced call bars thought, and has no need of an effort.
        var isBarred = IsForced(request);
        var word = ThoughtEffort.Nearest(request, known.Words & ~Efforts.Off, out var isExact);
        request.LoseIf(isBarred || !isExact, request.Names.Effort);
        return isBarred ? default : new MessagesThought(0, true, false, word) { IsShown = shows };
    }

    /// <summary>A chat's client has no word for it, and is told what there is; it is known by its bringing back what proves a thought.</summary>
    private static bool WantsThought(NeutralRequest request) => request.WantsThought || request.KeepsProofs;

    /// <summary>Whether a function has to be called, which bars thought.</summary>
    public static bool IsForced(NeutralRequest request) => request.ToolChoice is ToolChoice.Required or ToolChoice.Named;

    private static long InTokens(NeutralRequest request, in ModelAbilities model, long max)
    {
        var asked = request.Effort switch
        {
            ThinkingEffort.Minimal => TokensMin,
            ThinkingEffort.Low => 2048,
            ThinkingEffort.Medium => 8192,
            ThinkingEffort.High => 24576,
            ThinkingEffort.XHigh or ThinkingEffort.Max => 49152,
            _ => request.ThinkingTokens,
        };

        // A call that is forced, or one whose thought is not known any more, bars it.
        var tokens = Math.Min(asked, TokensWithin(max));
        var isBarred = model.Thought == ThoughtForm.None || IsForced(request) || CallsWithoutThought(request);
        var thinks = tokens >= TokensMin && !isBarred;
        request.LoseIf(!thinks || (request.Effort == ThinkingEffort.Budget && tokens < asked), request.Names.Effort);
        return thinks ? tokens : 0;
    }

    /// <summary>Whether the last turn of the assistant calls tools, and what it thought before is not at hand.</summary>
    private static bool CallsWithoutThought(NeutralRequest request)
    {
        for (var i = request.Messages.Count - 1; i >= 0; i--)
        {
            var message = request.Messages[i];
            if (message.Role != NeutralRole.Assistant)
                continue;
            var (calls, thinks) = (false, false);
            for (var p = message.From; p < message.From + message.Count; p++)
            {
                calls |= request.Parts[p].Kind == PartKind.ToolCall;
                thinks |= BoundThought.IsThought(request.Parts[p]);
            }

            return calls && !thinks;
        }

        return false;
    }
}
