using System.Buffers;

namespace AiEdge.DataPlane.Core;

/// <summary>What a text of a prompt is there for.</summary>
internal enum PromptTextKind : byte
{
    /// <summary>What a message says: its content or a part of it, a refusal, a tool's result.</summary>
    Content,

    /// <summary>A role that is none of the known ones; those count one token each.</summary>
    Role,

    /// <summary>A message's name.</summary>
    Name,

    /// <summary>The name of a tool that was called.</summary>
    CallName,

    /// <summary>The arguments of a tool that was called.</summary>
    CallArguments,

    /// <summary>Instructions that stand beside the messages.</summary>
    Instructions,

    /// <summary>A prompt, or an input that is no message.</summary>
    Plain,

    /// <summary>JSON that defines a tool. Not a string: its bytes count as they stand, and as an estimate.</summary>
    ToolDefinition,

    /// <summary>JSON that the answer's form is given by. As <see cref="ToolDefinition"/>.</summary>
    Schema,

    /// <summary>JSON that a tool was called with. As <see cref="ToolDefinition"/>.</summary>
    CallInput,

    /// <summary>JSON of an item whose form is not known. As <see cref="ToolDefinition"/>.</summary>
    OtherJson,
}

/// <summary>One text of a prompt, where it lies in the body.</summary>
/// <param name="Start">Offset of its first byte in the whole body; for a string, behind the quote.</param>
/// <param name="Length">Bytes, the quotes not counted.</param>
/// <param name="Kind">What it is there for.</param>
/// <param name="IsEscaped">Whether it holds a backslash.</param>
internal readonly record struct PromptSpan(long Start, int Length, PromptTextKind Kind, bool IsEscaped)
{
    /// <summary>Whether it is a JSON string's inside; else it is JSON itself.</summary>
    public bool IsString => Kind < PromptTextKind.ToolDefinition;

    /// <summary>The string that the scanner stands at.</summary>
    public static PromptSpan Of(in JsonScanner scanner, PromptTextKind kind) =>
        new(scanner.TokenStart + 1, (int)Math.Min(scanner.TokenEnd - scanner.TokenStart - 2, int.MaxValue), kind, scanner.IsEscaped);
}

/// <summary>Why a count of a prompt cannot be exact, or not complete.</summary>
[Flags]
internal enum PromptDoubt : ushort
{
    None = 0,

    /// <summary>Tools are defined: how a provider writes them into the prompt is not published.</summary>
    Tools = 1 << 0,

    /// <summary>The answer's form is given by a schema.</summary>
    Schema = 1 << 1,

    Images = 1 << 2,

    Audio = 1 << 3,

    /// <summary>A file comes with the prompt, or by its id.</summary>
    Files = 1 << 4,

    /// <summary>A part of the prompt lies at the provider: an earlier response, a conversation, a stored prompt or item.</summary>
    StoredState = 1 << 5,

    /// <summary>Earlier tool calls are in the prompt: what stands around them is not published.</summary>
    ToolCalls = 1 << 6,

    /// <summary>There was more text than is noted piece by piece, or counted for one request: the rest is known by its bytes.</summary>
    Folded = 1 << 7,

    /// <summary>An item or a part is of a kind that is not known.</summary>
    UnknownPart = 1 << 8,

    /// <summary>The model's encoding is not known, or not public.</summary>
    Encoding = 1 << 9,

    /// <summary>What the model's provider puts around messages is not published.</summary>
    Overhead = 1 << 10,
}

/// <summary>
/// The texts of a request's prompt, as places in its body, and what else it is made of. Filled while the body is read, and then
/// only valid together with it. Reused by <see cref="Reset"/>.
/// </summary>
internal sealed class PromptText
{
    /// <summary>Texts that are noted one by one, at most.</summary>
    public const int SpansMax = 4096;

    /// <summary>Room that stays with the object; more is lent by the pool of arrays until <see cref="Reset"/>.</summary>
    private const int SpansKept = 128;

    private readonly PromptSpan[] _kept = new PromptSpan[SpansKept];
    private PromptSpan[] _spans;
    private int _count;

    public PromptText() => _spans = _kept;

    /// <summary>Whether texts are noted at all.</summary>
    public bool IsWanted { get; private set; }

    public ReadOnlySpan<PromptSpan> Spans => _spans.AsSpan(0, _count);

    /// <summary>Bytes of all texts, those that were not noted one by one included. A token has one at least.</summary>
    public long Bytes { get; private set; }

    /// <summary>Bytes of the texts beyond <see cref="SpansMax"/>.</summary>
    public long FoldedBytes { get; private set; }

    /// <summary>Messages and items; 0 where the prompt is not made of them.</summary>
    public int Messages { get; set; }

    /// <summary>Prompts of a list of them; 0 where there is one alone, or messages.</summary>
    public int Prompts { get; set; }

    /// <summary>Messages of a known role, which is one token.</summary>
    public int KnownRoles { get; set; }

    /// <summary>Messages with a name.</summary>
    public int Names { get; set; }

    /// <summary>Tools defined.</summary>
    public int Tools { get; set; }

    /// <summary>Calls of tools among the messages.</summary>
    public int ToolCalls { get; set; }

    /// <summary>Images, those of <see cref="ImagesLow"/> not counted.</summary>
    public int Images { get; set; }

    /// <summary>Images with <c>detail: low</c>.</summary>
    public int ImagesLow { get; set; }

    /// <summary>Parts of sound.</summary>
    public int Audios { get; set; }

    /// <summary>Bytes of sound as they stand in the body, in base64.</summary>
    public long AudioBytes { get; set; }

    /// <summary>Files, inline or by id.</summary>
    public int Files { get; set; }

    /// <summary>Bytes of files as they stand in the body, in base64.</summary>
    public long FileBytes { get; set; }

    /// <summary>Prompts that are given as tokens: their number.</summary>
    public long TokenIds { get; set; }

    /// <summary>Whether the answer is to be JSON, by a schema or without one.</summary>
    public bool WantsJson { get; set; }

    /// <summary>What makes the prompt more than its texts.</summary>
    public PromptDoubt Doubts { get; set; }

    /// <summary>Empties it, and gives back what was lent.</summary>
    public void Reset(bool isWanted)
    {
        if (_spans != _kept)
            ArrayPool<PromptSpan>.Shared.Return(_spans);
        _spans = _kept;
        IsWanted = isWanted;
        _count = 0;
        Bytes = FoldedBytes = TokenIds = AudioBytes = FileBytes = 0;
        Messages = Prompts = KnownRoles = Names = Tools = ToolCalls = Images = ImagesLow = Audios = Files = 0;
        Doubts = PromptDoubt.None;
        WantsJson = false;
    }

    public void Add(long start, long length, PromptTextKind kind, bool isEscaped)
    {
        if (length <= 0)
            return;
        Bytes += length;
        if (_count == SpansMax || length > int.MaxValue)
        {
            FoldedBytes += length;
            Doubts |= PromptDoubt.Folded;
            return;
        }

        if (_count == _spans.Length)
            Grow();
        _spans[_count++] = new PromptSpan(start, (int)length, kind, isEscaped);
    }

    /// <summary>Notes the string that the scanner stands at.</summary>
    public void Add(in JsonScanner scanner, PromptTextKind kind) =>
        Add(scanner.TokenStart + 1, scanner.TokenEnd - scanner.TokenStart - 2, kind, scanner.IsEscaped);

    /// <summary>Notes JSON that defines a tool.</summary>
    public void AddTool(long start, long length)
    {
        Tools++;
        Doubts |= PromptDoubt.Tools;
        Add(start, length, PromptTextKind.ToolDefinition, isEscaped: false);
    }

    /// <summary>Notes JSON that the answer's form is given by.</summary>
    public void AddSchema(long start, long length)
    {
        Doubts |= PromptDoubt.Schema;
        WantsJson = true;
        Add(start, length, PromptTextKind.Schema, isEscaped: false);
    }

    /// <summary>Notes JSON of an item or a part whose form is not known.</summary>
    public void AddUnknown(long start, long length)
    {
        Doubts |= PromptDoubt.UnknownPart;
        Add(start, length, PromptTextKind.OtherJson, isEscaped: false);
    }

    /// <summary>Counts a call of a tool, whose name and arguments are noted by themselves.</summary>
    public void CountCall()
    {
        ToolCalls++;
        Doubts |= PromptDoubt.ToolCalls;
    }

    public void CountImage()
    {
        Images++;
        Doubts |= PromptDoubt.Images;
    }

    /// <summary>Counts a part of sound, which is <paramref name="bytes"/> long as far as its bytes have not been counted yet.</summary>
    public void CountAudio(long bytes = 0)
    {
        Audios++;
        AudioBytes += bytes;
        Doubts |= PromptDoubt.Audio;
    }

    /// <summary>Counts a file, as <see cref="CountAudio"/> does sound.</summary>
    public void CountFile(long bytes = 0)
    {
        Files++;
        FileBytes += bytes;
        Doubts |= PromptDoubt.Files;
    }

    private void Grow()
    {
        PromptSpan[] larger = ArrayPool<PromptSpan>.Shared.Rent(_count * 2);
        Spans.CopyTo(larger);
        if (_spans != _kept)
            ArrayPool<PromptSpan>.Shared.Return(_spans);
        _spans = larger;
    }
}
