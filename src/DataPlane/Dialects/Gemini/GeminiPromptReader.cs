using System.Runtime.CompilerServices;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Parse;

namespace AiEdge.DataPlane.Dialects.Gemini;

/// <summary>
/// Where the texts of a prompt lie in a body of <c>generateContent</c>: the parts of <c>contents</c> and of <c>systemInstruction</c>, and
/// <c>tools</c>; of embeddings the parts of each <c>content</c>, and of what is counted those of the request in it. Names come in both of protobuf's spellings.
/// </summary>
internal sealed class GeminiPromptReader : PromptReader
{
    private PromptText _prompt = new();
    private Places _places;
    private int _level;
    private Member _member;
    private Hidden _hidden;
    private long _hiddenStart;

    /// <summary>What a text says that is at hand: what the system does, or a message.</summary>
    private PromptTextKind _said;
    private long _partStart;
    private bool _partIsKnown;
    private bool _isImage;
    private bool _isSound;
    private long _dataBytes;
    private bool _isEmbedded;
    private bool _isCounted;

    private enum Place : byte
    {
        Contents,
        Requests,
        Request,
        Content,
        Parts,
        Part,
        Data,
        Call,
        Tools,
        Whole,
    }

    private enum Member : byte
    {
        Other,
        System,
        Requests,
        Embedded,
        Contents,
        Tools,
        Role,
        Parts,
        Text,
        Data,
        FileData,
        Call,
        Name,
        Arguments,
        MimeType,
        Bytes,
        Stored,
        Whole,
    }

    private enum Hidden : byte
    {
        No,
        Ignored,
        Tool,
        Arguments,
        Json,
    }

    public override bool IsInside => _level > 0 || _hidden != Hidden.No;

    public override void Begin(PromptText prompt, RequestShape shape)
    {
        _prompt = prompt;
        _level = 0;
        _member = Member.Other;
        _hidden = Hidden.No;
        _isCounted = shape == RequestShape.CountContents;
        _isEmbedded = shape is RequestShape.EmbedContent or RequestShape.BatchEmbed;
    }

    public override void OnName(ref JsonScanner scanner, ReadOnlySpan<byte> bytes) => _member = MemberOf(ref scanner, bytes);

    public override void OnValue(ref JsonScanner scanner)
    {
        Member member = _member;
        _member = Member.Other;
        _said = PromptTextKind.Content;
        switch (member)
        {
            case Member.System:
                _said = PromptTextKind.Instructions;
                Open(ref scanner, Place.Content);
                break;
            case Member.Contents:
                Open(ref scanner, Place.Contents);
                break;
            case Member.Tools:
                Open(ref scanner, Place.Tools);
                break;
            case Member.Requests when _isEmbedded:
                Open(ref scanner, Place.Requests);
                break;
            case Member.Embedded when _isEmbedded:
                Open(ref scanner, Place.Content);
                break;
            case Member.Whole when _isCounted && _level == 0:
                Open(ref scanner, Place.Whole);
                break;
            case Member.Stored when scanner.Token == JsonToken.String:
                _prompt.Doubts |= PromptDoubt.StoredState;
                break;
            default:
                Pass(ref scanner, Hidden.Ignored);
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

        switch (_places[_level - 1])
        {
            case Place.Whole:
                OnValue(ref scanner);
                break;
            case Place.Contents:
                OpenOrPass(ref scanner, Place.Content);
                break;
            case Place.Requests:
                OpenOrPass(ref scanner, Place.Request);
                break;
            case Place.Request when _member == Member.Embedded:
                OpenOrPass(ref scanner, Place.Content);
                break;
            case Place.Request:
                Pass(ref scanner, Hidden.Ignored);
                break;
            case Place.Content:
                OnContentMember(ref scanner, bytes);
                break;
            case Place.Parts:
                OpenOrPass(ref scanner, Place.Part);
                break;
            case Place.Part:
                OnPartMember(ref scanner);
                break;
            case Place.Data:
                OnDataMember(ref scanner, bytes);
                break;
            case Place.Call:
                OnCallMember(ref scanner);
                break;
            default:
                Pass(ref scanner, Hidden.Tool);
                break;
        }
    }

    private void OpenOrPass(ref JsonScanner scanner, Place place)
    {
        if (scanner.Token == JsonToken.StartObject)
            Open(ref scanner, place);
        else
            Pass(ref scanner, Hidden.Json);
    }

    private void OnContentMember(ref JsonScanner scanner, ReadOnlySpan<byte> bytes)
    {
        if (_member == Member.Parts && scanner.Token == JsonToken.StartObject)
            Open(ref scanner, Place.Part);
        else if (_member == Member.Parts)
            Open(ref scanner, Place.Parts);
        else if (_member == Member.Role && scanner.Token == JsonToken.String && IsKnownRole(scanner.Text(bytes)))
            _prompt.KnownRoles++;
        else
            Pass(ref scanner, Hidden.Ignored);
    }

    private void OnPartMember(ref JsonScanner scanner)
    {
        switch (_member)
        {
            case Member.Text when scanner.Token == JsonToken.String:
                _partIsKnown = true;
                _prompt.Add(scanner, _said);
                break;
            case Member.Data or Member.FileData:
                _partIsKnown = true;
                _isImage = _isSound = false;
                _dataBytes = 0;
                Open(ref scanner, Place.Data);
                break;
            case Member.Call:
                _partIsKnown = true;
                Open(ref scanner, Place.Call);
                break;
            default:
                Pass(ref scanner, Hidden.Ignored);
                break;
        }
    }

    private void OnDataMember(ref JsonScanner scanner, ReadOnlySpan<byte> bytes)
    {
        if (_member == Member.MimeType && scanner.Token == JsonToken.String)
        {
            ReadOnlySpan<byte> type = scanner.Text(bytes);
            _isImage = type.StartsWith("image"u8);
            _isSound = type.StartsWith("audio"u8);
        }
        else if (_member == Member.Bytes && scanner.Token == JsonToken.String)
        {
            _dataBytes = scanner.TokenEnd - scanner.TokenStart;
        }
        else
        {
            Pass(ref scanner, Hidden.Ignored);
        }
    }

    /// <summary>A call of a tool, its result, or code that ran.</summary>
    private void OnCallMember(ref JsonScanner scanner)
    {
        if (_member == Member.Name && scanner.Token == JsonToken.String)
            _prompt.Add(scanner, PromptTextKind.CallName);
        else if (_member == Member.Arguments && scanner.Token == JsonToken.String)
            _prompt.Add(scanner, PromptTextKind.CallArguments);
        else
            Pass(ref scanner, _member == Member.Arguments ? Hidden.Arguments : Hidden.Ignored);
    }

    private void Open(ref JsonScanner scanner, Place place)
    {
        if (scanner.Token is not (JsonToken.StartObject or JsonToken.StartArray))
            return;
        bool isList = place is Place.Contents or Place.Requests or Place.Parts or Place.Tools;
        if (isList != (scanner.Token == JsonToken.StartArray))
        {
            Pass(ref scanner, Hidden.Json);
            return;
        }

        scanner.Enter();
        _places[_level++] = place;
        _member = Member.Other;
        if (place == Place.Content)
        {
            _prompt.Messages++;
        }
        else if (place == Place.Call)
        {
            _prompt.CountCall();
        }
        else if (place == Place.Part)
        {
            _partStart = scanner.TokenStart;
            _partIsKnown = false;
        }
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
        if (_hidden == Hidden.Tool)
            _prompt.AddTool(_hiddenStart, length);
        else if (_hidden == Hidden.Arguments)
            _prompt.Add(_hiddenStart, length, PromptTextKind.CallInput, isEscaped: false);
        else if (_hidden == Hidden.Json)
            _prompt.AddUnknown(_hiddenStart, length);
        _hidden = Hidden.No;
    }

    private void Close(long end)
    {
        Place place = _places[--_level];
        if (place == Place.Data)
            EndData();
        else if (place == Place.Part && !_partIsKnown)
            _prompt.AddUnknown(_partStart, end - _partStart);
    }

    private void EndData()
    {
        if (_isImage)
            _prompt.CountImage();
        else if (_isSound)
            _prompt.CountAudio(_dataBytes);
        else
            _prompt.CountFile(_dataBytes);
    }

    private static bool IsKnownRole(ReadOnlySpan<byte> role) =>
        role.SequenceEqual("user"u8) || role.SequenceEqual("model"u8) || role.SequenceEqual("function"u8);

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
        4 => OfFour(name),
        5 => name[0] == (byte)'t' ? Known(name, "tools"u8, Member.Tools) : Known(name, "parts"u8, Member.Parts),
        6 => Known(name, "output"u8, Member.Arguments),
        7 => Known(name, "content"u8, Member.Embedded),
        8 => name[0] == (byte)'c' ? Known(name, "contents"u8, Member.Contents)
            : name[2] == (byte)'s' ? Known(name, "response"u8, Member.Arguments)
            : name[0] == (byte)'r' ? Known(name, "requests"u8, Member.Requests)
            : name[0] == (byte)'f' ? Known(name, "fileData"u8, Member.FileData) : Known(name, "mimeType"u8, Member.MimeType),
        9 => name[0] == (byte)'f' ? Known(name, "file_data"u8, Member.FileData) : Known(name, "mime_type"u8, Member.MimeType),
        10 => Known(name, "inlineData"u8, Member.Data),
        11 => Known(name, "inline_data"u8, Member.Data),
        12 => Known(name, "functionCall"u8, Member.Call),
        13 => name[0] == (byte)'f' ? Known(name, "function_call"u8, Member.Call) : Known(name, "cachedContent"u8, Member.Stored),
        14 => name[0] == (byte)'e' ? Known(name, "executableCode"u8, Member.Call) : Known(name, "cached_content"u8, Member.Stored),
        15 => Known(name, "executable_code"u8, Member.Call),
        16 => Known(name, "functionResponse"u8, Member.Call),
        17 => name[0] == (byte)'s' ? Known(name, "systemInstruction"u8, Member.System) : Known(name, "function_response"u8, Member.Call),
        18 => Known(name, "system_instruction"u8, Member.System),
        19 => Known(name, "codeExecutionResult"u8, Member.Call),
        21 => Known(name, "code_execution_result"u8, Member.Call),
        22 => Known(name, "generateContentRequest"u8, Member.Whole),
        24 => Known(name, "generate_content_request"u8, Member.Whole),
        _ => Member.Other,
    };

    private static Member OfFour(ReadOnlySpan<byte> name) => name[0] switch
    {
        (byte)'t' => Known(name, "text"u8, Member.Text),
        (byte)'r' => Known(name, "role"u8, Member.Role),
        (byte)'n' => Known(name, "name"u8, Member.Name),
        (byte)'d' => Known(name, "data"u8, Member.Bytes),
        (byte)'a' => Known(name, "args"u8, Member.Arguments),
        _ => Known(name, "code"u8, Member.Arguments),
    };

    private static Member Known(ReadOnlySpan<byte> name, ReadOnlySpan<byte> expected, Member member) =>
        name.SequenceEqual(expected) ? member : Member.Other;

    /// <summary>Contents, a content, its parts, a part, its data: nothing lies deeper.</summary>
    [InlineArray(8)]
    private struct Places
    {
        private Place _first;
    }
}
