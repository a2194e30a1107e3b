using System.Runtime.CompilerServices;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Parse;

namespace AiEdge.DataPlane.Dialects.Anthropic;

/// <summary>
/// Where the texts of a prompt lie in a body of the Messages API: <c>system</c>, the blocks of <c>messages</c>, and <c>tools</c>. A
/// block's members may stand in any order, so that what it is shows at its end.
/// </summary>
internal sealed class AnthropicPromptReader : PromptReader
{
    private PromptText _prompt = new();
    private Levels _levels;
    private int _level;
    private Member _member;
    private Hidden _hidden;
    private long _hiddenStart;

    /// <summary>What a text says that is at hand: what the system does, or a message.</summary>
    private PromptTextKind _said;

    private enum Place : byte
    {
        Messages,
        Message,
        Blocks,
        Block,
        Source,
        Tools,
    }

    private enum Member : byte
    {
        Other,
        System,
        Messages,
        Tools,
        Role,
        Content,
        Type,
        Text,
        Thinking,
        Name,
        Input,
        Source,
        Data,
        Title,
        Context,
        Schema,
    }

    private enum BlockType : byte
    {
        None,
        Text,
        Image,
        Document,
        Call,
        Result,
        Thought,
        Unknown,
    }

    private enum Hidden : byte
    {
        No,
        Ignored,
        Tool,
        Schema,
        Input,
        Json,
    }

    public override bool IsInside => _level > 0 || _hidden != Hidden.No;

    public override void Begin(PromptText prompt, RequestShape shape)
    {
        _prompt = prompt;
        _level = 0;
        _member = Member.Other;
        _hidden = Hidden.No;
    }

    public override void OnName(ref JsonScanner scanner, ReadOnlySpan<byte> bytes) => _member = MemberOf(ref scanner, bytes);

    public override void OnValue(ref JsonScanner scanner)
    {
        Member member = _member;
        _member = Member.Other;
        _said = member == Member.System ? PromptTextKind.Instructions : PromptTextKind.Content;
        switch (member)
        {
            case Member.System when scanner.Token == JsonToken.String:
                _prompt.Add(scanner, PromptTextKind.Instructions);
                break;
            case Member.System:
                Open(ref scanner, Place.Blocks);
                break;
            case Member.Messages:
                Open(ref scanner, Place.Messages);
                break;
            case Member.Tools:
                Open(ref scanner, Place.Tools);
                break;
            default:
                Pass(ref scanner, member == Member.Schema ? Hidden.Schema : Hidden.Ignored);
                break;
        }
    }

    protected override void Take(ref JsonScanner scanner, ReadOnlySpan<byte> bytes)
    {
        switch (scanner.Token)
        {
            case JsonToken.Name:
                _member = MemberOf(ref scanner, bytes);
                return;
            case JsonToken.EndObject or JsonToken.EndArray when _hidden != Hidden.No:
                EndHidden(scanner.TokenEnd);
                return;
            case JsonToken.EndObject or JsonToken.EndArray:
                Close(scanner.TokenEnd);
                return;
        }

        switch (_levels[_level - 1].Place)
        {
            case Place.Messages:
                OnElement(ref scanner, Place.Message);
                break;
            case Place.Message:
                OnMessageMember(ref scanner, bytes);
                break;
            case Place.Blocks:
                OnElement(ref scanner, Place.Block);
                break;
            case Place.Block:
                OnBlockMember(ref scanner, bytes);
                break;
            case Place.Source:
                OnSourceMember(ref scanner, bytes);
                break;
            default:
                Pass(ref scanner, Hidden.Tool);
                break;
        }
    }

    private void OnElement(ref JsonScanner scanner, Place place)
    {
        if (scanner.Token == JsonToken.StartObject)
            Open(ref scanner, place);
        else if (scanner.Token == JsonToken.String)
            _prompt.Add(scanner, _said);
        else
            Pass(ref scanner, Hidden.Json);
    }

    private void OnMessageMember(ref JsonScanner scanner, ReadOnlySpan<byte> bytes)
    {
        if (_member == Member.Content)
            OnContent(ref scanner);
        else if (_member == Member.Role && scanner.Token == JsonToken.String && IsKnownRole(scanner.Text(bytes)))
            _prompt.KnownRoles++;
        else
            Pass(ref scanner, Hidden.Ignored);
    }

    private void OnBlockMember(ref JsonScanner scanner, ReadOnlySpan<byte> bytes)
    {
        ref Level block = ref _levels[_level - 1];
        bool isString = scanner.Token == JsonToken.String;
        switch (_member)
        {
            case Member.Type when isString:
                block.Type = TypeOf(scanner.Text(bytes));
                break;
            case Member.Text or Member.Thinking when isString:
                block.HasText = true;
                _prompt.Add(scanner, _said);
                break;
            case Member.Title or Member.Context when isString:
                _prompt.Add(scanner, _said);
                break;
            case Member.Content:
                block.HasText = true;
                OnContent(ref scanner);
                break;
            case Member.Name when isString:
                _prompt.Add(scanner, PromptTextKind.CallName);
                break;
            case Member.Input:
                block.HasText = true;
                Pass(ref scanner, Hidden.Input);
                break;
            case Member.Source:
                Open(ref scanner, Place.Source);
                break;
            default:
                Pass(ref scanner, Hidden.Ignored);
                break;
        }
    }

    /// <summary>What a picture or a document is made of: bytes in base64, plain text, blocks, or only where it is to be found.</summary>
    private void OnSourceMember(ref JsonScanner scanner, ReadOnlySpan<byte> bytes)
    {
        ref Level source = ref _levels[_level - 1];
        bool isString = scanner.Token == JsonToken.String;
        if (_member == Member.Type && isString)
        {
            source.IsText = scanner.Text(bytes).SequenceEqual("text"u8);
        }
        else if (_member == Member.Data && isString)
        {
            source.Data = PromptSpan.Of(scanner, _said);
        }
        else if (_member == Member.Content)
        {
            source.IsText = true;
            OnContent(ref scanner);
        }
        else
        {
            Pass(ref scanner, Hidden.Ignored);
        }
    }

    private void OnContent(ref JsonScanner scanner)
    {
        if (scanner.Token == JsonToken.String)
            _prompt.Add(scanner, _said);
        else if (scanner.Token == JsonToken.StartArray)
            Open(ref scanner, Place.Blocks);
        else
            Pass(ref scanner, Hidden.Json);
    }

    private void Open(ref JsonScanner scanner, Place place)
    {
        if (scanner.Token is not (JsonToken.StartObject or JsonToken.StartArray))
            return;
        bool isList = place is Place.Messages or Place.Blocks or Place.Tools;
        if (_level == Levels.Count || isList != (scanner.Token == JsonToken.StartArray))
        {
            Pass(ref scanner, Hidden.Json);
            return;
        }

        scanner.Enter();
        _levels[_level++] = new Level { Place = place, Start = scanner.TokenStart };
        _member = Member.Other;
        if (place == Place.Message)
            _prompt.Messages++;
    }

    private void Pass(ref JsonScanner scanner, Hidden hidden)
    {
        if (scanner.Token is not (JsonToken.StartObject or JsonToken.StartArray))
            return;
        _hidden = hidden;
        _hiddenStart = scanner.TokenStart;
    }

    private void EndHidden(long end)
    {
        long length = end - _hiddenStart;
        switch (_hidden)
        {
            case Hidden.Tool:
                _prompt.AddTool(_hiddenStart, length);
                break;
            case Hidden.Schema:
                _prompt.AddSchema(_hiddenStart, length);
                break;
            case Hidden.Input:
                _prompt.Add(_hiddenStart, length, PromptTextKind.CallInput, isEscaped: false);
                break;
            case Hidden.Json:
                _prompt.AddUnknown(_hiddenStart, length);
                break;
        }

        _hidden = Hidden.No;
    }

    private void Close(long end)
    {
        Level level = _levels[--_level];
        if (level.Place == Place.Source)
            EndSource(level);
        else if (level.Place == Place.Block)
            EndBlock(level, end);
    }

    private void EndSource(in Level source)
    {
        ref Level block = ref _levels[_level - 1];
        block.HasText |= source.IsText;
        if (source.IsText)
            _prompt.Add(source.Data.Start, source.Data.Length, _said, source.Data.IsEscaped);
        else
            block.Data = source.Data;
    }

    private void EndBlock(in Level block, long end)
    {
        switch (block.Type)
        {
            case BlockType.Image:
                _prompt.CountImage();
                break;
            case BlockType.Document when !block.HasText:
                _prompt.CountFile(block.Data.Length);
                break;
            case BlockType.Call:
                _prompt.CountCall();
                break;
            case BlockType.Thought:
                // Thought of earlier turns is left out of the prompt, which of it nobody says.
                _prompt.Doubts |= PromptDoubt.UnknownPart;
                break;
            case BlockType.Unknown or BlockType.None when !block.HasText:
                _prompt.AddUnknown(block.Start, end - block.Start);
                break;
        }
    }

    private static bool IsKnownRole(ReadOnlySpan<byte> role) => role.SequenceEqual("user"u8) || role.SequenceEqual("assistant"u8);

    private static BlockType TypeOf(ReadOnlySpan<byte> type)
    {
        if (type.SequenceEqual("text"u8) || type.SequenceEqual("search_result"u8))
            return BlockType.Text;
        if (type.SequenceEqual("image"u8))
            return BlockType.Image;
        if (type.SequenceEqual("document"u8))
            return BlockType.Document;
        if (type.EndsWith("tool_use"u8))
            return BlockType.Call;
        if (type.EndsWith("tool_result"u8))
            return BlockType.Result;
        return type.EndsWith("thinking"u8) ? BlockType.Thought : BlockType.Unknown;
    }

    private static Member MemberOf(ref JsonScanner scanner, ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<byte> name = scanner.Text(bytes);
        if (!scanner.IsEscaped)
            return MemberOf(name);
        Span<byte> plain = stackalloc byte[32];
        return JsonUnescape.TryUnescape(name, plain, out int length) ? MemberOf(plain[..length]) : Member.Other;
    }

    private static Member MemberOf(ReadOnlySpan<byte> name) => name.Length switch
    {
        4 => name[0] switch
        {
            (byte)'t' => name[1] == (byte)'y' ? Known(name, "type"u8, Member.Type) : Known(name, "text"u8, Member.Text),
            (byte)'r' => Known(name, "role"u8, Member.Role),
            (byte)'d' => Known(name, "data"u8, Member.Data),
            _ => Known(name, "name"u8, Member.Name),
        },
        5 => name[0] == (byte)'i' ? Known(name, "input"u8, Member.Input)
            : name[1] == (byte)'o' ? Known(name, "tools"u8, Member.Tools) : Known(name, "title"u8, Member.Title),
        6 => name[1] == (byte)'y' ? Known(name, "system"u8, Member.System) : Known(name, "source"u8, Member.Source),
        7 => name[5] == (byte)'x' ? Known(name, "context"u8, Member.Context) : Known(name, "content"u8, Member.Content),
        8 => name[0] == (byte)'m' ? Known(name, "messages"u8, Member.Messages) : Known(name, "thinking"u8, Member.Thinking),
        13 => name[7] == (byte)'c' ? Known(name, "output_config"u8, Member.Schema) : Known(name, "output_format"u8, Member.Schema),
        _ => Member.Other,
    };

    private static Member Known(ReadOnlySpan<byte> name, ReadOnlySpan<byte> expected, Member member) =>
        name.SequenceEqual(expected) ? member : Member.Other;

    /// <summary>A container that was entered, and what is known of it so far.</summary>
    private struct Level
    {
        public Place Place;
        public BlockType Type;
        public bool HasText;
        public bool IsText;
        public long Start;
        public PromptSpan Data;
    }

    /// <summary>Messages, blocks, a tool's result with its blocks, a document's source with its own.</summary>
    [InlineArray(Count)]
    private struct Levels
    {
        public const int Count = 12;
        private Level _first;
    }
}
