namespace AiEdge.DataPlane.Record;

/// <summary>What the files of a folder say was committed, before anything is built on it.</summary>
internal static class JournalRecovery
{
    /// <summary>
    /// Judges the two small files against each other. Whatever is missing although something was committed is named: a journal
    /// never begins anew in silence.
    /// </summary>
    /// <returns>What was committed; null where the folder holds no journal.</returns>
    /// <exception cref="JournalFault">Committed records are out of reach.</exception>
    public static JournalExtent? Judge(string folder) => Judge(folder, out _);

    /// <param name="folder">Where the journal lies.</param>
    /// <param name="warning">What the end of the machine has taken of what it might take; null where it took nothing.</param>
    /// <param name="betweenLooks">What happens before a second look, where the first finds a fault.</param>
    /// <param name="machine">Null for the one that this runs on.</param>
    public static JournalExtent? Judge(string folder, out string? warning, Action? betweenLooks = null, JournalMachine? machine = null)
    {
        try
        {
            return Look(folder, machine, out warning);
        }
        catch (JournalFault)
        {
            // A data plane that runs may be in the middle of a slot, or between the two files. What is damaged is so at a second look, too.
            betweenLooks?.Invoke();
            return Look(folder, machine, out warning);
        }
    }

    private static JournalExtent? Look(string folder, JournalMachine? machine, out string? warning)
    {
        warning = null;
        var hasMark = File.Exists(Path.Combine(folder, JournalLayout.MarkFile));
        var hasCommit = File.Exists(Path.Combine(folder, JournalLayout.CommitFile));
        if (!hasMark)
        {
            // The mark is made last and removed never.
            if (JournalLayout.Segments(folder).Count > 0)
                throw new JournalFault($"{JournalLayout.MarkFile} is missing although there are records");
            return null;
        }

        using var mark = JournalSlots.Open(Path.Combine(folder, JournalLayout.MarkFile), forWriting: false, machine);
        if (!hasCommit)
            throw new JournalFault($"{JournalLayout.CommitFile} is missing; {mark.Extent.NextSequence} records were committed");
        using var commit = JournalSlots.Open(Path.Combine(folder, JournalLayout.CommitFile), forWriting: false, machine);
        // The mark's word counts only as far as it was on disk together with the commit.
        var sure = mark.Sure;
        if (commit.IsDoubtful && !IsWhole(folder, commit.Extent))
        {
            var lost = commit.Extent.NextSequence - commit.Synced.NextSequence;
            warning = $"the machine ended before at least {lost} records were on disk; they are lost";
            commit.Revert();
        }

        if (commit.Extent.Until < sure.Until || commit.Extent.NextSequence < sure.NextSequence)
        {
            throw new JournalFault(
                $"{JournalLayout.CommitFile} knows of {commit.Extent.NextSequence} records, {sure.NextSequence} were committed");
        }

        return commit.Extent;
    }

    /// <summary>Makes the files of an empty journal, the mark last: where it is, the others are.</summary>
    public static void Create(string folder, JournalMachine machine)
    {
        // A start that broke off here before leaves a commit file without a mark.
        File.Delete(Path.Combine(folder, JournalLayout.CommitFile));
        JournalSlots.Create(Path.Combine(folder, JournalLayout.CommitFile), machine).Dispose();
        machine.SyncFolder(folder);
        var mark = Path.Combine(folder, JournalLayout.MarkFile);
        File.Delete(mark + ".new");
        JournalSlots.Create(mark + ".new", machine).Dispose();
        File.Move(mark + ".new", mark);
        machine.SyncFolder(folder);
    }

    /// <summary>Whether a checkpoint of the limits was ever written beside the journal.</summary>
    public static bool HasCheckpoint(string folder)
    {
        using var mark = JournalSlots.Open(Path.Combine(folder, JournalLayout.MarkFile), forWriting: false);
        return JournalNote.Read(mark.Note).HasCheckpoint;
    }

    /// <summary>
    /// Reads all that was committed. What is left open at the end are exchanges under which the process ended; of each its last
    /// record is kept.
    /// </summary>
    public static JournalSurvey Survey(string folder, in JournalExtent extent, LedgerReplay? replay = null)
    {
        var survey = new JournalSurvey();
        using var reader = new JournalReader(folder, extent);
        while (reader.TryNext(out var record))
        {
            survey.Take(record, reader.Address);
            replay?.Take(record);
        }

        return survey;
    }

    /// <summary>Whether everything up to there can be read.</summary>
    private static bool IsWhole(string folder, in JournalExtent extent)
    {
        try
        {
            using var reader = new JournalReader(folder, extent);
            while (reader.TryNext(out _))
            {
                // It checks as it reads.
            }

            return true;
        }
        catch (JournalFault)
        {
            return false;
        }
    }
}

/// <summary>What a reading of the whole journal has found.</summary>
internal sealed class JournalSurvey
{
    private readonly Dictionary<(long Epoch, long Exchange), byte[]> _open = [];

    /// <summary>The last record of each exchange that has none that closes it.</summary>
    public ICollection<byte[]> Open => _open.Values;

    /// <summary>By segment: the time of its last record, and the number of the first that begins in it or behind it.</summary>
    public List<JournalSegment> Segments { get; } = [];

    public long Records { get; private set; }

    public void Take(ReadOnlySpan<byte> record, long address)
    {
        Records++;
        var segment = address >> JournalLayout.SegmentBits;
        if (Segments.Count == 0 || Segments[^1].Number != segment)
            Segments.Add(new(segment, JournalFormat.Sequence(record)));
        Segments[^1].LastUnixMs = Math.Max(Segments[^1].LastUnixMs, JournalFormat.UnixMs(record));
        switch (JournalFormat.Kind(record))
        {
            case JournalKind.Open or JournalKind.Progress:
                _open[JournalFormat.Identity(record)] = record.ToArray();
                break;
            case JournalKind.Exchange:
                _open.Remove(JournalFormat.Identity(record));
                break;
        }
    }
}

/// <summary>A segment that holds records.</summary>
internal sealed class JournalSegment(long number, long firstSequence)
{
    public long Number { get; } = number;

    public long FirstSequence { get; } = firstSequence;

    public long LastUnixMs { get; set; }
}
