using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Dialects.Gemini;

/// <summary>
/// Reads the contents of a request. Calls mostly have no ids here: they are counted, and a result without one that a call has belongs to the first call
/// of its name that has none yet. One that belongs to no call is lost: nobody takes it.
/// </summary>
internal sealed class ContentsReader
{
    private readonly OpenCalls _calls = new();

    /// <summary>What stands beside the object of a result that is being read.</summary>
    private readonly List<NeutralPart> _media = [];
    private NeutralRequest _request = null!;

    /// <summary>A part while it is read: its members may stand in any order.</summary>
    private struct Part
    {
        public NeutralPart Value;
        public PartKind? Kind;
        public bool IsThought;
        public bool IsLost;
    }

    /// <summary>A request begins, of whose calls nothing is known: what comes first in it may be its system instruction.</summary>
    public void Begin(NeutralRequest request)
    {
        // A defect may have broken off the one before.
        End();
        _request = request;
    }

    /// <summary>It is read: what was known of its calls is forgotten.</summary>
    public void End() => _calls.Clear();

    /// <summary>Reads the array at hand; false if it is none of contents.</summary>
    public bool TryRead(NeutralRequest request, ref JsonWalk walk)
    {
        if (!walk.TryEnter(JsonToken.StartArray))
            return false;
        while (walk.NextElement())
        {
            if (!walk.TryEnter(JsonToken.StartObject))
                return false;
            var from = request.Parts.Count;
            var role = ReadContent(ref walk);
            request.EndMessage(role, from);
        }

        return true;
    }

    /// <summary>Reads the system instruction at hand, which stands before all contents; false if there was one already.</summary>
    public bool TryReadSystem(NeutralRequest request, ref JsonWalk walk)
    {
        var from = request.Parts.Count;
        if (walk.Token == JsonToken.String)
            request.Parts.Add(new NeutralPart { Kind = PartKind.Text, Text = walk.Text });
        else if (walk.TryEnter(JsonToken.StartObject))
            ReadContent(ref walk);
        else
            return true;
        return request.TryOpen(from);
    }

    private NeutralRole ReadContent(ref JsonWalk walk)
    {
        var role = NeutralRole.User;
        while (walk.NextMember())
        {
            if (walk.Is("role"u8))
                role = walk.IsText("model"u8) ? NeutralRole.Assistant : NeutralRole.User;
            else if (walk.Is("parts"u8))
                ReadParts(ref walk);
            else if (!walk.IsNothing())
                _request.Losses.Add("contents"u8, walk.Name);
        }

        return role;
    }

    private void ReadParts(ref JsonWalk walk)
    {
        if (walk.TryEnter(JsonToken.StartObject))
        {
            ReadPart(ref walk);
            return;
        }

        if (!walk.TryEnter(JsonToken.StartArray))
            return;
        while (walk.NextElement())
        {
            if (walk.TryEnter(JsonToken.StartObject))
                ReadPart(ref walk);
        }
    }

    private void ReadPart(ref JsonWalk walk)
    {
        Part part = default;
        while (walk.NextMember())
            ReadMember(ref walk, ref part);
        if (part.Kind is not { } kind)
        {
            _request.LoseIf(!part.IsLost, "contents.parts"u8);
            return;
        }

        part.Value.Kind = part.IsThought && kind == PartKind.Text ? PartKind.Thinking : kind;
        if (part.Value.Kind == PartKind.Thinking)
            part.Value.Signature = default;
        if (kind == PartKind.ToolCall)
        {
            part.Value.Ordinal = _calls.Count;
            _calls.Add(_request.Source, part.Value, _request.Parts.Count);
        }

        if (kind == PartKind.ToolResult)
        {
            AddResult(part.Value);
            return;
        }

        _request.Parts.Add(part.Value);
    }

    private void ReadMember(ref JsonWalk walk, ref Part part)
    {
        if (walk.Is("text"u8) && walk.Token == JsonToken.String)
            (part.Kind, part.Value.Text) = (PartKind.Text, walk.Text);
        else if (walk.Is("thought"u8))
            part.IsThought = walk.Token == JsonToken.True;
        else if (ContentsRequestReader.Is(ref walk, "inlineData"u8, "inline_data"u8) && walk.TryEnter(JsonToken.StartObject))
            ReadData(ref walk, ref part, isUrl: false);
        else if (ContentsRequestReader.Is(ref walk, "fileData"u8, "file_data"u8) && walk.TryEnter(JsonToken.StartObject))
            ReadData(ref walk, ref part, isUrl: true);
        else if (ContentsRequestReader.Is(ref walk, "functionCall"u8, "function_call"u8) && walk.TryEnter(JsonToken.StartObject))
            ReadCall(ref walk, ref part, "args"u8, PartKind.ToolCall);
        else if (ContentsRequestReader.Is(ref walk, "functionResponse"u8, "function_response"u8) && walk.TryEnter(JsonToken.StartObject))
            ReadCall(ref walk, ref part, "response"u8, PartKind.ToolResult);
        else if (!walk.IsNothing())
        {
            _request.Losses.Add("contents.parts"u8, walk.Name);
            part.IsLost = true;
        }
    }

    private void ReadData(ref JsonWalk walk, ref Part part, bool isUrl)
    {
        while (walk.NextMember())
        {
            if (ContentsRequestReader.Is(ref walk, "mimeType"u8, "mime_type"u8) && walk.Token == JsonToken.String)
                part.Value.Media = walk.Text;
            else if ((walk.Is("data"u8) || ContentsRequestReader.Is(ref walk, "fileUri"u8, "file_uri"u8)) && walk.Token == JsonToken.String)
                part.Value.Text = walk.Text;
            else if (ContentsRequestReader.Is(ref walk, "displayName"u8, "display_name"u8) && walk.Token == JsonToken.String)
                part.Value.Name = walk.Text;
            else if (!walk.IsNothing())
                _request.Losses.Add("contents.parts.inlineData"u8, walk.Name);
        }

        var media = part.Value.Media.Of(_request.Source);
        if (!isUrl && Sound.TryRead(_request.Source, part.Value.Media, out var format))
        {
            (part.Kind, part.Value.Media) = (PartKind.Audio, format);
            return;
        }

        var isImage = media.StartsWith("image/"u8) || media.StartsWith("image\\/"u8);
        if (media.StartsWith("audio"u8) || media.StartsWith("video"u8))
        {
            part.IsLost = true;
            _request.Losses.Add("contents.parts.inlineData"u8, media[..5]);
            return;
        }

        // Nobody else has names of pictures.
        if (isImage)
        {
            _request.LoseIf(part.Value.Name.IsPresent, _request.Names.FileName);
            part.Value.Name = default;
        }

        part.Kind = isUrl ? isImage ? PartKind.ImageUrl : PartKind.FileUrl : isImage ? PartKind.Image : PartKind.File;
    }

    private void ReadCall(ref JsonWalk walk, ref Part part, ReadOnlySpan<byte> value, PartKind kind)
    {
        part.Kind = kind;
        _media.Clear();
        while (walk.NextMember())
        {
            if (walk.Is("id"u8) && walk.Token == JsonToken.String)
                part.Value.Id = walk.Text;
            else if (walk.Is("name"u8) && walk.Token == JsonToken.String)
                part.Value.Name = walk.Text;
            else if (walk.Is(value) && walk.Token == JsonToken.StartObject)
                (part.Value.Text, part.Value.IsObject) = (walk.Value(), true);
            else if (kind == PartKind.ToolResult && walk.Is("parts"u8) && walk.TryEnter(JsonToken.StartArray))
                ReadMedia(ref walk);
            else if (!walk.IsNothing())
                _request.Losses.Add(kind == PartKind.ToolCall ? "contents.parts.functionCall"u8 : "contents.parts.functionResponse"u8, walk.Name);
        }
    }

    private void ReadMedia(ref JsonWalk walk)
    {
        while (walk.NextElement())
        {
            Part media = default;
            if (!walk.TryEnter(JsonToken.StartObject))
                continue;
            while (walk.NextMember())
            {
                if (ContentsRequestReader.Is(ref walk, "inlineData"u8, "inline_data"u8) && walk.TryEnter(JsonToken.StartObject))
                    ReadData(ref walk, ref media, isUrl: false);
                else if (ContentsRequestReader.Is(ref walk, "fileData"u8, "file_data"u8) && walk.TryEnter(JsonToken.StartObject))
                    ReadData(ref walk, ref media, isUrl: true);
                else if (!walk.IsNothing())
                    _request.Losses.Add("contents.parts.functionResponse.parts"u8, walk.Name);
            }

            if (media.Kind is { } kind)
                _media.Add(media.Value with { Kind = kind, IsOfResult = true });
        }
    }

    /// <summary>What was answered is an object; to others it is the text of that object.</summary>
    private void AddResult(NeutralPart result)
    {
        if (_calls.Answer(_request.Source, result) is not (var number and >= 0))
        {
            _request.Losses.Add(_request.Names.ResultContent);
            return;
        }

        (result.Ordinal, result.Id) = (number, _request.Parts[_calls.PartOf(number)].Id);
        var text = result.Text;
        result.Text = default;
        _request.Parts.Add(result);
        if (text.IsPresent)
            _request.Parts.Add(new NeutralPart { Kind = PartKind.Text, Text = text, IsObject = true, IsOfResult = true });
        _request.Parts.AddRange(_media);
    }
}
