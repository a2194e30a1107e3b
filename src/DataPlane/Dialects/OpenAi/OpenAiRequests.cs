using System.Text;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Parse;

namespace AiEdge.DataPlane.Dialects.OpenAi;

/// <summary>What is read of requests of the OpenAI dialect.</summary>
internal static class OpenAiRequests
{
    private static readonly RequestName[] Sampling =
        [.. RequestForm.Everywhere, new("temperature", RequestField.Temperature), new("top_p", RequestField.TopP)];

    private static readonly RequestName Tools = new("tools", RequestField.Tools);
    private static readonly RequestName ServiceTier = new("service_tier", RequestField.ServiceTier);
    private static readonly RequestName Input = new("input", RequestField.Input);
    private static readonly RequestName MaxTokens = new("max_tokens", RequestField.MaxTokens);
    private static readonly RequestName Choices = new("n", RequestField.N);

    public static RequestForm[] All { get; } =
    [
        new ChatRequest(
        [
            .. Sampling, UsageAsking.Name, new("messages", RequestField.Messages), Choices, MaxTokens,
            new("max_completion_tokens", RequestField.MaxCompletionTokens), Tools, ServiceTier, new("logprobs", RequestField.Logprobs),
        ]),
        new CompletionsRequest([.. Sampling, UsageAsking.Name, new("prompt", RequestField.Prompt), Choices, new("best_of", RequestField.BestOf), MaxTokens]),

        // Images have another "background".
        new ResponsesRequest(
        [
            .. Sampling, UsageAsking.Name, Input, new("max_output_tokens", RequestField.MaxOutputTokens), Tools, new("background", RequestField.Background),
            ServiceTier, new("include", RequestField.Include), new("top_logprobs", RequestField.TopLogprobs),
            new("previous_response_id", RequestField.StoredId), new("conversation", RequestField.Conversation), new("store", RequestField.Store),
        ]),
        new(RequestShape.Embeddings, [.. RequestForm.Everywhere, Input], RequestField.Model | RequestField.Input),
        new(RequestShape.Moderations, [.. RequestForm.Everywhere, Input], RequestField.Model | RequestField.Input),
        new(RequestShape.Images, [.. RequestForm.Everywhere, Choices], RequestField.Model),
        new(RequestShape.Speech, RequestForm.Everywhere, RequestField.Model),
        new(RequestShape.Multipart, RequestForm.Everywhere, RequestField.Model),
    ];

    private sealed class ChatRequest(RequestName[] names)
        : RequestForm(RequestShape.Chat, names, RequestField.Model | RequestField.Messages, RequestField.StreamOptions, UsageAsking.Inner)
    {
        /// <summary>Of two caps the lower holds.</summary>
        public override long CapOf(RequestFacts facts) => (facts.MaxTokens.Value, facts.MaxCompletionTokens.Value) switch
        {
            ({ } one, { } other) => Math.Min(one, other),
            var (one, other) => one ?? other ?? -1,
        };

        public override void Clamp(RequestFacts facts, in OutputClamp clamp, BodyPatch patch)
        {
            clamp.Lower(facts.MaxTokens, patch);
            clamp.Lower(facts.MaxCompletionTokens, patch);
            if (facts.MaxTokens.Value is not null || facts.MaxCompletionTokens.Value is not null)
                return;
            if (clamp.TakesCompletionTokens)
                clamp.Put(facts.MaxCompletionTokens, "\"max_completion_tokens\":"u8, facts, patch);
            else
                clamp.Put(facts.MaxTokens, "\"max_tokens\":"u8, facts, patch);
        }

        public override bool AskUsage(RequestFacts facts, BodyPatch patch) => UsageAsking.Put(facts, patch);

        public override bool AskLogprobs(RequestFacts facts, in OutputClamp clamp, BodyPatch patch)
        {
            clamp.Apply(facts, Shape, patch);
            return !facts.WantsLogprobs && LogprobsAsking.PutFlag(facts, patch);
        }
    }

    private sealed class CompletionsRequest(RequestName[] names)
        : RequestForm(RequestShape.Completions, names, RequestField.Model | RequestField.Prompt, RequestField.StreamOptions, UsageAsking.Inner)
    {
        /// <summary>What a text completion gives by itself where nothing is said (OpenAI's reference, <c>max_tokens</c>).</summary>
        private const long TokensDefault = 16;

        public override long CapOf(RequestFacts facts) => facts.MaxTokens.Value ?? TokensDefault;

        public override void Clamp(RequestFacts facts, in OutputClamp clamp, BodyPatch patch)
        {
            clamp.Lower(facts.MaxTokens, patch);
            if (facts.MaxTokens.Value is null)
                clamp.Put(facts.MaxTokens, "\"max_tokens\":"u8, facts, patch);
        }

        public override bool AskUsage(RequestFacts facts, BodyPatch patch) => UsageAsking.Put(facts, patch);
    }

    private sealed class ResponsesRequest(RequestName[] names)
        : RequestForm(RequestShape.Responses, names, RequestField.Model, RequestField.StreamOptions, UsageAsking.Inner)
    {
        public override long CapOf(RequestFacts facts) => facts.MaxOutputTokens.Value ?? -1;

        public override void Clamp(RequestFacts facts, in OutputClamp clamp, BodyPatch patch)
        {
            clamp.Lower(facts.MaxOutputTokens, patch);
            if (facts.MaxOutputTokens.Value is null)
                clamp.Put(facts.MaxOutputTokens, "\"max_output_tokens\":"u8, facts, patch);
        }

        /// <summary>A client that wants likely tokens wants to see what they go with, though it has to ask for that by <c>include</c>.</summary>
        public override bool AskLogprobs(RequestFacts facts, in OutputClamp clamp, BodyPatch patch)
        {
            clamp.Apply(facts, Shape, patch);
            if (!facts.IncludesLogprobs)
                LogprobsAsking.PutInclude(facts, patch);
            return !facts.WantsLogprobs;
        }
    }
}

/// <summary>Asks for the log-probabilities of an answer's tokens: by a flag in chats, by a name among others in Responses.</summary>
internal static class LogprobsAsking
{
    private static readonly ReadOnlyMemory<byte> True = Encoding.ASCII.GetBytes("true");
    private static readonly ReadOnlyMemory<byte> Flag = Encoding.ASCII.GetBytes("\"logprobs\":true,");
    private static readonly ReadOnlyMemory<byte> Name = Encoding.ASCII.GetBytes("\"message.output_text.logprobs\"");
    private static readonly ReadOnlyMemory<byte> NameAndComma = Encoding.ASCII.GetBytes("\"message.output_text.logprobs\",");
    private static readonly ReadOnlyMemory<byte> List = Encoding.ASCII.GetBytes("[\"message.output_text.logprobs\"]");
    private static readonly ReadOnlyMemory<byte> Include = Encoding.ASCII.GetBytes("\"include\":[\"message.output_text.logprobs\"],");

    /// <summary>Adds the edits to a chat that does not ask; true, always. A body has a model at least, so that it is not empty.</summary>
    public static bool PutFlag(RequestFacts facts, BodyPatch patch)
    {
        if (facts.UnaskedLogprobs.IsPresent)
            patch.Replace(facts.UnaskedLogprobs, True);
        else
            patch.Insert(facts.InsertAt, Flag);
        return true;
    }

    /// <summary>Adds the edits to a request for a response whose <c>include</c> does not name them.</summary>
    public static void PutInclude(RequestFacts facts, BodyPatch patch)
    {
        if (facts.IncludeInsertAt > 0)
            patch.Insert(facts.IncludeInsertAt, facts.IncludeIsEmpty ? Name : NameAndComma);
        else if (facts.NullInclude.IsPresent)
            patch.Replace(facts.NullInclude, List);
        else
            patch.Insert(facts.InsertAt, Include);
    }
}

/// <summary>Asks for the chunk with a stream's usage (<c>stream_options.include_usage</c>), which chats and text completions have.</summary>
internal static class UsageAsking
{
    public static readonly RequestName Name = new("stream_options", RequestField.StreamOptions);

    public static readonly RequestName[] Inner = [new("include_usage", RequestField.IncludeUsage, "stream_options.include_usage")];

    private static readonly ReadOnlyMemory<byte> Member = Encoding.ASCII.GetBytes("\"stream_options\":{\"include_usage\":true}");
    private static readonly ReadOnlyMemory<byte> MemberAndComma = Encoding.ASCII.GetBytes("\"stream_options\":{\"include_usage\":true},");
    private static readonly ReadOnlyMemory<byte> Options = Encoding.ASCII.GetBytes("{\"include_usage\":true}");
    private static readonly ReadOnlyMemory<byte> Option = Encoding.ASCII.GetBytes("\"include_usage\":true");
    private static readonly ReadOnlyMemory<byte> OptionAndComma = Encoding.ASCII.GetBytes("\"include_usage\":true,");
    private static readonly ReadOnlyMemory<byte> True = Encoding.ASCII.GetBytes("true");

    /// <summary>Adds the edits to a request for a stream; false where it asks for that itself.</summary>
    public static bool Put(RequestFacts facts, BodyPatch patch)
    {
        if (facts.IncludeUsage == IncludeUsageForm.True)
            return false;
        if (facts.StreamOptions == StreamOptionsForm.Absent)
            patch.Insert(facts.InsertAt, facts.TopLevelIsEmpty ? Member : MemberAndComma);
        else if (facts.StreamOptions == StreamOptionsForm.Null)
            patch.Replace(facts.StreamOptionsToken, Options);
        else if (facts.IncludeUsage == IncludeUsageForm.Absent)
            patch.Insert(facts.StreamOptionsInsertAt, facts.StreamOptionsIsEmpty ? Option : OptionAndComma);
        else
            patch.Replace(facts.IncludeUsageToken, True);
        return true;
    }
}
