using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Dialects.OpenAi.Responses;

/// <summary>
/// Reads the items of a request's input. What the assistant thought, said and called in one turn are items of their own; here they are one
/// message, and so are the results that follow.
/// </summary>
internal sealed class ResponsesInputReader
{
    /// <summary>What an item is called that stands for another.</summary>
    public const string Reference = "input.item_reference";

    private const int ScratchBytes = 64;

    private NeutralRequest _request = null!;
    private Turn _turn;
    private int _from;
    private Piece _callProof;

    // The turn's parts that were looked at for what they say and call.
    private int _read;
    private bool _says;
    private bool _calls;

    private enum Turn : byte
    {
        None,
        Assistant,
        Results,
    }

    /// <summary>Reads the value at hand: a text, or items.</summary>
    public EdgeError Read(NeutralRequest request, ref JsonWalk walk)
    {
        _request = request;
        _turn = Turn.None;
        if (walk.Token == JsonToken.String)
        {
            request.Parts.Add(new NeutralPart { Kind = PartKind.Text, Text = walk.Text });
            request.EndMessage(NeutralRole.User, request.Parts.Count - 1);
            return default;
        }

        if (!walk.TryEnter(JsonToken.StartArray))
            return ChatRequestReader.Malformed("input");
        while (walk.NextElement())
        {
            if (walk.Token != JsonToken.StartObject)
                return ChatRequestReader.Malformed("input");
            if (ReadItem(walk.Value()) is { IsError: true } error)
                return error;
        }

        EndTurn();
        return default;
    }

    private EdgeError ReadItem(Piece element)
    {
        var type = ItemType.Of(_request.Source, element);
        var walk = new JsonWalk(_request.Source, element, stackalloc byte[ScratchBytes]);
        walk.TryBegin();
        if (type.IsEmpty || type.SequenceEqual("message"u8))
            return ReadMessage(element, ref walk, isNamed: !type.IsEmpty);
        var isCustom = type.StartsWith("custom_tool_call"u8);
        if (type.SequenceEqual("function_call"u8) || type.SequenceEqual("custom_tool_call"u8))
            ReadCall(ref walk, isCustom);
        else if (type.SequenceEqual("function_call_output"u8) || type.SequenceEqual("custom_tool_call_output"u8))
            ReadResult(ref walk, isCustom);
        else if (type.SequenceEqual("reasoning"u8))
            ReadReasoning(ref walk);
        else if (type.SequenceEqual("item_reference"u8))
            _request.Elsewhere = Reference;
        else if (type.SequenceEqual("additional_tools"u8))
            ReadTools(ref walk);
        else
            _request.Losses.Add("input"u8, type);
        return default;
    }

    /// <summary>An item of neither type nor role is one that OpenAI keeps.</summary>
    private EdgeError ReadMessage(Piece element, ref JsonWalk walk, bool isNamed)
    {
        if (RoleOf(element, out var isThere) is not { } role)
        {
            if (isThere || isNamed)
                return ChatRequestReader.Malformed("input.role");
            _request.Elsewhere = Reference;
            return default;
        }

        if (role != NeutralRole.Assistant || (_turn == Turn.Assistant && SaysWithoutCalls()))
            EndTurn();
        var from = _request.Parts.Count;
        if (role == NeutralRole.Assistant)
            BeginTurn(Turn.Assistant);
        while (walk.NextMember())
        {
            if (walk.Is("content"u8))
                ReadContent(ref walk, isOfResult: false);
            else if (!walk.Is("type"u8) && !walk.Is("role"u8) && !IsOfItem(ref walk) && !walk.IsNothing())
                _request.Losses.Add("input"u8, walk.Name);
        }

        if (role != NeutralRole.Assistant)
            _request.EndMessage(role, from);
        return default;
    }

    private NeutralRole? RoleOf(Piece element, out bool isThere)
    {
        var walk = new JsonWalk(_request.Source, element, stackalloc byte[ScratchBytes]);
        isThere = false;
        NeutralRole? role = null;
        for (var isIn = walk.TryBegin(); isIn && walk.NextMember();)
        {
            if (!walk.Is("role"u8))
                continue;
            isThere = true;
            role = walk.IsText("user"u8) ? NeutralRole.User : walk.IsText("assistant"u8) ? NeutralRole.Assistant
                : walk.IsText("system"u8) || walk.IsText("developer"u8) ? NeutralRole.System : null;
        }

        return role;
    }

    /// <summary>What OpenAI itself calls an item by.</summary>
    private static bool IsOfItem(ref JsonWalk walk) => walk.Is("id"u8) || walk.Is("status"u8);

    private void BeginTurn(Turn turn)
    {
        if (_turn == turn)
            return;
        EndTurn();
        (_turn, _from, _callProof) = (turn, _request.Parts.Count, default);
        (_read, _says, _calls) = (_from, false, false);
    }

    private void EndTurn()
    {
        if (_turn != Turn.None && _request.Parts.Count > _from)
            _request.EndMessage(_turn == Turn.Assistant ? NeutralRole.Assistant : NeutralRole.User, _from);
        _turn = Turn.None;
    }

    /// <summary>Whether the assistant's turn has text and no calls: what is said next is another message then.</summary>
    private bool SaysWithoutCalls()
    {
        for (; _read < _request.Parts.Count; _read++)
        {
            _calls |= _request.Parts[_read].Kind == PartKind.ToolCall;
            _says |= _request.Parts[_read].Kind is PartKind.Text or PartKind.Refusal;
        }

        return _says && !_calls;
    }

    private void ReadContent(ref JsonWalk walk, bool isOfResult)
    {
        if (walk.Token == JsonToken.String)
            _request.Parts.Add(new NeutralPart { Kind = PartKind.Text, Text = walk.Text, IsOfResult = isOfResult });
        if (!walk.TryEnter(JsonToken.StartArray))
            return;
        while (walk.NextElement())
        {
            var from = _request.Parts.Count;
            if (walk.TryEnter(JsonToken.StartObject))
                ReadPart(ref walk);
            for (var p = from; p < _request.Parts.Count; p++)
                _request.Parts[p] = _request.Parts[p] with { IsOfResult = isOfResult };
        }
    }

    private void ReadPart(ref JsonWalk walk)
    {
        NeutralPart file = new() { Kind = PartKind.File };
        var found = false;
        while (walk.NextMember())
        {
            if (walk.Is("type"u8) || (walk.Is("detail"u8) && walk.IsText("auto"u8)))
                continue;
            if (walk.Is("detail"u8) && walk.Token == JsonToken.String)
            {
                file.Detail = walk.Text;
                continue;
            }

            if (walk.Token != JsonToken.String || !TakeText(ref walk, ref file, ref found))
            {
                if (walk.IsNothing())
                    continue;
                _request.Losses.Add("input.content"u8, walk.Name);
                found = true;
            }
        }

        if (file.Detail.IsPresent && found && _request.Parts.Count > 0 && _request.Parts[^1].Kind is (PartKind.Image or PartKind.ImageUrl))
            _request.Parts[^1] = _request.Parts[^1] with { Detail = file.Detail };
        else
            _request.LoseIf(file.Detail.IsPresent, _request.Names.Detail);
        if (file.Text.IsPresent)
            _request.Parts.Add(file);
        _request.LoseIf(!found && !file.Text.IsPresent, "input.content"u8);
    }

    private bool TakeText(ref JsonWalk walk, ref NeutralPart file, ref bool found)
    {
        if (walk.Is("text"u8) || walk.Is("refusal"u8))
        {
            _request.Parts.Add(new NeutralPart { Kind = walk.Is("text"u8) ? PartKind.Text : PartKind.Refusal, Text = walk.Text });
            found = true;
        }
        else if (walk.Is("image_url"u8))
        {
            ChatMessageReader.AddImage(_request, walk.Text);
            found = true;
        }
        else if (walk.Is("filename"u8))
            file.Name = walk.Text;
        else if (walk.Is("file_data"u8) && DataUrl.TryRead(_request.Source, walk.Text, out var media, out var data))
            (file.Media, file.Text) = (media, data);
        else if (walk.Is("file_id"u8))
            (_request.Elsewhere, found) = ("input.content.file_id", true);
        else if (walk.Is("file_url"u8))
            (file.Kind, file.Text) = (PartKind.FileUrl, walk.Text);
        else
            return false;
        return true;
    }

    private void ReadCall(ref JsonWalk walk, bool isCustom)
    {
        BeginTurn(Turn.Assistant);
        NeutralPart call = new() { Kind = PartKind.ToolCall, Signature = _callProof, IsCustom = isCustom };
        _callProof = default;
        while (walk.NextMember())
        {
            if (walk.Is("call_id"u8) && walk.Token == JsonToken.String)
                call.Id = walk.Text;
            else if (walk.Is("name"u8) && walk.Token == JsonToken.String)
                call.Name = walk.Text;
            else if (walk.Is("namespace"u8) && walk.Token == JsonToken.String)
                call.Namespace = walk.Text;
            else if (walk.Is(isCustom ? "input"u8 : "arguments"u8) && walk.Token == JsonToken.String)
                call.Text = walk.Text;
            else if (!walk.Is("type"u8) && !IsOfItem(ref walk) && !walk.IsNothing())
                _request.Losses.Add("input.function_call"u8, walk.Name);
        }

        _request.LoseIf(!call.Name.IsPresent, "input.function_call"u8);
        if (call.Name.IsPresent)
            _request.Parts.Add(call);
    }

    private void ReadResult(ref JsonWalk walk, bool isCustom)
    {
        BeginTurn(Turn.Results);
        var at = _request.Parts.Count;
        _request.Parts.Add(new NeutralPart { Kind = PartKind.ToolResult, IsCustom = isCustom });
        while (walk.NextMember())
        {
            if (walk.Is("call_id"u8) && walk.Token == JsonToken.String)
                _request.Parts[at] = _request.Parts[at] with { Id = walk.Text };
            else if (walk.Is("output"u8))
                ReadContent(ref walk, isOfResult: true);
            else if (!walk.Is("type"u8) && !walk.Is("name"u8) && !walk.Is("namespace"u8) && !IsOfItem(ref walk) && !walk.IsNothing())
                _request.Losses.Add("input.function_call_output"u8, walk.Name);
        }
    }

    /// <summary>Tools that are declared among what is said; a conversation may declare the same ones again.</summary>
    private void ReadTools(ref JsonWalk walk)
    {
        while (walk.NextMember())
        {
            if (walk.Is("tools"u8) && walk.Token == JsonToken.StartArray)
                ResponsesToolReader.Read(_request, ref walk);
            else if (!walk.Is("type"u8) && !walk.Is("role"u8) && !IsOfItem(ref walk) && !walk.IsNothing())
                _request.Losses.Add("input.additional_tools"u8, walk.Name);
        }

        _request.MayRepeatTools = true;
    }

    /// <summary>Thought, with what proves it if that comes from here; what OpenAI proves means nothing to others.</summary>
    private void ReadReasoning(ref JsonWalk walk)
    {
        BeginTurn(Turn.Assistant);
        var at = _request.Parts.Count;
        Piece proof = default;
        var isHidden = false;
        while (walk.NextMember())
        {
            if ((walk.Is("summary"u8) || walk.Is("content"u8)) && walk.TryEnter(JsonToken.StartArray))
                ReadThoughts(ref walk);
            else if (walk.Is("encrypted_content"u8) && walk.Token == JsonToken.String && TryProve(walk.Text, ref proof, ref isHidden))
                continue;
            else if (!walk.Is("type"u8) && !IsOfItem(ref walk) && !walk.IsNothing())
                _request.Losses.Add("input.reasoning"u8, walk.Name);
        }

        if (!proof.IsPresent)
            return;
        if (isHidden)
            _request.Parts.Add(new NeutralPart { Kind = PartKind.HiddenThinking, Text = proof });
        else if (_request.Parts.Count > at)
            _request.Parts[at] = _request.Parts[at] with { Signature = proof };
        else
            _request.Parts.Add(new NeutralPart { Kind = PartKind.Thinking, Signature = proof });
    }

    private bool TryProve(Piece text, ref Piece proof, ref bool isHidden) =>
        UnprovedThought.Is(_request.Source, text) || CallProof.TryRead(_request.Source, text, out _callProof)
        || ThoughtProof.TryRead(_request.Source, text, out proof, out isHidden);

    private void ReadThoughts(ref JsonWalk walk)
    {
        while (walk.NextElement())
        {
            if (!walk.TryEnter(JsonToken.StartObject))
                continue;
            while (walk.NextMember())
            {
                if (walk.Is("text"u8) && walk.Token == JsonToken.String)
                    _request.Parts.Add(new NeutralPart { Kind = PartKind.Thinking, Text = walk.Text });
                else if (!walk.Is("type"u8) && !walk.IsNothing())
                    _request.Losses.Add("input.reasoning"u8, walk.Name);
            }
        }
    }
}
