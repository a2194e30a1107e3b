using System.Runtime.CompilerServices;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Parse;

namespace AiEdge.DataPlane.Dialects.OpenAi;

/// <summary>Where the texts of a prompt lie in the bodies of the OpenAI dialect.</summary>
internal sealed class OpenAiPromptReader : PromptReader
{
    private PromptText _prompt = new();
    private RequestShape _shape;
    private Places _places;
    private int _level;
    private PromptMember _member;
    private PromptType _itemType;
    private PromptSpan _itemName;
    private long _itemStart;
    private bool _itemIsKnown;
    private Part _part;
    private long _hiddenStart;
    private Hidden _hidden;

    /// <summary>Where in the body a token stands.</summary>
    private enum Place : byte
    {
        /// <summary>Messages, or items of Responses.</summary>
        Items,
        Item,

        /// <summary>Inputs that are no messages: strings, tokens, lists of tokens, parts.</summary>
        Inputs,
        Parts,
        Part,
        ImageUrl,
        Calls,
        Call,
        Function,
        Tools,
        Format,
    }

    /// <summary>What is to be done at the end of a container that is passed over.</summary>
    private enum Hidden : byte
    {
        No,
        Ignored,
        Tool,
        Schema,
        Json,
        Audio,
        File,
    }

    public override bool IsInside => _level > 0 || _hidden != Hidden.No;

    public override void Begin(PromptText prompt, RequestShape shape)
    {
        _prompt = prompt;
        _shape = shape;
        _level = 0;
        _member = PromptMember.Other;
        _hidden = Hidden.No;
    }

    public override void OnName(ref JsonScanner scanner, ReadOnlySpan<byte> bytes) =>
        _member = PromptMembers.Of(scanner.Text(bytes), scanner.IsEscaped);

    public override void OnValue(ref JsonScanner scanner)
    {
        JsonToken token = scanner.Token;
        PromptMember member = _member;
        _member = PromptMember.Other;
        bool isText = _shape is RequestShape.Chat or RequestShape.Completions or RequestShape.Responses;
        bool isInput = _shape is RequestShape.Embeddings or RequestShape.Moderations;
        switch (member)
        {
            case PromptMember.Messages when _shape == RequestShape.Chat:
                Open(ref scanner, Place.Items);
                break;
            case PromptMember.Input when _shape == RequestShape.Responses:
                OnText(ref scanner, PromptTextKind.Content, Place.Items);
                break;
            case PromptMember.Input when isInput:
            case PromptMember.Prompt or PromptMember.Suffix when _shape == RequestShape.Completions:
                OnPlain(ref scanner);
                break;
            case PromptMember.Instructions when _shape == RequestShape.Responses:
                OnText(ref scanner, PromptTextKind.Instructions, Place.Items);
                break;
            case PromptMember.Tools or PromptMember.Functions when isText:
                Open(ref scanner, Place.Tools);
                break;
            case PromptMember.ResponseFormat or PromptMember.Text when isText:
                Open(ref scanner, Place.Format);
                break;
            case PromptMember.PreviousResponseId or PromptMember.Conversation or PromptMember.Prompt when _shape == RequestShape.Responses:
                _prompt.Doubts |= token == JsonToken.Null ? PromptDoubt.None : PromptDoubt.StoredState;
                Pass(ref scanner, Hidden.Ignored);
                break;
            default:
                Pass(ref scanner, Hidden.Ignored);
                break;
        }
    }

    protected override void Take(ref JsonScanner scanner, ReadOnlySpan<byte> bytes)
    {
        JsonToken token = scanner.Token;
        if (token == JsonToken.Name)
        {
            _member = PromptMembers.Of(scanner.Text(bytes), scanner.IsEscaped);
            return;
        }

        if (token is JsonToken.EndObject or JsonToken.EndArray)
        {
            if (_hidden != Hidden.No)
                EndHidden(scanner.TokenEnd);
            else
                Close(scanner.TokenEnd);
            return;
        }

        switch (_places[_level - 1])
        {
            case Place.Items:
                OnElement(ref scanner, Place.Item);
                break;
            case Place.Item:
                OnItemMember(ref scanner, bytes);
                break;
            case Place.Inputs:
                OnPlain(ref scanner);
                break;
            case Place.Parts:
                OnElement(ref scanner, Place.Part);
                break;
            case Place.Part:
                OnPartMember(ref scanner, bytes);
                break;
            case Place.ImageUrl:
                if (_member == PromptMember.Detail && token == JsonToken.String)
                    _part.IsLow = scanner.Text(bytes).SequenceEqual("low"u8);
                Pass(ref scanner, Hidden.Ignored);
                break;
            case Place.Calls:
                OnElement(ref scanner, Place.Call);
                break;
            case Place.Call:
                if (_member is PromptMember.Function or PromptMember.Custom)
                    Open(ref scanner, Place.Function);
                else
                    Pass(ref scanner, Hidden.Ignored);
                break;
            case Place.Function:
                OnFunctionMember(ref scanner);
                break;
            case Place.Tools:
                Pass(ref scanner, Hidden.Tool);
                break;
            default:
                OnFormatMember(ref scanner, bytes);
                break;
        }
    }

    /// <summary>An element of a list: an object is entered as what the list holds, a string is text.</summary>
    private void OnElement(ref JsonScanner scanner, Place place)
    {
        if (scanner.Token == JsonToken.StartObject)
            Open(ref scanner, place);
        else if (scanner.Token == JsonToken.String)
            _prompt.Add(scanner, PromptTextKind.Content);
        else
            Pass(ref scanner, Hidden.Json);
    }

    private void OnItemMember(ref JsonScanner scanner, ReadOnlySpan<byte> bytes)
    {
        bool isString = scanner.Token == JsonToken.String;
        switch (_member)
        {
            case PromptMember.Role when isString:
                _itemIsKnown = true;
                if (PromptMembers.IsKnownRole(scanner.Text(bytes)))
                    _prompt.KnownRoles++;
                else
                    _prompt.Add(scanner, PromptTextKind.Role);
                break;
            case PromptMember.Name when isString:
                // Whether it is the author's or a tool's is known at the item's end.
                _itemName = PromptSpan.Of(scanner, PromptTextKind.Name);
                break;
            case PromptMember.Type when isString:
                _itemType = PromptMembers.TypeOf(scanner.Text(bytes));
                break;
            case PromptMember.Content or PromptMember.Output or PromptMember.Summary or PromptMember.Refusal
                or PromptMember.ReasoningContent:
                OnText(ref scanner, PromptTextKind.Content, Place.Parts);
                break;
            case PromptMember.Arguments or PromptMember.Input:
                _itemIsKnown = true;
                _prompt.CountCall();
                OnText(ref scanner, PromptTextKind.CallArguments, Place.Parts);
                break;
            case PromptMember.ToolCalls:
                Open(ref scanner, Place.Calls);
                break;
            case PromptMember.FunctionCall:
                if (scanner.Token == JsonToken.StartObject)
                    _prompt.CountCall();
                Open(ref scanner, Place.Function);
                break;
            case PromptMember.Audio when scanner.Token == JsonToken.StartObject:
                // An earlier answer of sound, named by its id.
                _prompt.CountAudio();
                _prompt.Doubts |= PromptDoubt.StoredState;
                Pass(ref scanner, Hidden.Ignored);
                break;
            default:
                Pass(ref scanner, Hidden.Ignored);
                break;
        }
    }

    private void OnPartMember(ref JsonScanner scanner, ReadOnlySpan<byte> bytes)
    {
        bool isString = scanner.Token == JsonToken.String;
        switch (_member)
        {
            case PromptMember.Type when isString:
                _part.Type = PromptMembers.TypeOf(scanner.Text(bytes));
                break;
            case PromptMember.Text or PromptMember.Refusal when isString:
                _part.HasText = true;
                _prompt.Add(scanner, PromptTextKind.Content);
                break;
            case PromptMember.ImageUrl:
                _part.HasImage |= scanner.Token != JsonToken.Null;
                Open(ref scanner, Place.ImageUrl);
                break;
            case PromptMember.Detail when isString:
                _part.IsLow = scanner.Text(bytes).SequenceEqual("low"u8);
                break;
            case PromptMember.InputAudio or PromptMember.Audio:
                _part.HasAudio = true;
                Pass(ref scanner, Hidden.Audio);
                break;
            case PromptMember.File:
                _part.HasFile = true;
                Pass(ref scanner, Hidden.File);
                break;
            case PromptMember.FileId or PromptMember.FileUrl or PromptMember.FileData when isString:
                _part.HasFile = true;
                _prompt.FileBytes += scanner.TokenEnd - scanner.TokenStart;
                break;
            default:
                Pass(ref scanner, Hidden.Ignored);
                break;
        }
    }

    private void OnFunctionMember(ref JsonScanner scanner)
    {
        if (_member == PromptMember.Name && scanner.Token == JsonToken.String)
            _prompt.Add(scanner, PromptTextKind.CallName);
        else if (_member is PromptMember.Arguments or PromptMember.Input && scanner.Token == JsonToken.String)
            _prompt.Add(scanner, PromptTextKind.CallArguments);
        else
            Pass(ref scanner, _member is PromptMember.Arguments or PromptMember.Input ? Hidden.Json : Hidden.Ignored);
    }

    private void OnFormatMember(ref JsonScanner scanner, ReadOnlySpan<byte> bytes)
    {
        if (_member == PromptMember.Type && scanner.Token == JsonToken.String && scanner.Text(bytes).SequenceEqual("json_object"u8))
            _prompt.WantsJson = true;
        if (_member == PromptMember.Format)
            Open(ref scanner, Place.Format);
        else
            Pass(ref scanner, _member is PromptMember.JsonSchema or PromptMember.Schema ? Hidden.Schema : Hidden.Ignored);
    }

    /// <summary>Text that is given as a string, or as a list of parts or items.</summary>
    private void OnText(ref JsonScanner scanner, PromptTextKind kind, Place list)
    {
        if (scanner.Token == JsonToken.StartArray)
        {
            Open(ref scanner, list);
        }
        else if (scanner.Token == JsonToken.String)
        {
            if (list == Place.Items)
            {
                // Beside a list of messages a string is a message of a known role by itself.
                _prompt.Messages++;
                _prompt.KnownRoles++;
            }

            _prompt.Add(scanner, kind);
        }
        else if (scanner.Token == JsonToken.StartObject && list == Place.Parts && _level < Places.Count)
        {
            Open(ref scanner, Place.Part);
        }
        else
        {
            Pass(ref scanner, Hidden.Json);
        }
    }

    private void OnPlain(ref JsonScanner scanner)
    {
        // Of a list at the top; numbers in it are the tokens of one prompt.
        if (_level == 1 && scanner.Token is JsonToken.String or JsonToken.StartArray)
            _prompt.Prompts++;
        if (scanner.Token == JsonToken.String)
            _prompt.Add(scanner, PromptTextKind.Plain);
        else if (scanner.Token == JsonToken.Number)
            _prompt.TokenIds++;
        else
            Open(ref scanner, scanner.Token == JsonToken.StartObject ? Place.Part : Place.Inputs);
    }

    /// <summary>Enters a container; a scalar in its place is passed.</summary>
    private void Open(ref JsonScanner scanner, Place place)
    {
        if (scanner.Token is not (JsonToken.StartObject or JsonToken.StartArray))
            return;
        bool isList = place is Place.Items or Place.Inputs or Place.Parts or Place.Calls or Place.Tools;
        if (_level == Places.Count || isList != (scanner.Token == JsonToken.StartArray))
        {
            Pass(ref scanner, place == Place.ImageUrl ? Hidden.Ignored : Hidden.Json);
            return;
        }

        scanner.Enter();
        _places[_level++] = place;
        _member = PromptMember.Other;
        if (place == Place.Item)
        {
            _prompt.Messages++;
            _itemType = PromptType.None;
            _itemName = default;
            _itemStart = scanner.TokenStart;
            _itemIsKnown = false;
        }
        else if (place == Place.Part)
        {
            _part = new Part { Start = scanner.TokenStart };
        }
        else if (place == Place.Call)
        {
            _prompt.CountCall();
        }
    }

    /// <summary>Passes over a value; of a container, the end decides.</summary>
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
            case Hidden.Json:
                _prompt.AddUnknown(_hiddenStart, length);
                break;
            case Hidden.Audio:
                _prompt.AudioBytes += length;
                break;
            case Hidden.File:
                _prompt.FileBytes += length;
                break;
        }

        _hidden = Hidden.No;
    }

    private void Close(long end)
    {
        Place place = _places[--_level];
        if (place == Place.Item)
            EndItem(end);
        else if (place == Place.Part)
            EndPart(end);
    }

    private void EndItem(long end)
    {
        bool isCall = _itemType is PromptType.Call;
        if (_itemName.Length > 0)
        {
            _prompt.Add(_itemName.Start, _itemName.Length, isCall ? PromptTextKind.CallName : PromptTextKind.Name, _itemName.IsEscaped);
            _prompt.Names += isCall ? 0 : 1;
        }

        if (_itemType == PromptType.Reference)
            _prompt.Doubts |= PromptDoubt.StoredState;
        else if (_itemType == PromptType.Reasoning)
            _prompt.Doubts |= PromptDoubt.UnknownPart;
        else if (_itemType == PromptType.Unknown && !_itemIsKnown)
            _prompt.AddUnknown(_itemStart, end - _itemStart);
    }

    private void EndPart(long end)
    {
        PromptType type = _part.Type switch
        {
            PromptType.None when _part.HasImage => PromptType.Image,
            PromptType.None when _part.HasAudio => PromptType.Audio,
            PromptType.None when _part.HasFile => PromptType.File,
            var given => given,
        };
        switch (type)
        {
            case PromptType.Image when _part.IsLow:
                _prompt.ImagesLow++;
                _prompt.Doubts |= PromptDoubt.Images;
                break;
            case PromptType.Image:
                _prompt.CountImage();
                break;
            case PromptType.Audio:
                _prompt.CountAudio();
                break;
            case PromptType.File:
                _prompt.CountFile();
                break;
            case PromptType.Text:
                break;
            default:
                if (_part.HasText)
                    _prompt.Doubts |= PromptDoubt.UnknownPart;
                else
                    _prompt.AddUnknown(_part.Start, end - _part.Start);
                break;
        }
    }

    /// <summary>What is known of the part at hand; parts do not lie in parts.</summary>
    private struct Part
    {
        public long Start;
        public PromptType Type;
        public bool HasText;
        public bool HasImage;
        public bool HasAudio;
        public bool HasFile;
        public bool IsLow;
    }

    [InlineArray(Count)]
    private struct Places
    {
        public const int Count = 8;
        private Place _first;
    }
}
