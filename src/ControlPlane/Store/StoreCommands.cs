namespace AiEdge.ControlPlane.Store;

/// <summary>What an operator does with a store from the command line: <c>aiedge-controlplane store verify|backup|restore</c>.</summary>
internal static class StoreCommands
{
    public const string Usage = """
        aiedge-controlplane store verify  --data-dir DIR
        aiedge-controlplane store backup  --data-dir DIR --to FOLDER      FOLDER is empty or not there; the store may be in use
        aiedge-controlplane store restore --from FOLDER --data-dir DIR    DIR holds no store; it gets an id of its own
        DIR is the control plane's, in which the store has a folder; AIEDGE_DATA_DIR, or else aiedge-control, where it is left out
        """;

    private const string DefaultDataDir = "aiedge-control";

    /// <summary>Does it; 0 for success, 1 where the store or the backup has a fault, 2 for a wrong command line.</summary>
    /// <param name="arguments">What stands behind <c>store</c>.</param>
    /// <param name="output">Told what was found and done.</param>
    /// <param name="error">Told what is wrong.</param>
    public static async Task<int> RunAsync(string[] arguments, TextWriter output, TextWriter error)
    {
        var given = Options(arguments);
        var dataDir = given?.GetValueOrDefault("--data-dir") ?? Environment.GetEnvironmentVariable("AIEDGE_DATA_DIR") ?? DefaultDataDir;
        var folder = FasterStore.FolderOf(dataDir);
        try
        {
            switch (arguments.FirstOrDefault(), given?.GetValueOrDefault("--to"), given?.GetValueOrDefault("--from"))
            {
                case ("verify", null, null) when given is not null:
                    StoreCheck.Run(folder, output);
                    await output.WriteLineAsync("the store is whole");
                    return 0;
                case ("backup", { } to, null):
                    StoreCopy.Backup(folder, to);
                    await output.WriteLineAsync($"the store was copied to {to} and checked there");
                    return 0;
                case ("restore", null, { } from):
                    StoreCopy.Restore(from, folder);
                    await output.WriteLineAsync($"the store was restored to {folder}; it has a new id, so data planes report again what they still have");
                    return 0;
                default:
                    await error.WriteLineAsync(Usage);
                    return 2;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            await error.WriteLineAsync(e.Message);
            return 1;
        }
    }

    /// <summary>Pairs of option and value; null where they are no such pairs.</summary>
    private static Dictionary<string, string>? Options(string[] arguments)
    {
        var options = new Dictionary<string, string>(StringComparer.Ordinal);
        if (arguments.Length % 2 == 0)
            return null;
        for (var i = 1; i < arguments.Length; i += 2)
        {
            if (arguments[i] is not ("--data-dir" or "--to" or "--from") || !options.TryAdd(arguments[i], arguments[i + 1]))
                return null;
        }

        return options;
    }
}
