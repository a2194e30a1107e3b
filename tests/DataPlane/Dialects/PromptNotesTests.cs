using System.Text;
using AiEdge.DataPlane.Tests.Parse;

namespace AiEdge.DataPlane.Tests.Dialects;

/// <summary>What is noted of prompts of every dialect, read by each: as they are, and bent.</summary>
public sealed class PromptNotesTests
{
    [Fact]
    public void Mutated_prompts_are_noted_alike_however_they_are_cut()
    {
        byte[][] bodies = [.. SpokenShape.All.Select(shape => Encoding.UTF8.GetBytes(shape.Prompt))];
        int accepted = 0;
        for (int seed = 0; seed < 500 * bodies.Length; seed++)
        {
            byte[] body = bodies[seed % bodies.Length];
            if (seed >= bodies.Length)
                body = JsonCorpus.Mutate(body, new Random(seed));
            accepted += PromptOracles.PromptIsNotedAlike(body, seed) ? 1 : 0;
        }

        Assert.True(accepted > 75 * bodies.Length, $"{accepted} accepted");
    }
}
