namespace AiEdge.Tokenization.Tests.Golden;

/// <summary>Some inputs of a set; small enough that a difference is found quickly, large enough that the files stay small.</summary>
internal sealed record InputBlock(string Set, int Number, IReadOnlyList<byte[]> Inputs)
{
    public const int InputsMax = 1024;

    public static IEnumerable<InputBlock> Split(string set, IEnumerable<byte[]> inputs) =>
        inputs.Chunk(InputsMax).Select((some, number) => new InputBlock(set, number, some));
}
