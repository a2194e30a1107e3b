using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Dialects.Anthropic;

/// <summary>
/// Thought of earlier turns that is bound to all that stood before it (Anthropic's page "Preserved thinking"): the system prompt, the tools and the turns.
/// Where any of that is another by now, which nobody here can know of earlier requests, the request is refused, unless it says that such thought be dropped.
/// </summary>
internal static class BoundThought
{
    /// <summary>
    /// Says so, where there is thought: what is dropped then, the answer tells. Where nothing can be said of it, it goes, reported, for nobody here can know
    /// whether it would be refused.
    /// </summary>
    public static void Fit(NeutralRequest request, in ModelAbilities model, in MessagesThought thought)
    {
        if (!model.BindsThought || !HasThought(request))
            return;
        request.TellsBinding = !thought.Rests && !MessagesThought.IsForced(request);
        request.LoseIf(!request.TellsBinding, request.Names.Thinking);
        if (!request.TellsBinding)
            TakeOut(request);
    }

    private static bool HasThought(NeutralRequest request)
    {
        foreach (var part in request.Parts)
        {
            if (IsThought(part))
                return true;
        }

        return false;
    }

    private static void TakeOut(NeutralRequest request)
    {
        for (var p = 0; p < request.Parts.Count; p++)
        {
            var part = request.Parts[p];
            part.IsLost = IsThought(part);
            request.Parts[p] = part;
        }

        request.RemoveLost();
    }

    /// <summary>Whether it is a thought that Claude takes back: one that proves to be its own.</summary>
    public static bool IsThought(in NeutralPart part) =>
        part.Kind == PartKind.HiddenThinking || part is { Kind: PartKind.Thinking, Signature.IsPresent: true, IsSealed: false };
}
