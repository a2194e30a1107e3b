namespace AiEdge.ControlPlane.Store;

/// <summary>What a log's files say was committed, before anything is built on it.</summary>
internal static class LogFiles
{
    /// <summary>
    /// Judges the two small files against each other. Whatever is missing although something was committed is named: a log never begins
    /// anew in silence.
    /// </summary>
    /// <returns>What was committed; null where the folder holds no such log.</returns>
    /// <exception cref="StoreFault">Committed items are out of reach.</exception>
    public static LogExtent? Judge(string folder, LogShape shape)
    {
        var mark = Path.Combine(folder, shape.MarkFile);
        var commit = Path.Combine(folder, shape.CommitFile);
        if (!File.Exists(mark))
        {
            // The mark is made last and removed never.
            if (shape.Segments(folder).Count > 0 || File.Exists(Path.Combine(folder, shape.StateFileName)))
                throw new StoreFault($"{shape.MarkFile} is missing although there are items");
            return null;
        }

        var marked = LogSlots.Read(mark).Extent;
        if (!File.Exists(commit))
            throw new StoreFault($"{shape.CommitFile} is missing; {marked.NextNumber - 1} items were committed");
        var committed = LogSlots.Read(commit).Extent;
        if (committed.Until < marked.Until || committed.NextNumber < marked.NextNumber || committed.Released < marked.Released)
            throw new StoreFault($"{shape.CommitFile} knows of {committed.NextNumber - 1} items, {marked.NextNumber - 1} were committed");
        if (committed.Until > LogShape.FirstAddress)
            CheckSegments(folder, shape, committed);
        return committed;
    }

    /// <summary>Makes the files of an empty log, the mark last: where it is, the others are.</summary>
    public static void Create(string folder, LogShape shape) => Create(folder, shape, LogExtent.Empty, []);

    /// <summary>Makes the two small files for segments that lie there already.</summary>
    public static void Create(string folder, LogShape shape, in LogExtent extent, ReadOnlySpan<byte> note)
    {
        // A start that broke off here before leaves a commit file without a mark.
        File.Delete(Path.Combine(folder, shape.CommitFile));
        LogSlots.Create(Path.Combine(folder, shape.CommitFile), extent, note).Dispose();
        StoreFolder.Sync(folder);
        var mark = Path.Combine(folder, shape.MarkFile);
        File.Delete(mark + ".new");
        LogSlots.Create(mark + ".new", extent, []).Dispose();
        File.Move(mark + ".new", mark);
        StoreFolder.Sync(folder);
    }

    /// <summary>Removes what lies below the committed beginning: a truncation that broke off.</summary>
    public static void RemoveBefore(string folder, LogShape shape, in LogExtent extent)
    {
        foreach (var segment in shape.Segments(folder))
        {
            if (segment < shape.SegmentOf(extent.Begin))
                File.Delete(shape.SegmentFile(folder, segment));
        }
    }

    private static void CheckSegments(string folder, LogShape shape, in LogExtent extent)
    {
        for (var segment = shape.SegmentOf(extent.Begin); segment <= shape.SegmentOf(extent.Until - 1); segment++)
        {
            var file = new FileInfo(shape.SegmentFile(folder, segment));
            if (!file.Exists)
                throw new StoreFault($"the file {file.Name} is missing");
            var wanted = Math.Min(shape.SegmentBytes, extent.Until - (segment << shape.SegmentBits));
            if (file.Length < wanted)
                throw new StoreFault($"{file.Name} is cut at byte {file.Length}, {wanted} were committed");
        }
    }
}
