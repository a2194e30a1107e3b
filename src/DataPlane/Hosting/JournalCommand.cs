using AiEdge.DataPlane.Record;

namespace AiEdge.DataPlane.Hosting;

/// <summary>The <c>journal</c> commands, and what is said when a data plane may not start on top of its journal.</summary>
internal static class JournalCommand
{
    /// <summary>
    /// Prints what was committed. A running data plane may go on meanwhile. Where nobody can say what was, all that lies there is printed, after the reason.
    /// </summary>
    public static int Dump(string folder, Stream output, TextWriter errors)
    {
        try
        {
            if (!Directory.Exists(folder) || JournalRecovery.Judge(folder) is not null)
                return Read(folder, errors, extent => Print(new JournalReader(folder, extent), output));
        }
        catch (JournalFault fault)
        {
            errors.WriteLine("journal: " + fault.Message + "; these are the records that lie there, as far as they are whole");
            Read(folder, errors, _ => Print(JournalReader.OfFiles(folder), output), isJudged: false);
            return 1;
        }

        return Read(folder, errors, static _ => { });
    }

    private static void Print(JournalReader reader, Stream output)
    {
        using var writer = new JournalWriter(output);
        using var held = reader;
        var item = new JournalItem();
        try
        {
            while (reader.TryNext(out var record))
            {
                item.Read(record);
                writer.Write(item);
            }
        }
        finally
        {
            // What was good before the fault is good.
            writer.Flush();
        }
    }

    /// <summary>Reads all that was committed and says what it is, or what is wrong with it.</summary>
    public static int Verify(string folder, TextWriter output, TextWriter errors) => Read(folder, errors, extent =>
    {
        var survey = JournalRecovery.Survey(folder, extent);
        var (checkpoint, fault) = LedgerReplay.Find(folder, extent, JournalRecovery.HasCheckpoint(folder));
        if (fault is not null)
            throw new JournalFault(fault);
        output.WriteLine(
            $"ok: {survey.Records} records, {extent.Until - extent.Begin} bytes in {survey.Segments.Count} files, {survey.Open.Count} exchanges open, "
            + $"limits as of record {checkpoint?.Sequence ?? extent.BeginSequence}");
    });

    /// <summary>
    /// Gives up what limits had used before the records that are left: the next start reads these, all of them. For a journal whose
    /// checkpoint is lost, which a start refuses.
    /// </summary>
    public static int Rebuild(string folder, TextWriter output, TextWriter errors) => Read(folder, errors, extent =>
    {
        using var held = JournalStore.Lock(folder);
        new LedgerCheckpoint { Sequence = extent.BeginSequence, Buckets = [] }.Write(folder);
        output.WriteLine($"ok: limits will be taken from {extent.NextSequence - extent.BeginSequence} records");
    });

    /// <summary>Says why the process does not start and how to go on.</summary>
    public static int Refuse(string folder, JournalFault fault, TextWriter errors)
    {
        errors.WriteLine("cannot start: the usage journal: " + fault.Message);
        if (fault.InnerException is null)
        {
            errors.WriteLine($"`aiedge-dataplane journal dump --data-dir {folder}` prints what can still be read, `journal verify` looks again.");
            errors.WriteLine($"To begin a new journal, move {folder} away; nothing in it is deleted.");
        }

        return 1;
    }

    private static int Read(string folder, TextWriter errors, Action<JournalExtent> read, bool isJudged = true)
    {
        try
        {
            if (!Directory.Exists(folder))
                throw new JournalFault($"there is no folder {folder}");
            if (!isJudged)
                read(JournalExtent.Empty);
            else if (JournalRecovery.Judge(folder) is { } extent)
                read(extent);
            else
                throw new JournalFault($"there is no journal in {folder}");
            return 0;
        }
        catch (Exception e) when (e is JournalFault or IOException or UnauthorizedAccessException)
        {
            errors.WriteLine("journal: " + e.Message);
            return 1;
        }
    }
}
