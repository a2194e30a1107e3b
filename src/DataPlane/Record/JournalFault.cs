namespace AiEdge.DataPlane.Record;

/// <summary>The journal on disk is not what was written, or another process has it. Nothing starts on top of it.</summary>
internal sealed class JournalFault : Exception
{
    public JournalFault(string message)
        : base(message)
    {
    }

    public JournalFault(string message, Exception inner)
        : base(message, inner)
    {
    }

    public JournalFault()
    {
    }
}
