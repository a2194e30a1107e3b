using System.Text;

namespace AiEdge.Tokenization.Models;

/// <summary>
/// Which encoding a model's name stands for: the longest entry that fits. (OpenAI's tiktoken, <c>model.py</c>; names of vendors
/// as their price lists have them.) What no entry fits is counted as o200k_base and is an estimate. What OpenAI makes after gpt-5 is
/// taken to be of its kind: a model that refuses to sample is not to be asked to because its name is new.
/// </summary>
public static class ModelEncodings
{
    private const TokenEncoding O200k = TokenEncoding.O200kBase;
    private const TokenEncoding Cl100k = TokenEncoding.Cl100kBase;
    private const int NameBytesMax = 256;

    /// <summary>
    /// Beginnings of names, in lower case. One that ends with <c>*</c> fits whatever follows; any other must be followed by
    /// nothing or by a byte that begins a new word, so that <c>gpt-4</c> does not take <c>gpt-4o</c>.
    /// </summary>
    private static readonly Entry[] Entries =
    [
        new("gpt-4o*", O200k, ModelFamily.OpenAiOmni),
        new("gpt-4o-mini*", O200k, ModelFamily.OpenAiOmniMini),
        new("chatgpt-4o*", O200k, ModelFamily.OpenAiOmni),
        new("gpt-4.1*", O200k, ModelFamily.OpenAiChat),
        new("gpt-4.1-mini*", O200k, ModelFamily.OpenAiPatches),
        new("gpt-4.1-nano*", O200k, ModelFamily.OpenAiPatches),
        new("gpt-4.5*", O200k, ModelFamily.OpenAiChat),
        new("gpt-5*", O200k, ModelFamily.OpenAiReasoning),
        .. "6789".Select(family => new Entry($"gpt-{family}*", O200k, ModelFamily.OpenAiReasoning, isExact: false)),
        new("o1", O200k, ModelFamily.OpenAiReasoning),
        new("o3", O200k, ModelFamily.OpenAiReasoning),
        new("o4", O200k, ModelFamily.OpenAiReasoning),
        new("gpt-oss", TokenEncoding.O200kHarmony, ModelFamily.OpenAiOpen),
        new("gpt-4", Cl100k, ModelFamily.OpenAiChat),
        new("gpt-3.5*", Cl100k, ModelFamily.OpenAiChat),
        new("gpt-3.5-turbo-instruct", Cl100k, ModelFamily.OpenAiText),
        new("gpt-35*", Cl100k, ModelFamily.OpenAiChat),
        new("gpt-35-turbo-instruct", Cl100k, ModelFamily.OpenAiText),
        new("text-embedding-3-*", Cl100k, ModelFamily.OpenAiText),
        new("text-embedding-ada-002", Cl100k, ModelFamily.OpenAiText),
        new("davinci-002", Cl100k, ModelFamily.OpenAiText),
        new("babbage-002", Cl100k, ModelFamily.OpenAiText),
        new("claude", O200k, ModelFamily.Claude, isExact: false),
        new("gemini", O200k, ModelFamily.Gemini, isExact: false),
    ];

    /// <summary>The entries by their first byte, the longest first: the first one that fits is the one.</summary>
    private static readonly Entry[][] EntriesByFirst = ByFirst();

    /// <summary>What is taken for a model that no entry fits.</summary>
    public static ModelEncoding Unknown { get; } = new(O200k, ModelFamily.Unknown, IsExact: false);

    /// <summary>How a model's tokens are counted.</summary>
    /// <param name="model">
    /// The name in UTF-8, as a request or a provider's list has it: a fine-tuned one (<c>ft:gpt-4o:org::id</c>), one with the
    /// vendor before it (<c>openai/gpt-4o</c>, <c>us.anthropic.claude-…</c>) and one of Azure's (<c>gpt-35-turbo</c>) included.
    /// </param>
    public static ModelEncoding Find(ReadOnlySpan<byte> model)
    {
        if (model.Length > NameBytesMax)
            return Unknown;
        Span<byte> lower = stackalloc byte[NameBytesMax];
        for (int i = 0; i < model.Length; i++)
            lower[i] = model[i] is >= (byte)'A' and <= (byte)'Z' ? (byte)(model[i] | 0x20) : model[i];
        return FindBare(Bare(lower[..model.Length]));
    }

    /// <summary>As <see cref="Find(ReadOnlySpan{byte})"/>, for a name that is not at hand in UTF-8.</summary>
    public static ModelEncoding Find(string model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return Find(Encoding.UTF8.GetBytes(model));
    }

    /// <summary>The name without vendor and without what fine-tuning adds.</summary>
    private static ReadOnlySpan<byte> Bare(ReadOnlySpan<byte> name)
    {
        name = name[(name.LastIndexOf((byte)'/') + 1)..];
        if (name.StartsWith("ft:"u8))
            name = name[3..];
        int vendor = name.LastIndexOf("anthropic."u8);
        if (vendor == 0 || (vendor > 0 && name[vendor - 1] == (byte)'.'))
            return name[(vendor + "anthropic.".Length)..];
        return name.StartsWith("openai."u8) ? name["openai.".Length..] : name;
    }

    private static ModelEncoding FindBare(ReadOnlySpan<byte> name)
    {
        if (name.IsEmpty)
            return Unknown;
        foreach (Entry entry in EntriesByFirst[name[0]])
        {
            if (entry.Fits(name))
                return entry.Model;
        }

        return Unknown;
    }

    private static Entry[][] ByFirst()
    {
        var byFirst = new Entry[byte.MaxValue + 1][];
        for (int i = 0; i < byFirst.Length; i++)
        {
            byFirst[i] = Array.FindAll(Entries, entry => entry.Prefix[0] == i);
            Array.Sort(byFirst[i], static (a, b) => b.Prefix.Length.CompareTo(a.Prefix.Length));
        }

        return byFirst;
    }

    private sealed class Entry
    {
        private readonly bool _isOpen;

        public Entry(string prefix, TokenEncoding encoding, ModelFamily family, bool isExact = true)
        {
            _isOpen = prefix.EndsWith('*');
            Prefix = Encoding.ASCII.GetBytes(prefix.TrimEnd('*'));
            Model = new ModelEncoding(encoding, family, isExact);
        }

        public byte[] Prefix { get; }

        public ModelEncoding Model { get; }

        public bool Fits(ReadOnlySpan<byte> name) =>
            name.StartsWith(Prefix) && (_isOpen || name.Length == Prefix.Length || name[Prefix.Length] is (byte)'-' or (byte)':' or (byte)'@');
    }
}
