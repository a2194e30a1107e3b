namespace AiEdge.FleetTest.Faults;

/// <summary>Who speaks what, and how the targets are chosen.</summary>
/// <param name="Name">As on the command line.</param>
/// <param name="Client">What clients speak.</param>
/// <param name="Bad">The dialect of the target that goes bad.</param>
/// <param name="Others">That of the two others.</param>
/// <param name="Balance">As in a configuration.</param>
internal sealed record Way(string Name, ClientForm Client, string Bad, string Others, string Balance)
{
    private const string OpenAi = "openai";
    private const string Anthropic = "anthropic";
    private const string Gemini = "gemini";

    /// <summary>Whether targets are chosen by how long they take.</summary>
    public bool LooksAtTime => Balance == "latency";

    /// <summary>The first is taken where none is named.</summary>
    public static Way[] All { get; } =
    [
        new("native", ClientForm.Chat, OpenAi, OpenAi, "latency"),
        new("weighted", ClientForm.Chat, OpenAi, OpenAi, "weighted"),
        new("to-anthropic", ClientForm.Chat, Anthropic, Anthropic, "weighted"),
        new("to-gemini", ClientForm.Chat, Gemini, Gemini, "latency"),
        new("one-translated", ClientForm.Chat, Anthropic, OpenAi, "latency"),
        new("from-anthropic", ClientForm.Messages, OpenAi, Gemini, "weighted"),
    ];
}
