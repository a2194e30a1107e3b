using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Dialects.OpenAi;

/// <summary>Reads the messages of a request for chat completions.</summary>
internal sealed class ChatMessageReader
{
    private readonly ChatThoughtReader _thoughts = new();
    private readonly OldCalls _oldCalls = new();
    private PieceTable _lostCalls;
    private PieceTable _customCalls;
    private NeutralRequest _request = null!;

    private enum Role : byte
    {
        Unknown,
        System,
        User,
        Assistant,
        Tool,
        Function,
    }

    /// <summary>Reads the array at hand.</summary>
    public EdgeError Read(NeutralRequest request, ref JsonWalk walk)
    {
        // A defect may have broken off the one before.
        ForgetCalls();
        _request = request;
        var error = ReadMessages(ref walk);
        ForgetCalls();
        return error;
    }

    private void ForgetCalls()
    {
        _lostCalls.Release();
        _customCalls.Release();
        _oldCalls.Clear();
    }

    private EdgeError ReadMessages(ref JsonWalk walk)
    {
        if (!walk.TryEnter(JsonToken.StartArray))
            return ChatRequestReader.Malformed("messages");
        while (walk.NextElement())
        {
            if (!walk.TryEnter(JsonToken.StartObject))
                return ChatRequestReader.Malformed("messages");
            if (!TryReadMessage(ref walk))
                return ChatRequestReader.Malformed("messages.role");
        }

        return default;
    }

    private bool TryReadMessage(ref JsonWalk walk)
    {
        var from = _request.Parts.Count;
        var role = Role.Unknown;
        _thoughts.Begin(_request);
        NeutralPart result = new() { Kind = PartKind.ToolResult };
        NeutralPart? thought = null;
        Piece mark = default;
        while (walk.NextMember())
        {
            if (walk.Is("role"u8))
                role = RoleOf(ref walk);
            else if (walk.Is("content"u8))
                ReadContent(ref walk);
            else if (walk.Is("tool_calls"u8))
                ReadCalls(ref walk);
            else if (walk.Is("function_call"u8) && walk.TryEnter(JsonToken.StartObject))
                ReadOldCall(ref walk);
            else if (walk.Is("name"u8) && walk.Token == JsonToken.String)
                result.Name = walk.Text;
            else if (walk.Is("tool_call_id"u8) && walk.Token == JsonToken.String)
                result.Id = walk.Text;
            else if (walk.Is("refusal"u8) && walk.Token == JsonToken.String)
                _request.Parts.Add(new NeutralPart { Kind = PartKind.Refusal, Text = walk.Text });
            else if (walk.Is("reasoning_content"u8) && walk.Token == JsonToken.String)
                thought = walk.Text.Length > 0 ? new NeutralPart { Kind = PartKind.Thinking, Text = walk.Text } : thought;
            else if (walk.Is("reasoning_details"u8) && walk.TryEnter(JsonToken.StartArray))
                _thoughts.Read(ref walk);
            else if (!PromptCache.TryRead(ref walk, ref mark) && !walk.IsNothing())
                _request.Losses.Add("messages"u8, walk.Name);
        }

        // The text alone is of no use beside the same thoughts with what proves them.
        if (!_thoughts.TryPlace(from) && thought is { } unproved)
            _request.Parts.Insert(from, unproved);

        // Nobody takes an answer to a call that was not made.
        if (role == Role.Tool && IsOf(_lostCalls, result.Id))
            return LoseResult(from, "messages.tool_call_id"u8);
        if (role == Role.Function && !_oldCalls.TryAnswer(_request.Source, ref result))
            return LoseResult(from, "messages.name"u8);
        _request.LoseIf(result.Name.IsPresent && role != Role.Function, "messages.name"u8);
        if (role is Role.Tool or Role.Function)
            MakeResult(from, result with { IsCustom = IsOf(_customCalls, result.Id), CacheMark = mark });
        else if (mark.IsPresent && _request.Parts.Count > from)
            _request.Parts[^1] = _request.Parts[^1] with { CacheMark = mark };
        _request.EndMessage(role switch { Role.System => NeutralRole.System, Role.Assistant => NeutralRole.Assistant, _ => NeutralRole.User }, from);
        return role != Role.Unknown;
    }

    private bool LoseResult(int from, ReadOnlySpan<byte> name)
    {
        _request.Parts.RemoveRange(from, _request.Parts.Count - from);
        _request.Losses.Add(name);
        return true;
    }

    private void ReadOldCall(ref JsonWalk walk)
    {
        NeutralPart call = new() { Kind = PartKind.ToolCall };
        _thoughts.PassCall();
        ReadFunction(ref walk, ref call);
        _request.LoseIf(!call.Name.IsPresent, "messages.function_call"u8);
        if (!call.Name.IsPresent)
            return;
        _oldCalls.Add(_request.Source, ref call);
        _request.Parts.Add(call);
    }

    private bool IsOf(in PieceTable calls, Piece id) => id.IsPresent && calls.Find(_request.Source, id) >= 0;

    private void MakeResult(int from, NeutralPart result)
    {
        for (var i = from; i < _request.Parts.Count; i++)
            _request.Parts[i] = _request.Parts[i] with { IsOfResult = true };
        _request.Parts.Insert(from, result);
    }

    private static Role RoleOf(ref JsonWalk walk) =>
        walk.IsText("user"u8) ? Role.User : walk.IsText("assistant"u8) ? Role.Assistant
        : walk.IsText("system"u8) || walk.IsText("developer"u8) ? Role.System : walk.IsText("tool"u8) ? Role.Tool
        : walk.IsText("function"u8) ? Role.Function : Role.Unknown;

    private void ReadContent(ref JsonWalk walk)
    {
        if (walk.Token == JsonToken.String)
            _request.Parts.Add(new NeutralPart { Kind = PartKind.Text, Text = walk.Text });
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
        var from = _request.Parts.Count;
        var found = false;
        Piece mark = default;
        while (walk.NextMember())
        {
            if (walk.Is("type"u8) || PromptCache.TryRead(ref walk, ref mark))
                continue;
            if (walk.Is("text"u8) && walk.Token == JsonToken.String)
                Add(PartKind.Text, walk.Text, ref found);
            else if (walk.Is("refusal"u8) && walk.Token == JsonToken.String)
                Add(PartKind.Refusal, walk.Text, ref found);
            else if (walk.Is("image_url"u8))
                found |= ReadImage(ref walk);
            else if (walk.Is("file"u8) && walk.TryEnter(JsonToken.StartObject))
                found |= ReadFile(ref walk);
            else if (walk.Is("input_audio"u8) && walk.TryEnter(JsonToken.StartObject))
                found |= ReadAudio(ref walk);
            else if (!walk.IsNothing())
                Lose(walk.Name, ref found);
        }

        _request.LoseIf(!found, "messages.content"u8);
        if (mark.IsPresent && _request.Parts.Count > from)
            _request.Parts[^1] = _request.Parts[^1] with { CacheMark = mark };
    }

    private void Lose(ReadOnlySpan<byte> name, ref bool found)
    {
        _request.Losses.Add("messages.content"u8, name);
        found = true;
    }

    private void Add(PartKind kind, Piece text, ref bool found)
    {
        _request.Parts.Add(new NeutralPart { Kind = kind, Text = text });
        found = true;
    }

    private bool ReadImage(ref JsonWalk walk)
    {
        if (walk.Token == JsonToken.String)
            return AddImage(_request, walk.Text);
        if (!walk.TryEnter(JsonToken.StartObject))
            return false;
        var found = false;
        Piece detail = default;
        while (walk.NextMember())
        {
            if (walk.Is("url"u8) && walk.Token == JsonToken.String)
                found = AddImage(_request, walk.Text);
            else if (walk.Is("detail"u8) && walk.Token == JsonToken.String)
                detail = walk.IsText("auto"u8) ? default : walk.Text;
            else if (!walk.IsNothing())
                _request.Losses.Add("messages.content.image_url"u8, walk.Name);
        }

        if (found)
            _request.Parts[^1] = _request.Parts[^1] with { Detail = detail };
        return found;
    }

    /// <summary>A picture by its URL, which may hold its data itself.</summary>
    internal static bool AddImage(NeutralRequest request, Piece url)
    {
        var part = new NeutralPart { Kind = PartKind.ImageUrl, Text = url };
        if (DataUrl.TryRead(request.Source, url, out var media, out var data))
            part = part with { Kind = PartKind.Image, Media = media, Text = data };
        request.Parts.Add(part);
        return true;
    }

    private bool ReadFile(ref JsonWalk walk)
    {
        NeutralPart part = new() { Kind = PartKind.File };
        while (walk.NextMember())
        {
            if (walk.Is("filename"u8) && walk.Token == JsonToken.String)
                part.Name = walk.Text;
            else if (walk.Is("file_data"u8) && walk.Token == JsonToken.String && DataUrl.TryRead(_request.Source, walk.Text, out var media, out var data))
                (part.Media, part.Text) = (media, data);
            else if (walk.Is("file_id"u8) && walk.Token == JsonToken.String)
                _request.Elsewhere = "messages.content.file.file_id";
            else if (!walk.IsNothing())
                _request.Losses.Add("messages.content.file"u8, walk.Name);
        }

        if (part.Text.IsPresent)
            _request.Parts.Add(part);
        return part.Text.IsPresent;
    }

    private bool ReadAudio(ref JsonWalk walk)
    {
        NeutralPart part = new() { Kind = PartKind.Audio };
        while (walk.NextMember())
        {
            if (walk.Is("data"u8) && walk.Token == JsonToken.String)
                part.Text = walk.Text;
            else if (walk.Is("format"u8) && walk.Token == JsonToken.String)
                part.Media = walk.Text;
            else if (!walk.IsNothing())
                _request.Losses.Add("messages.content.input_audio"u8, walk.Name);
        }

        var isThere = part.Text.IsPresent && part.Media.IsPresent;
        if (isThere)
            _request.Parts.Add(part);
        return isThere;
    }

    private void ReadCalls(ref JsonWalk walk)
    {
        if (!walk.TryEnter(JsonToken.StartArray))
            return;
        while (walk.NextElement())
        {
            if (!walk.TryEnter(JsonToken.StartObject))
                continue;
            _thoughts.PassCall();
            NeutralPart call = new() { Kind = PartKind.ToolCall };
            while (walk.NextMember())
            {
                if (walk.Is("id"u8) && walk.Token == JsonToken.String)
                    call.Id = walk.Text;
                else if (walk.Is("function"u8) && walk.TryEnter(JsonToken.StartObject))
                    ReadFunction(ref walk, ref call);
                else if (walk.Is("custom"u8) && walk.TryEnter(JsonToken.StartObject))
                    ReadFunction(ref walk, ref call, isCustom: true);
                else if (walk.Is("extra_content"u8) && walk.TryEnter(JsonToken.StartObject))
                    ReadProof(ref walk, ref call);
                else if (!walk.Is("type"u8) && !walk.Is("index"u8) && !walk.IsNothing())
                    _request.Losses.Add("messages.tool_calls"u8, walk.Name);
            }

            _request.LoseIf(!call.Name.IsPresent, "messages.tool_calls"u8);
            if (call is { IsCustom: true, Name.IsPresent: true, Id.IsPresent: true })
                _customCalls.At(_request.Source, call.Id) = 0;
            if (call.Name.IsPresent)
                _request.Parts.Add(call);
            else if (call.Id.IsPresent)
                _lostCalls.At(_request.Source, call.Id) = 0;
        }
    }

    private void ReadProof(ref JsonWalk walk, ref NeutralPart call)
    {
        while (walk.NextMember())
        {
            if (!walk.Is("google"u8) || !walk.TryEnter(JsonToken.StartObject))
            {
                _request.LoseIf(!walk.IsNothing(), "messages.tool_calls.extra_content"u8);
                continue;
            }

            while (walk.NextMember())
            {
                if (walk.Is("thought_signature"u8) && walk.Token == JsonToken.String)
                    call.Signature = walk.Text;
                else
                    _request.LoseIf(!walk.IsNothing(), "messages.tool_calls.extra_content"u8);
            }
        }
    }

    private void ReadFunction(ref JsonWalk walk, ref NeutralPart call, bool isCustom = false)
    {
        call.IsCustom = isCustom;
        while (walk.NextMember())
        {
            if (walk.Is("name"u8) && walk.Token == JsonToken.String)
                call.Name = walk.Text;
            else if (walk.Is(isCustom ? "input"u8 : "arguments"u8) && walk.Token == JsonToken.String)
                call.Text = walk.Text;
            else if (!walk.IsNothing())
                _request.Losses.Add(isCustom ? "messages.tool_calls.custom"u8 : "messages.tool_calls.function"u8, walk.Name);
        }
    }
}
