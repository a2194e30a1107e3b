using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Dialects.OpenAi;

/// <summary>The members, of the body and of what is in it, that a prompt is made of.</summary>
internal enum PromptMember : byte
{
    Other,
    Messages,
    Prompt,
    Input,
    Instructions,
    Suffix,
    Tools,
    Functions,
    ResponseFormat,
    PreviousResponseId,
    Conversation,
    Role,
    Content,
    Name,
    Type,
    Text,
    Refusal,
    ReasoningContent,
    ToolCalls,
    FunctionCall,
    Function,
    Custom,
    Arguments,
    Output,
    Summary,
    ImageUrl,
    Detail,
    InputAudio,
    Audio,
    File,
    FileId,
    FileUrl,
    FileData,
    Format,
    JsonSchema,
    Schema,
}

/// <summary>What the <c>type</c> of an item or a part says.</summary>
internal enum PromptType : byte
{
    None,
    Message,
    Text,
    Image,
    Audio,
    File,
    Call,
    CallOutput,
    Reference,
    Reasoning,
    Unknown,
}

/// <summary>The words of the OpenAI dialect that a prompt's form is told by.</summary>
internal static class PromptMembers
{
    private const int NameBytesMax = 32;

    /// <summary>The member of a name, which may be written with escapes.</summary>
    public static PromptMember Of(ReadOnlySpan<byte> name, bool isEscaped)
    {
        if (!isEscaped)
            return OfPlain(name);
        Span<byte> plain = stackalloc byte[NameBytesMax];
        return JsonUnescape.TryUnescape(name, plain, out int length) ? OfPlain(plain[..length]) : PromptMember.Other;
    }

    /// <summary>Whether a role is one of those that are a token each in the encodings of OpenAI.</summary>
    public static bool IsKnownRole(ReadOnlySpan<byte> role) => role.Length switch
    {
        4 => role.SequenceEqual("user"u8) || role.SequenceEqual("tool"u8),
        6 => role.SequenceEqual("system"u8),
        8 => role.SequenceEqual("function"u8),
        9 => role.SequenceEqual("assistant"u8) || role.SequenceEqual("developer"u8),
        _ => false,
    };

    /// <summary>The type of an item or a part. Types that are told by their ends: many tools have a call and its output.</summary>
    public static PromptType TypeOf(ReadOnlySpan<byte> type)
    {
        if (type.SequenceEqual("text"u8) || type.EndsWith("_text"u8) || type.SequenceEqual("refusal"u8))
            return PromptType.Text;
        if (type.SequenceEqual("message"u8))
            return PromptType.Message;
        if (type.SequenceEqual("image_url"u8) || type.SequenceEqual("input_image"u8) || type.SequenceEqual("computer_screenshot"u8))
            return PromptType.Image;
        if (type.SequenceEqual("input_audio"u8) || type.SequenceEqual("audio"u8))
            return PromptType.Audio;
        if (type.SequenceEqual("file"u8) || type.SequenceEqual("input_file"u8))
            return PromptType.File;
        if (type.EndsWith("_call_output"u8))
            return PromptType.CallOutput;
        if (type.SequenceEqual("function_call"u8) || type.SequenceEqual("custom_tool_call"u8))
            return PromptType.Call;
        if (type.SequenceEqual("item_reference"u8))
            return PromptType.Reference;
        return type.SequenceEqual("reasoning"u8) ? PromptType.Reasoning : PromptType.Unknown;
    }

    private static PromptMember OfPlain(ReadOnlySpan<byte> name)
    {
        PromptMember member = name.Length switch
        {
            4 => OfFour(name),
            5 => OfFive(name),
            6 => OfSix(name),
            7 => OfSeven(name),
            8 => OfEight(name),
            9 => name[0] == (byte)'a' ? PromptMember.Arguments : name[0] == (byte)'i' ? PromptMember.ImageUrl
                : name[5] == (byte)'d' ? PromptMember.FileData : PromptMember.Functions,
            10 => PromptMember.ToolCalls,
            11 => name[0] == (byte)'i' ? PromptMember.InputAudio : PromptMember.JsonSchema,
            12 => name[0] == (byte)'i' ? PromptMember.Instructions : PromptMember.Conversation,
            13 => PromptMember.FunctionCall,
            15 => PromptMember.ResponseFormat,
            17 => PromptMember.ReasoningContent,
            20 => PromptMember.PreviousResponseId,
            _ => PromptMember.Other,
        };
        return member != PromptMember.Other && name.SequenceEqual(Word(member)) ? member : PromptMember.Other;
    }

    private static PromptMember OfFour(ReadOnlySpan<byte> name) => name[0] switch
    {
        (byte)'r' => PromptMember.Role,
        (byte)'n' => PromptMember.Name,
        (byte)'f' => PromptMember.File,
        _ => name[1] == (byte)'y' ? PromptMember.Type : PromptMember.Text,
    };

    private static PromptMember OfFive(ReadOnlySpan<byte> name) => name[0] switch
    {
        (byte)'i' => PromptMember.Input,
        (byte)'t' => PromptMember.Tools,
        _ => PromptMember.Audio,
    };

    private static PromptMember OfSix(ReadOnlySpan<byte> name) => name[0] switch
    {
        (byte)'p' => PromptMember.Prompt,
        (byte)'o' => PromptMember.Output,
        (byte)'c' => PromptMember.Custom,
        (byte)'d' => PromptMember.Detail,
        (byte)'f' => PromptMember.Format,
        _ => name[1] == (byte)'u' ? PromptMember.Suffix : PromptMember.Schema,
    };

    private static PromptMember OfSeven(ReadOnlySpan<byte> name) => name[0] switch
    {
        (byte)'c' => PromptMember.Content,
        (byte)'r' => PromptMember.Refusal,
        (byte)'s' => PromptMember.Summary,
        _ => PromptMember.FileId,
    };

    private static PromptMember OfEight(ReadOnlySpan<byte> name) => name[0] switch
    {
        (byte)'m' => PromptMember.Messages,
        _ => name[1] == (byte)'u' ? PromptMember.Function : PromptMember.FileUrl,
    };

    private static ReadOnlySpan<byte> Word(PromptMember member) => member switch
    {
        PromptMember.Messages => "messages"u8,
        PromptMember.Prompt => "prompt"u8,
        PromptMember.Input => "input"u8,
        PromptMember.Instructions => "instructions"u8,
        PromptMember.Suffix => "suffix"u8,
        PromptMember.Tools => "tools"u8,
        PromptMember.Functions => "functions"u8,
        PromptMember.ResponseFormat => "response_format"u8,
        PromptMember.PreviousResponseId => "previous_response_id"u8,
        PromptMember.Conversation => "conversation"u8,
        PromptMember.Role => "role"u8,
        PromptMember.Content => "content"u8,
        PromptMember.Name => "name"u8,
        PromptMember.Type => "type"u8,
        PromptMember.Text => "text"u8,
        PromptMember.Refusal => "refusal"u8,
        PromptMember.ReasoningContent => "reasoning_content"u8,
        PromptMember.ToolCalls => "tool_calls"u8,
        PromptMember.FunctionCall => "function_call"u8,
        PromptMember.Function => "function"u8,
        PromptMember.Custom => "custom"u8,
        PromptMember.Arguments => "arguments"u8,
        PromptMember.Output => "output"u8,
        PromptMember.Summary => "summary"u8,
        PromptMember.ImageUrl => "image_url"u8,
        PromptMember.Detail => "detail"u8,
        PromptMember.InputAudio => "input_audio"u8,
        PromptMember.Audio => "audio"u8,
        PromptMember.File => "file"u8,
        PromptMember.FileId => "file_id"u8,
        PromptMember.FileUrl => "file_url"u8,
        PromptMember.FileData => "file_data"u8,
        PromptMember.Format => "format"u8,
        PromptMember.JsonSchema => "json_schema"u8,
        _ => "schema"u8,
    };
}
