using System.Text;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Parse;

namespace AiEdge.DataPlane.Dialects.Anthropic;

/// <summary>What is read of requests for Anthropic's Messages.</summary>
internal sealed class MessagesForm() : RequestForm(
    RequestShape.Messages,
    [
        .. Everywhere, new("temperature", RequestField.Temperature), new("top_p", RequestField.TopP), new("messages", RequestField.Messages),
        new("max_tokens", RequestField.MaxTokens), new("tools", RequestField.Tools), new("service_tier", RequestField.ServiceTier),
        new("thinking", RequestField.Thinking),
    ],
    RequestField.Model | RequestField.Messages,
    RequestField.Thinking,
    [new("budget_tokens", RequestField.ThinkingBudget, "thinking.budget_tokens")])
{
    private static readonly ReadOnlyMemory<byte> NoThought = Encoding.ASCII.GetBytes("{\"type\":\"disabled\"}");

    public override long CapOf(RequestFacts facts) => facts.MaxTokens.Value ?? -1;

    /// <summary>The field is required: a request without it is the provider's to refuse, and no better for ours.</summary>
    public override void Clamp(RequestFacts facts, in OutputClamp clamp, BodyPatch patch)
    {
        clamp.Lower(facts.MaxTokens, patch);
        if (!clamp.BarsThought && !BoundThought(facts, clamp).IsEmpty)
            LowerThought(facts, clamp.Tokens, patch);
    }

    /// <summary>Thought has to be less than the cap: then there is less of it, or none.</summary>
    public override ReadOnlySpan<byte> BoundThought(RequestFacts facts, scoped in OutputClamp clamp) =>
        facts.MaxTokens.Value > clamp.Tokens && facts.ThinkingBudget.Value >= clamp.Tokens ? "thinking.budget_tokens"u8 : default;

    public override void BarThought(RequestFacts facts, BodyPatch patch)
    {
        if (facts.Thinking.IsPresent)
            patch.Replace(facts.Thinking, NoThought);
    }

    private static void LowerThought(RequestFacts facts, long tokens, BodyPatch patch)
    {
        var budget = MessagesThought.TokensWithin(tokens);
        if (budget >= MessagesThought.TokensMin)
            patch.Replace(facts.ThinkingBudget.Token, patch.Text(default, budget, default));
        else
            patch.Replace(facts.Thinking, NoThought);
    }
}
