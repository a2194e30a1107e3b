using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Parse;

namespace AiEdge.DataPlane.Dialects.Gemini;

/// <summary>What is read of requests for Gemini's <c>generateContent</c>; protobuf's JSON takes two spellings of a name.</summary>
internal sealed class ContentsForm() : RequestForm(
    RequestShape.Contents,
    [
        new("contents", RequestField.Contents), new("generationConfig", RequestField.Config), new("generation_config", RequestField.Config),
        new("tools", RequestField.Tools),
    ],
    RequestField.Contents,
    RequestField.Config,
    [
        new("maxOutputTokens", RequestField.MaxOutputTokens, "max_output_tokens"), new("max_output_tokens", RequestField.MaxOutputTokens),
        new("responseMimeType", RequestField.MimeType), new("response_mime_type", RequestField.MimeType),
        new("candidateCount", RequestField.N, "n"), new("candidate_count", RequestField.N),
    ])
{
    public override long CapOf(RequestFacts facts) => facts.MaxOutputTokens.Value ?? -1;

    public override void Clamp(RequestFacts facts, in OutputClamp clamp, BodyPatch patch)
    {
        clamp.Lower(facts.MaxOutputTokens, patch);
        if (facts.MaxOutputTokens.Value is null)
            Put(facts, clamp.Tokens, patch);
    }

    /// <summary>The cap stands in an object of its own, which the client may have left out.</summary>
    private static void Put(RequestFacts facts, long tokens, BodyPatch patch)
    {
        if (facts.MaxOutputTokens.Token.IsPresent)
            patch.Replace(facts.MaxOutputTokens.Token, patch.Text(default, tokens, default));
        else if (facts.ConfigInsertAt > 0)
            patch.Insert(facts.ConfigInsertAt, patch.Text("\"maxOutputTokens\":"u8, tokens, facts.ConfigIsEmpty ? default : ","u8));
        else if (facts.NullConfig.IsPresent)
            patch.Replace(facts.NullConfig, patch.Text("{\"maxOutputTokens\":"u8, tokens, "}"u8));
        else
            patch.Insert(facts.InsertAt, patch.Text("\"generationConfig\":{\"maxOutputTokens\":"u8, tokens, facts.TopLevelIsEmpty ? "}"u8 : "},"u8));
    }
}
