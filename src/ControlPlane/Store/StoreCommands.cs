namespace AiEdge.ControlPlane.Store;

/// <summary>What an operator does with a store from the command line: <c>aiedge-controlplane store verify|backup|restore</c>.</summary>
internal static class StoreCommands
{
    public const string Usage = """
        aiedge-controlplane store verify  --data-dir DIR
        aiedge-controlplane store backup  --data-dir DIR --to FOLDER      FOLDER is empty or not there; the store may be in use
        aiedge-controlplane store restore --from FOLDER --data-dir DIR    DIR holds no store; it gets an id of its own
        """;

    /// <summary>Does it; 0 for success, 1 where the store or the backup has a fault, 2 for a wrong command line.</summary>
    public static int Run(ReadOnlySpan<string> arguments, TextWriter output, TextWriter error)
    {
        try
        {
            switch (arguments)
            {
                case ["verify", "--data-dir", var folder]:
                    StoreCheck.Run(folder, output);
                    output.WriteLine("the store is whole");
                    return 0;
                case ["backup", "--data-dir", var folder, "--to", var to]:
                    StoreCopy.Backup(folder, to);
                    output.WriteLine($"the store was copied to {to} and checked there");
                    return 0;
                case ["restore", "--from", var from, "--data-dir", var folder]:
                    StoreCopy.Restore(from, folder);
                    output.WriteLine($"the store was restored to {folder}; it has a new id, so data planes report again what they still have");
                    return 0;
                default:
                    error.WriteLine(Usage);
                    return 2;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            error.WriteLine(e.Message);
            return 1;
        }
    }
}
