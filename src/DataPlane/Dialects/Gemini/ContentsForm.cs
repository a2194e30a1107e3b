using System.Text;
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
        new("responseLogprobs", RequestField.Logprobs), new("response_logprobs", RequestField.Logprobs),
    ])
{
    private static readonly ReadOnlyMemory<byte> True = Encoding.ASCII.GetBytes("true");
    private static readonly ReadOnlyMemory<byte> Logprobs = Encoding.ASCII.GetBytes("\"responseLogprobs\":true");
    private static readonly ReadOnlyMemory<byte> Comma = Encoding.ASCII.GetBytes(",");
    private static readonly ReadOnlyMemory<byte> OpenConfig = Encoding.ASCII.GetBytes("\"generationConfig\":{");
    private static readonly ReadOnlyMemory<byte> Open = Encoding.ASCII.GetBytes("{");
    private static readonly ReadOnlyMemory<byte> Close = Encoding.ASCII.GetBytes("}");
    private static readonly ReadOnlyMemory<byte> CloseAndComma = Encoding.ASCII.GetBytes("},");

    public override long CapOf(RequestFacts facts) => facts.MaxOutputTokens.Value ?? -1;

    public override void Clamp(RequestFacts facts, in OutputClamp clamp, BodyPatch patch)
    {
        clamp.Lower(facts.MaxOutputTokens, patch);
        if (facts.MaxOutputTokens.Value is null)
            PutCap(facts, clamp.Tokens, patch);
    }

    /// <summary>As far as the cap is put in as well, both are one edit: they stand side by side.</summary>
    public override bool AskLogprobs(RequestFacts facts, in OutputClamp clamp, BodyPatch patch)
    {
        if (facts.WantsLogprobs || facts.UnaskedLogprobs.IsPresent)
        {
            clamp.Apply(facts, Shape, patch);
            if (!facts.WantsLogprobs)
                patch.Replace(facts.UnaskedLogprobs, True);
            return !facts.WantsLogprobs;
        }

        var isPut = clamp.Tokens > 0 && facts.MaxOutputTokens is { Value: null, Token.IsPresent: false };
        if (isPut)
            Put(facts, patch, patch.Text("\"responseLogprobs\":true,\"maxOutputTokens\":"u8, clamp.Tokens, default));
        else
            Put(facts, patch, Logprobs);
        if (!isPut)
            clamp.Apply(facts, Shape, patch);
        return true;
    }

    private static void PutCap(RequestFacts facts, long tokens, BodyPatch patch)
    {
        if (facts.MaxOutputTokens.Token.IsPresent)
            patch.Replace(facts.MaxOutputTokens.Token, patch.Text(default, tokens, default));
        else
            Put(facts, patch, patch.Text("\"maxOutputTokens\":"u8, tokens, default));
    }

    /// <summary>Puts members into an object of their own, which the client may have left out.</summary>
    private static void Put(RequestFacts facts, BodyPatch patch, ReadOnlyMemory<byte> members)
    {
        var isNull = facts.ConfigInsertAt == 0 && facts.NullConfig.IsPresent;
        if (facts.ConfigInsertAt > 0)
        {
            patch.Insert(facts.ConfigInsertAt, members);
            if (!facts.ConfigIsEmpty)
                patch.Insert(facts.ConfigInsertAt, Comma);
            return;
        }

        if (isNull)
            patch.Replace(facts.NullConfig, Open);
        else
            patch.Insert(facts.InsertAt, OpenConfig);
        var at = isNull ? facts.NullConfig.End : facts.InsertAt;
        patch.Insert(at, members);
        patch.Insert(at, isNull || facts.TopLevelIsEmpty ? Close : CloseAndComma);
    }
}
