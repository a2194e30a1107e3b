using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Dialects.OpenAi.Responses;

/// <summary>What an item of a response is.</summary>
internal enum ItemKind : byte
{
    None,
    Message,
    Reasoning,
    Call,

    /// <summary>A call whose input is a text.</summary>
    CustomCall,
}

/// <summary>What a part of an item is.</summary>
internal enum PartForm : byte
{
    None,
    Text,
    Refusal,
    Summary,
}

/// <summary>The items of a response so far: those that are done, as JSON, and the one that is open.</summary>
internal sealed class ResponseItems
{
    private readonly TextBuffer _done = new();
    private readonly TextBuffer _parts = new();
    private readonly TextBuffer _proof = new();
    private readonly TextBuffer _id = new();
    private readonly List<int> _ends = [];
    private int _part;

    private static ReadOnlySpan<byte> Opening => "{\"id\":\""u8;

    /// <summary>The open item.</summary>
    public ItemKind Kind { get; private set; }

    /// <summary>Its place among the items.</summary>
    public int Index { get; private set; }

    /// <summary>Its open part.</summary>
    public PartForm Form { get; private set; }

    /// <summary>The text of the open part, or the arguments of the open call.</summary>
    public TextBuffer Text { get; } = new();

    /// <summary>How probable the tokens of the open part were.</summary>
    public TextBuffer Logprobs { get; } = new();

    public TextBuffer CallId { get; } = new();

    public TextBuffer CallName { get; } = new();

    /// <summary>The server whose function is called; empty for none.</summary>
    public TextBuffer CallNamespace { get; } = new();

    /// <summary>Whether the open item is a thought that is proved: nothing can be added to it.</summary>
    public bool IsProved => _proof.Length > 0;

    /// <summary>The items that are done, with commas between.</summary>
    public ReadOnlySpan<byte> Done => _done.Written;

    /// <summary>How many these are.</summary>
    public int DoneCount => _ends.Count;

    /// <summary>Bytes that are kept.</summary>
    public int Length => _done.Length + _parts.Length + Text.Length + _proof.Length + Logprobs.Length;

    /// <summary>A new answer.</summary>
    /// <param name="id">What ids of items are made of.</param>
    /// <param name="secret">What besides, so that nobody guesses them; may be empty.</param>
    public void Begin(ReadOnlySpan<byte> id, ReadOnlySpan<byte> secret)
    {
        Release();
        _id.Add(id);
        if (!secret.IsEmpty)
            _id.Add("_"u8).Add(secret);
        Kind = ItemKind.None;
        Form = PartForm.None;
        Index = 0;
    }

    public void Release()
    {
        _done.Release();
        _ends.Clear();
        _parts.Release();
        _proof.Release();
        _id.Release();
        Text.Release();
        Logprobs.Release();
        CallId.Release();
        CallName.Release();
        CallNamespace.Release();
    }

    public void BeginItem(ItemKind kind)
    {
        Kind = kind;
        _part = 0;
        _parts.Clear();
        _proof.Clear();
        Text.Clear();
        CallId.Clear();
        CallName.Clear();
        CallNamespace.Clear();
    }

    /// <summary>One of those that are done, from behind its id on, which stands first in it.</summary>
    public ReadOnlySpan<byte> DoneAt(int index, out ReadOnlySpan<byte> id)
    {
        var start = index == 0 ? 0 : _ends[index - 1] + 1;
        var item = Done[start.._ends[index]];
        var begun = item.StartsWith(Opening) ? item[Opening.Length..] : default;
        id = begun[..Math.Max(0, begun.IndexOf("\","u8))];
        return id.IsEmpty ? default : begun[(id.Length + 2)..];
    }

    /// <summary>An item is done that somebody else has told the end of.</summary>
    public void AddDone(ReadOnlySpan<byte> item)
    {
        Separate();
        _done.Add(item);
        _ends.Add(_done.Length);
    }

    public void EndItem(ReadOnlySpan<byte> status)
    {
        Separate();
        WriteItem(_done, status);
        _ends.Add(_done.Length);
        _proof.Clear();
        Kind = ItemKind.None;
        Index++;
    }

    public void BeginPart(PartForm form)
    {
        Form = form;
        Text.Clear();
        Logprobs.Clear();
    }

    public void EndPart()
    {
        if (_parts.Length > 0)
            _parts.Add(","u8);
        WritePart(_parts);
        Form = PartForm.None;
        _part++;
    }

    /// <summary>What proves the open thought; what comes in pieces is one.</summary>
    public void Prove(ReadOnlySpan<byte> mark, ReadOnlySpan<byte> text)
    {
        if (_proof.Length == 0)
            _proof.Add(mark);
        _proof.Add(text);
    }

    /// <summary>Where an event belongs: the open item, and its open part if it has any.</summary>
    public TextBuffer WritePlace(TextBuffer to)
    {
        WriteId(to.Add(",\"item_id\":\""u8));
        to.Add("\",\"output_index\":"u8).Add(Index);
        return Kind is ItemKind.Call or ItemKind.CustomCall
            ? to
            : to.Add(Kind == ItemKind.Reasoning ? ",\"summary_index\":"u8 : ",\"content_index\":"u8).Add(_part);
    }

    /// <summary>The open part as it is by now.</summary>
    public void WritePart(TextBuffer to)
    {
        if (Form is PartForm.Refusal or PartForm.Summary)
            to.Add(Form == PartForm.Refusal
                ? "{\"type\":\"refusal\",\"refusal\":\""u8
                : "{\"type\":\"summary_text\",\"text\":\""u8);
        else
            to.Add("{\"type\":\"output_text\",\"annotations\":[],\"logprobs\":["u8).Add(Logprobs.Written).Add("],\"text\":\""u8);
        to.Add(Text.Written).Add("\"}"u8);
    }

    /// <summary>The open item as it is by now, as far as its parts are done.</summary>
    public void WriteItem(TextBuffer to, ReadOnlySpan<byte> status)
    {
        WriteId(to.Add(Opening));
        switch (Kind)
        {
            case ItemKind.Message:
                to.Add("\",\"type\":\"message\",\"status\":\""u8).Add(status).Add("\",\"role\":\"assistant\",\"content\":["u8).Add(_parts.Written).Add("]}"u8);
                break;
            case ItemKind.Call:
                WriteCall(to, "function_call"u8, status, "arguments"u8);
                break;
            case ItemKind.CustomCall:
                WriteCall(to, "custom_tool_call"u8, status, "input"u8);
                break;
            default:
                to.Add("\",\"type\":\"reasoning\",\"summary\":["u8).Add(_parts.Written).Add("]"u8);
                if (_proof.Length > 0)
                    to.Add(",\"encrypted_content\":\""u8).Add(_proof.Written).Add("\""u8);
                else if (!status.SequenceEqual("in_progress"u8))
                    to.Add(",\"encrypted_content\":\""u8).Add(UnprovedThought.Mark).Add("\""u8);
                to.Add("}"u8);
                break;
        }
    }

    private void WriteCall(TextBuffer to, ReadOnlySpan<byte> type, ReadOnlySpan<byte> status, ReadOnlySpan<byte> input)
    {
        to.Add("\",\"type\":\""u8).Add(type).Add("\",\"status\":\""u8).Add(status).Add("\",\"call_id\":\""u8).Add(CallId.Written)
            .Add("\",\"name\":\""u8).Add(CallName.Written);
        if (CallNamespace.Length > 0)
            to.Add("\",\"namespace\":\""u8).Add(CallNamespace.Written);
        to.Add("\",\""u8).Add(input).Add("\":\""u8).Add(Text.Written).Add("\"}"u8);
    }

    private void Separate()
    {
        if (_done.Length > 0)
            _done.Add(","u8);
    }

    private void WriteId(TextBuffer to) => to.Add(Kind switch
    {
        ItemKind.Message => "msg_"u8,
        ItemKind.Call => "fc_"u8,
        ItemKind.CustomCall => "ctc_"u8,
        _ => "rs_"u8,
    }).Add(_id.Written).Add("_"u8).Add(Index);
}
