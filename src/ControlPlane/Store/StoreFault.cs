namespace AiEdge.ControlPlane.Store;

/// <summary>The store cannot be used as it lies there: something that was stored is gone or changed, or another process has it.</summary>
internal sealed class StoreFault : IOException
{
    public StoreFault(string message)
        : base(message)
    {
    }

    public StoreFault(string message, Exception cause)
        : base(message, cause)
    {
    }
}
