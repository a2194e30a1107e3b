using System.Text;
using AiEdge.Http;

namespace AiEdge.Fuzz;

/// <summary>Runs head readers over bytes and prints all that they say, so that two runs can be compared as text.</summary>
public static class HeadPrint
{
    public static string Request(RequestHeadReader reader, ReadOnlySpan<byte> bytes, IReadOnlyList<int> arrivals, IReadOnlyList<int> cuts)
    {
        reader.Reset();
        var status = reader.Read(Feeding.Sequence(default, []));
        foreach (var arrived in Upto(arrivals, bytes.Length))
        {
            if (status != HeadStatus.NeedMore) break;
            status = reader.Read(Feeding.Sequence(bytes[..arrived], cuts));
        }
        return status switch
        {
            HeadStatus.NeedMore => "NeedMore",
            HeadStatus.Rejected => $"Rejected {reader.Rejection}",
            _ => Text(reader.Head),
        };
    }

    public static string Response(
        ResponseHeadReader reader, ReadOnlySpan<byte> bytes, bool requestWasHead, IReadOnlyList<int> arrivals, IReadOnlyList<int> cuts)
    {
        reader.Reset();
        var status = reader.Read(Feeding.Sequence(default, []), requestWasHead);
        foreach (var arrived in Upto(arrivals, bytes.Length))
        {
            if (status != HeadStatus.NeedMore) break;
            status = reader.Read(Feeding.Sequence(bytes[..arrived], cuts), requestWasHead);
        }
        return status switch
        {
            HeadStatus.NeedMore => "NeedMore",
            HeadStatus.Rejected => $"Rejected {reader.Rejection}",
            _ => Text(reader.Head),
        };
    }

    public static string Text(RequestHead head)
    {
        var text = new StringBuilder();
        text.AppendLine($"{head.MethodId} {Latin(head.Method)} | {Latin(head.Target)} | {Latin(head.Path)} | {Latin(head.Query)}");
        if (head.ExpectContinue) text.AppendLine("expects 100");
        return Fields(head, text);
    }

    public static string Text(ResponseHead head)
    {
        var text = new StringBuilder();
        text.AppendLine($"{head.Status} | {Latin(head.Reason)} | interim {head.IsInterim}");
        return Fields(head, text);
    }

    public static string Latin(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);

    private static string Fields(MessageHead head, StringBuilder text)
    {
        text.AppendLine($"1.{head.MinorVersion} {head.Framing.Kind} {head.Framing.Length}");
        text.AppendLine($"keep-alive {head.KeepAlive} length {head.Length}");
        for (var i = 0; i < head.HeaderCount; i++)
            text.AppendLine($"{head.Id(i)} [{Latin(head.Name(i))}]=[{Latin(head.Value(i))}]{(head.IsHopByHop(i) ? " hop" : "")}");
        text.Append(Latin(head.Bytes));
        return text.ToString();
    }

    private static IEnumerable<int> Upto(IEnumerable<int> arrivals, int length) => arrivals.Where(a => a < length).Append(length);
}
