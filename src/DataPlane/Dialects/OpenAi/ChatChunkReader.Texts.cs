using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Meter;

namespace AiEdge.DataPlane.Dialects.OpenAi;

internal sealed partial class ChatChunkReader
{
    // How many containers are open within a delta, and within a call of a tool.
    private const int DeltaDepth = 4, CallDepth = 6;

    /// <summary>As <see cref="TryReadAlike"/>, where the prefix ends in front of a text that is wanted.</summary>
    private bool TryReadTextAlike(ReadOnlySpan<byte> data)
    {
        _now = _afterPrefix;
        if (!_now.Scanner.Read(data))
            return false;
        bool isText = _now.Scanner.Token == JsonToken.String;
        OnToken(data);
        if (!isText)
            return TryReadOn(data);

        // What the prefix and the text say of content is theirs, and not the suffix's.
        int from = (int)_now.Scanner.TokenEnd;
        bool hasContent = _now.HasContent;
        _now.HasContent = false;
        if (_suffixLength > 0 && data[from..].SequenceEqual(_suffix.AsSpan(0, _suffixLength)))
        {
            _chunk = _afterSuffix;
            _chunk.NullUsageFrom += from;
            _chunk.NullUsageTo += from;
            _chunk.HasContent |= hasContent;
            _texts!.EndChoice(_choiceOfSuffix);
            return true;
        }

        int texts = _texts!.Count;
        if (!TryReadOn(data))
            return false;
        if (_texts.Count == texts && _endedChoice != None)
        {
            _chunk.HasContent = _now.HasContent;
            LearnSuffix(data, from);
        }

        _now.HasContent |= hasContent;
        return true;
    }

    private void OnDeltaName(ReadOnlySpan<byte> name, ReadOnlySpan<byte> data)
    {
        if (_texts is null)
        {
            _now.Member = Known(name, "role"u8, Member.Role);
            return;
        }

        _now.Member = name.Length switch
        {
            4 => Known(name, "role"u8, Member.Role),
            5 => Known(name, "audio"u8, Member.Audio),
            7 => name[0] == (byte)'c' ? Known(name, "content"u8, Member.Content) : Known(name, "refusal"u8, Member.Refusal),
            9 => Known(name, "reasoning"u8, Member.Reasoning),
            10 => Known(name, "tool_calls"u8, Member.ToolCalls),
            13 => Known(name, "function_call"u8, Member.FunctionCall),
            17 => Known(name, "reasoning_content"u8, Member.Reasoning),
            _ => Member.Other,
        };
        if (_now.Member is Member.Content or Member.Refusal or Member.Reasoning)
            LearnPrefix(data);
    }

    private static TextKind KindOf(Member member) => member switch
    {
        Member.Refusal => TextKind.Refusal,
        Member.Reasoning or Member.Thinking => TextKind.Reasoning,
        Member.Name => TextKind.Name,
        Member.Arguments => TextKind.Arguments,
        Member.Transcript => TextKind.Transcript,
        _ => TextKind.Content,
    };

    private void TakeText(TextKind kind, ReadOnlySpan<byte> data)
    {
        ref JsonScanner scanner = ref _now.Scanner;
        int length = scanner.Text(data).Length;
        _now.HasContent |= length > 0;
        if (_texts is null || length == 0)
            return;

        // Some providers give the same thought under both of its names.
        if (kind == TextKind.Reasoning && _now is { Zone: Zone.Delta, SawReasoning: true })
            return;
        _now.SawReasoning |= kind == TextKind.Reasoning;
        _texts.Add(_now.Index, _now.Part, kind, (int)scanner.TokenStart + 1, length);
    }

    /// <summary>
    /// Texts also stand deeper: content in parts, thoughts among them, calls of tools and their arguments, the transcript of sound.
    /// </summary>
    private void EnterNested()
    {
        bool isArray = _now.Scanner.Token == JsonToken.StartArray;
        if (_texts is null || isArray != (_now.Member is Member.Content or Member.ToolCalls))
            return;
        _now.Scanner.Enter();
        _now.Zone = Zone.Nested;
        _now.Nest = _now.Member;
        _now.Member = Member.Element;
        _now.Part = _now.NextPart = 0;
    }

    private void OnNested(ReadOnlySpan<byte> data)
    {
        ref JsonScanner scanner = ref _now.Scanner;
        switch (scanner.Token)
        {
            case JsonToken.Name:
                _now.Member = NestedMember(scanner.Text(data), scanner.Depth);
                if (_now.Member is Member.Arguments or Member.Text or Member.Transcript)
                    LearnPrefix(data);
                return;
            case JsonToken.StartObject or JsonToken.StartArray:
                StartNested();
                return;
            case JsonToken.EndObject or JsonToken.EndArray:
                EndNested();
                return;
            case JsonToken.Number when _now.Member == Member.Index && IndexOf(scanner.Text(data)) is var index and >= 0:
                _now.Part = index;
                break;
            case JsonToken.String when _now.Member is Member.Text or Member.Thinking or Member.Name or Member.Arguments or Member.Transcript:
                TakeText(_now.Nest == Member.Thinking ? TextKind.Reasoning : KindOf(_now.Member), data);
                break;
            case JsonToken.String when _now is { Member: Member.Element, Nest: Member.Content }:
                TakeText(TextKind.Content, data);
                break;
        }

        _now.Member = Member.Element;
    }

    private Member NestedMember(ReadOnlySpan<byte> name, int depth) => _now.Nest switch
    {
        Member.Content or Member.Thinking => name.Length == 4 ? Known(name, "text"u8, Member.Text) : Known(name, "thinking"u8, Member.Thinking),
        Member.Audio => Known(name, "transcript"u8, Member.Transcript),
        Member.ToolCalls when depth == CallDepth => name.Length switch
        {
            5 => Known(name, "index"u8, Member.Index),
            6 => Known(name, "custom"u8, Member.Call),
            8 => Known(name, "function"u8, Member.Call),
            _ => Member.Other,
        },
        _ => name.Length switch
        {
            4 => Known(name, "name"u8, Member.Name),
            5 => Known(name, "input"u8, Member.Arguments),
            9 => Known(name, "arguments"u8, Member.Arguments),
            _ => Member.Other,
        },
    };

    private void StartNested()
    {
        bool isObject = _now.Scanner.Token == JsonToken.StartObject;
        if (_now.Member is not (Member.Element or Member.Call or Member.Thinking) || isObject == (_now.Member == Member.Thinking))
            return;
        _now.Scanner.Enter();
        if (_now.Member == Member.Thinking)
            _now.Nest = Member.Thinking;
        if (_now.Nest == Member.ToolCalls && _now.Scanner.Depth == CallDepth)
            _now.Part = _now.NextPart++;
        _now.Member = Member.Element;
    }

    private void EndNested()
    {
        _now.HasContent |= !_now.Scanner.EndedEmpty;
        _now.Member = Member.Element;
        int depth = _now.Scanner.Depth;
        if (depth > DeltaDepth)
        {
            if (depth == CallDepth && _now.Nest == Member.Thinking)
                _now.Nest = Member.Content;
            return;
        }

        _now.Zone = Zone.Delta;
        _now.Member = Member.Other;
        _now.Part = 0;
    }
}
