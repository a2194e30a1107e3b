namespace AiEdge.Fuzz;

/// <summary>
/// Something that reads hostile bytes. A target states what must hold for any input whatever; the strongest such statement is
/// that the answer does not depend on how the input is cut and that a slow, plain second reader gives the same one.
/// </summary>
public abstract class FuzzTarget
{
    /// <summary>The name on the command line and of the folder with its seeds.</summary>
    public abstract string Name { get; }

    /// <summary>Pieces that a blind mutation would hardly find; inserted now and then.</summary>
    public virtual IReadOnlyList<string> Dictionary => [];

    /// <summary>Tries one input; null if all is well, else what is wrong. An exception is a failure too.</summary>
    public abstract string? Check(byte[] input, Random random);
}
