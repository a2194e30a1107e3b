using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects.OpenAi.Responses;

namespace AiEdge.DataPlane.Dialects.OpenAi;

/// <summary>The kinds of bodies of the OpenAI dialect.</summary>
internal static class OpenAiShapes
{
    public static ShapeTraits[] Traits { get; } =
    [
        new()
        {
            Shape = RequestShape.Chat, HasOutput = true, MayBeHedged = true, MayRepeat = true, Overhead = PromptOverhead.Published,
            AnswerMembers = [[.. "choices"u8]],
        },
        new() { Shape = RequestShape.Completions, HasOutput = true, MayBeHedged = true, AnswerMembers = [[.. "choices"u8]] },

        // What a provider keeps of it would be there twice, so that nobody else is asked besides.
        new()
        {
            Shape = RequestShape.Responses, HasOutput = true, MayRepeat = true, IsNumbered = true, Overhead = PromptOverhead.Unpublished,
            ProviderTools = [.. "\"mcp\""u8], StoredIdMark = [.. "resp_aiedge_"u8], AnswerMembers = [[.. "output"u8]], AnswerMayBeEmpty = true,
        },
        new() { Shape = RequestShape.Embeddings, AnswerMembers = [[.. "data"u8]] },
        new() { Shape = RequestShape.Moderations },
        new() { Shape = RequestShape.Images, IsUncapped = true, IsPricedByAnswer = true },
        new() { Shape = RequestShape.Speech, IsUncapped = true },
        new() { Shape = RequestShape.Multipart, IsUncapped = true },
    ];

    public static DialectTranslation[] Translations { get; } =
    [
        new(
            RequestShape.Chat, () => new ChatRequestReader(), new ChatRequestWriter(), () => new ChatAnswerReader(),
            () => new ChatStreamWriter(), () => new ChatAnswerWriter())
        {
            Proofs = new([.. "messages.reasoning_details"u8], "messages", [.. "reasoning_details"u8], [.. "reasoning.text"u8], [.. "signature"u8])
            {
                Unproved = [.. "reasoning_content"u8],
            },
            ChoicesOf = WholeChat.ChoicesOf,
            Logprobs = new(["choices"], "logprobs", "content", "logprob", "null"),
            WantsJson = WholeChat.WantsJson,
        },
        new(
            RequestShape.Responses, () => new ResponsesRequestReader(), new ResponsesRequestWriter(), () => new ResponsesAnswerReader(),
            () => new ResponsesAnswerWriter(isStream: true), () => new ResponsesAnswerWriter(isStream: false))
        {
            Proofs = new([.. "input.reasoning"u8], "input", [], [.. "reasoning"u8], [.. "encrypted_content"u8]),
            ChoicesOf = WholeResponse.ChoicesOf,
            FailureIn = ResponsesAnswerReader.FailureIn,
            FindReferences = ItemReferences.Find,
            Logprobs = new(["output", "content"], "logprobs", "", "logprob", "[]"),
            WantsJson = WholeResponse.WantsJson,
        },
        new(
            RequestShape.Embeddings, () => new EmbeddingsRequestReader(), new EmbeddingsRequestWriter(), () => new EmbeddingsAnswerReader(),
            null, () => new EmbeddingsAnswerWriter())
        {
            IsOfVectors = true,
        },
    ];
}
