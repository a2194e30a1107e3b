using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Dialects.Anthropic;

/// <summary>Reads requests for Anthropic's Messages (API reference, <c>POST /v1/messages</c>).</summary>
internal sealed class MessagesRequestReader : RequestReader
{
    private const int ScratchBytes = 64;

    private readonly MessagesReader _messages = new();

    /// <summary>What is said of thought in two places, whichever stands first.</summary>
    private struct Thought
    {
        public ThinkingEffort Effort;
        public bool IsOn;
        public bool IsOff;
        public bool IsBetweenTools;
        public bool IsAdaptive;
        public bool IsHidden;
        public long Tokens;
    }

    public override FieldNames Names { get; } = new()
    {
        Temperature = [.. "temperature"u8],
        TopP = [.. "top_p"u8],
        TopK = [.. "top_k"u8],
        TokensMax = [.. "max_tokens"u8],
        Stops = [.. "stop_sequences"u8],
        User = [.. "metadata.user_id"u8],
        Serial = [.. "tool_choice.disable_parallel_tool_use"u8],
        ToolChoice = [.. "tool_choice"u8],
        Effort = [.. "thinking"u8],
        Format = [.. "output_config.format"u8],
        Schema = [.. "output_config.format.schema"u8],
        ToolSchema = [.. "tools.input_schema"u8],
        Role = [.. "messages.role"u8],
        Prefill = [.. "messages.prefill"u8],
        ImageUrl = [.. "messages.content.image"u8],
        File = [.. "messages.content.document"u8],
        FileName = [.. "messages.content.title"u8],
        Thinking = [.. "messages.content.thinking"u8],
        CallProof = [.. "messages.content.thinking"u8],
        Arguments = [.. "messages.content.tool_use.input"u8],
        ResultContent = [.. "messages.content.tool_result.content"u8],
        ResultIsError = [.. "messages.content.tool_result.is_error"u8],
        Strict = [.. "tools.strict"u8],
        ToolCache = [.. "tools.cache_control"u8],
        PartCache = [.. "messages.content.cache_control"u8],
    };

    public override byte[]? BetaHeader { get; } = [.. "anthropic-beta"u8];

    protected override EdgeError ReadBody(NeutralRequest request)
    {
        var walk = new JsonWalk(request.Source, stackalloc byte[ScratchBytes]);
        Thought thought = default;
        request.StrictMayBeOpen = request.GoesOn = true;
        if (!walk.TryBegin())
            return Malformed(null);
        while (walk.NextMember())
        {
            if (walk.Is("model"u8))
                continue;
            if (walk.Is("messages"u8))
            {
                if (!_messages.TryRead(request, ref walk))
                    return Malformed("messages");
            }
            else if (walk.Is("system"u8))
            {
                if (!_messages.TryReadSystem(request, ref walk))
                    return Parse.RequestFields.Duplicate("system");
            }
            else if (walk.Is("stream"u8))
                request.Stream = walk.Token == JsonToken.True;
            else if (walk.Is("max_tokens"u8))
                request.TokensMax = walk.TryNumber(out var number) ? number : -1;
            else if (!TakeSampling(request, ref walk) && !TakeTools(request, ref walk) && !TakeWishes(request, ref walk, ref thought) && !walk.IsNothing())
                request.Losses.Add(walk.Name);
        }

        if (!walk.IsWhole())
            return Malformed(null);
        Decide(request, thought);
        return default;
    }

    private static EdgeError Malformed(string? param) => EdgeError.Invalid("The request has not the form that it must have.", param);

    private static bool TakeSampling(NeutralRequest request, ref JsonWalk walk)
    {
        if (walk.Is("stop_sequences"u8) && walk.TryEnter(JsonToken.StartArray))
        {
            while (walk.NextElement())
            {
                if (walk.Token == JsonToken.String)
                    request.Stops.Add(walk.Text);
            }

            return true;
        }

        if (walk.Token != JsonToken.Number)
            return false;
        if (walk.Is("temperature"u8))
            request.Temperature = walk.Text;
        else if (walk.Is("top_p"u8))
            request.TopP = walk.Text;
        else if (walk.Is("top_k"u8))
            request.TopK = walk.Text;
        else
            return false;
        return true;
    }

    private static bool TakeTools(NeutralRequest request, ref JsonWalk walk)
    {
        if (walk.Is("tools"u8) && walk.TryEnter(JsonToken.StartArray))
        {
            while (walk.NextElement())
            {
                if (walk.TryEnter(JsonToken.StartObject))
                    ReadTool(request, ref walk);
            }

            return true;
        }

        if (!walk.Is("tool_choice"u8) || !walk.TryEnter(JsonToken.StartObject))
            return false;
        while (walk.NextMember())
        {
            if (walk.Is("type"u8))
                request.ToolChoice = walk.IsText("auto"u8) ? ToolChoice.Auto : walk.IsText("any"u8) ? ToolChoice.Required
                    : walk.IsText("tool"u8) ? ToolChoice.Named : walk.IsText("none"u8) ? ToolChoice.None : ToolChoice.Unset;
            else if (walk.Is("name"u8) && walk.Token == JsonToken.String)
                request.ToolName = walk.Text;
            else if (walk.Is("disable_parallel_tool_use"u8))
                request.IsSerial = walk.Token == JsonToken.True;
            else if (!walk.IsNothing())
                request.Losses.Add("tool_choice"u8, walk.Name);
        }

        return true;
    }

    /// <summary>A tool that the provider runs itself has a type of its own, and is lost.</summary>
    private static void ReadTool(NeutralRequest request, ref JsonWalk walk)
    {
        NeutralTool tool = default;
        Piece mark = default;
        var isOwn = true;
        while (walk.NextMember())
        {
            if (walk.Is("type"u8))
                isOwn = walk.IsText("custom"u8) || walk.Token == JsonToken.Null;
            else if (walk.Is("name"u8) && walk.Token == JsonToken.String)
                tool = tool with { Name = walk.Text };
            else if (walk.Is("description"u8) && walk.Token == JsonToken.String)
                tool = tool with { Description = walk.Text };
            else if (walk.Is("input_schema"u8) && walk.Token == JsonToken.StartObject)
                tool = tool with { Schema = walk.Value() };
            else if (walk.Is("strict"u8))
                tool = tool with { IsStrict = walk.Token == JsonToken.True };
            else if (!PromptCache.TryRead(ref walk, ref mark) && !walk.IsNothing())
                request.Losses.Add("tools"u8, walk.Name);
        }

        tool = tool with { CacheMark = mark };
        if (isOwn && tool.Name.IsPresent)
            request.Tools.Add(tool);
        else
            request.Losses.Add("tools"u8);
    }

    private static bool TakeWishes(NeutralRequest request, ref JsonWalk walk, ref Thought thought)
    {
        if (OpenAi.ChatRequestReader.TakeCacheMark(request, ref walk))
            return true;
        if (walk.Is("thinking"u8))
            return ReadThinking(request, ref walk, ref thought);
        if (walk.Is("container"u8) && walk.Token != JsonToken.Null)
        {
            request.Elsewhere = "container";
            return true;
        }

        if (walk.Is("service_tier"u8))
            return walk.IsText("auto"u8);
        if (walk.Is("metadata"u8) && walk.TryEnter(JsonToken.StartObject))
        {
            while (walk.NextMember())
            {
                if (walk.Is("user_id"u8) && walk.Token == JsonToken.String)
                    request.User = walk.Text;
                else if (!walk.IsNothing())
                    request.Losses.Add("metadata"u8, walk.Name);
            }

            return true;
        }

        if (!walk.Is("output_config"u8) || !walk.TryEnter(JsonToken.StartObject))
            return false;
        while (walk.NextMember())
        {
            if (walk.Is("format"u8))
                ReadFormat(request, ref walk);
            else if (walk.Is("effort"u8) && walk.Token == JsonToken.String)
            {
                thought.Effort = ThoughtEffort.Of(ref walk);
                request.LoseIf(thought.Effort == ThinkingEffort.Unset, "output_config.effort"u8);
            }
            else if (!walk.IsNothing())
                request.Losses.Add("output_config"u8, walk.Name);
        }

        return true;
    }

    private static bool ReadThinking(NeutralRequest request, ref JsonWalk walk, ref Thought thought)
    {
        if (!walk.TryEnter(JsonToken.StartObject))
            return false;
        while (walk.NextMember())
        {
            if (walk.Is("type"u8))
            {
                (thought.IsOn, thought.IsAdaptive) = (walk.IsText("enabled"u8), walk.IsText("adaptive"u8));
                thought.IsBetweenTools = walk.IsText("between_tools"u8);
                thought.IsOff = thought.IsBetweenTools || walk.IsText("disabled"u8);
            }
            else if (walk.Is("budget_tokens"u8))
                thought.Tokens = walk.TryNumber(out var number) ? number : 0;
            else if (walk.Is("display"u8))
                thought.IsHidden = walk.IsText("omitted"u8);
            else if (!walk.IsNothing())
                request.Losses.Add("thinking"u8, walk.Name);
        }

        return true;
    }

    /// <summary>
    /// Thought that is switched off stays off, whatever effort is asked for; a number of tokens says more than a word. The word that does not hold is
    /// reported. Between tools thought comes, and is brought back, though before them it is off.
    /// </summary>
    private static void Decide(NeutralRequest request, in Thought thought)
    {
        var thinks = thought.IsOn || thought.IsAdaptive;
        request.KeepsProofs = thinks || thought.IsBetweenTools;
        request.WantsThought = thinks && !thought.IsHidden;
        request.LoseIf(thought.IsHidden && thinks, "thinking.display"u8);
        request.ThinksBetweenTools = thought.IsBetweenTools;
        request.IsAdaptive = thought.IsAdaptive;
        request.ThinkingTokens = thought.Tokens;
        request.Effort = thought.IsOff ? ThinkingEffort.Off : thought.IsOn && thought.Tokens > 0 ? ThinkingEffort.Budget : thought.Effort;
        request.LoseIf(thought.Effort != ThinkingEffort.Unset && request.Effort != thought.Effort, "output_config.effort"u8);
    }

    private static void ReadFormat(NeutralRequest request, ref JsonWalk walk)
    {
        if (!walk.TryEnter(JsonToken.StartObject))
            return;
        while (walk.NextMember())
        {
            if (walk.Is("schema"u8) && walk.Token == JsonToken.StartObject)
                (request.Format, request.FormatSchema, request.FormatIsStrict) = (AnswerFormat.Schema, walk.Value(), true);
            else if (!walk.Is("type"u8) && !walk.IsNothing())
                request.Losses.Add("output_config.format"u8, walk.Name);
        }
    }
}
