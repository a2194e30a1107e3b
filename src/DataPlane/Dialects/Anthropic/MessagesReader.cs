using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Dialects.Anthropic;

/// <summary>Reads the turns of a request for Messages, and its system prompt.</summary>
internal sealed class MessagesReader
{
    private NeutralRequest _request = null!;
    private Piece _callProof;

    /// <summary>A block while it is read: its members may stand in any order.</summary>
    private struct Block
    {
        public NeutralPart Part;
        public Piece Type;
        public Piece SourceType;
        public Piece Data;
        public Piece Url;
        public int From;
    }

    /// <summary>Reads the array at hand; false if it is none of turns.</summary>
    public bool TryRead(NeutralRequest request, ref JsonWalk walk)
    {
        _request = request;
        if (!walk.TryEnter(JsonToken.StartArray))
            return false;
        while (walk.NextElement())
        {
            if (!walk.TryEnter(JsonToken.StartObject) || !TryReadTurn(ref walk))
                return false;
        }

        return true;
    }

    /// <summary>The system prompt at hand stands before all turns, wherever it stands in the body; false if there was one already.</summary>
    public bool TryReadSystem(NeutralRequest request, ref JsonWalk walk)
    {
        _request = request;
        var from = request.Parts.Count;
        ReadContent(ref walk, isOfResult: false);
        LeaveAttribution(from);
        return request.TryOpen(from);
    }

    /// <summary>Who asks is told to Anthropic alone.</summary>
    private void LeaveAttribution(int from)
    {
        if (from == _request.Parts.Count || _request.Parts[from] is not { Kind: PartKind.Text } part)
            return;
        var length = AttributionLine.Length(part.Text.Of(_request.Source), DialectTraits.Of(Dialect.Anthropic).Attribution);
        if (length == 0)
            return;
        part.Text = new Piece(part.Text.Start + length, part.Text.Length - length);
        if (part.Text.Length > 0)
            _request.Parts[from] = part;
        else
            _request.Parts.RemoveAt(from);
    }

    private bool TryReadTurn(ref JsonWalk walk)
    {
        var from = _request.Parts.Count;
        _callProof = default;
        NeutralRole? role = null;
        while (walk.NextMember())
        {
            if (walk.Is("role"u8))
                role = walk.IsText("user"u8) ? NeutralRole.User : walk.IsText("assistant"u8) ? NeutralRole.Assistant
                    : walk.IsText("system"u8) ? NeutralRole.System : null;
            else if (walk.Is("content"u8))
                ReadContent(ref walk, isOfResult: false);
            else if (!walk.IsNothing())
                _request.Losses.Add("messages"u8, walk.Name);
        }

        _request.EndMessage(role ?? NeutralRole.User, from);
        return role is not null;
    }

    private void ReadContent(ref JsonWalk walk, bool isOfResult)
    {
        if (walk.Token == JsonToken.String)
            _request.Parts.Add(new NeutralPart { Kind = PartKind.Text, Text = walk.Text, IsOfResult = isOfResult });
        if (!walk.TryEnter(JsonToken.StartArray))
            return;
        while (walk.NextElement())
        {
            if (walk.TryEnter(JsonToken.StartObject))
                ReadBlock(ref walk, isOfResult);
        }
    }

    private void ReadBlock(ref JsonWalk walk, bool isOfResult)
    {
        Block block = new() { From = _request.Parts.Count };
        while (walk.NextMember())
            ReadMember(ref walk, ref block);
        block.Part.IsOfResult = isOfResult;
        if (KindOf(ref block) is { } kind)
        {
            block.Part.Kind = kind;
            if (kind == PartKind.Thinking && CallProof.TryRead(_request.Source, block.Part.Signature, out _callProof))
                return;
            if (kind == PartKind.Thinking && UnprovedThought.Is(_request.Source, block.Part.Signature))
                block.Part.Signature = default;
            if (kind == PartKind.Thinking && SealedThought.TryRead(_request.Source, block.Part.Signature, out var seal))
                (block.Part.Signature, block.Part.IsSealed) = (seal, true);
            if (kind == PartKind.ToolCall)
                (block.Part.Signature, _callProof) = (_callProof, default);
            _request.Parts.Insert(block.From, block.Part);
            return;
        }

        // What stands in a block that nobody here knows is as lost as the block.
        _request.Parts.RemoveRange(block.From, _request.Parts.Count - block.From);
        _request.Losses.Add("messages.content"u8, block.Type.Of(_request.Source));
    }

    private void ReadMember(ref JsonWalk walk, ref Block block)
    {
        if (walk.Token == JsonToken.String && TakeText(ref walk, ref block))
            return;
        if (walk.Is("input"u8) && walk.Token == JsonToken.StartObject)
            (block.Part.Text, block.Part.IsObject) = (walk.Value(), true);
        else if (walk.Is("source"u8) && walk.TryEnter(JsonToken.StartObject))
            ReadSource(ref walk, ref block);
        else if (walk.Is("content"u8))
            ReadContent(ref walk, isOfResult: true);
        else if (walk.Is("is_error"u8))
            block.Part.IsError = walk.Token == JsonToken.True;
        else if (!PromptCache.TryRead(ref walk, ref block.Part.CacheMark) && !walk.IsNothing())
            _request.Losses.Add("messages.content"u8, walk.Name);
    }

    private static bool TakeText(ref JsonWalk walk, ref Block block)
    {
        if (walk.Is("type"u8))
            block.Type = walk.Text;
        else if (walk.Is("text"u8) || walk.Is("thinking"u8) || walk.Is("data"u8))
            block.Part.Text = walk.Text;
        else if (walk.Is("signature"u8))
            block.Part.Signature = walk.Text;
        else if (walk.Is("id"u8) || walk.Is("tool_use_id"u8))
            block.Part.Id = walk.Text;
        else if (walk.Is("name"u8) || walk.Is("title"u8))
            block.Part.Name = walk.Text;
        else
            return false;
        return true;
    }

    private void ReadSource(ref JsonWalk walk, ref Block block)
    {
        while (walk.NextMember())
        {
            if (walk.Token != JsonToken.String)
            {
                if (!walk.IsNothing())
                    _request.Losses.Add("messages.content.source"u8, walk.Name);
                continue;
            }

            if (walk.Is("type"u8))
                block.SourceType = walk.Text;
            else if (walk.Is("media_type"u8))
                block.Part.Media = walk.Text;
            else if (walk.Is("data"u8))
                block.Data = walk.Text;
            else if (walk.Is("url"u8))
                block.Url = walk.Text;
            else if (walk.Is("file_id"u8))
                _request.Elsewhere = "messages.content.source.file_id";
        }
    }

    /// <summary>What the block is; null for what has no neutral form.</summary>
    private PartKind? KindOf(ref Block block)
    {
        var type = block.Type.Of(_request.Source);
        if (type.SequenceEqual("text"u8))
            return PartKind.Text;
        if (type.SequenceEqual("tool_use"u8))
            return PartKind.ToolCall;
        if (type.SequenceEqual("tool_result"u8))
            return PartKind.ToolResult;
        if (type.SequenceEqual("thinking"u8))
            return PartKind.Thinking;
        if (type.SequenceEqual("redacted_thinking"u8))
            return PartKind.HiddenThinking;
        var isImage = type.SequenceEqual("image"u8);
        if (!isImage && !type.SequenceEqual("document"u8))
            return null;
        var source = block.SourceType.Of(_request.Source);
        if (source.SequenceEqual("text"u8) && block.Data.IsPresent)
        {
            // A document in plain text is text; that it has a title, others cannot be told.
            _request.LoseIf(block.Part.Name.IsPresent, _request.Names.FileName);
            block.Part.Text = block.Data;
            return PartKind.Text;
        }

        block.Part.Text = block.Url.IsPresent ? block.Url : block.Data;
        if (source.SequenceEqual("base64"u8) && block.Data.IsPresent)
            return isImage ? PartKind.Image : PartKind.File;
        if (!block.Url.IsPresent)
            return null;
        return isImage ? PartKind.ImageUrl : PartKind.FileUrl;
    }
}
