using System.Text;
using AiEdge.Fuzz;

namespace AiEdge.Http.Tests;

/// <summary>Text to bytes and through a reader. One char is one byte.</summary>
internal static class Wire
{
    public const int HeadBytesMax = 32 * 1024;

    public static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    /// <summary>A request with the given lines; the empty line is added.</summary>
    public static string Head(params string[] lines) => string.Join("\r\n", lines) + "\r\n\r\n";

    /// <summary>A comma-separated list that says the same again and again.</summary>
    public static string List(string element, int count) => string.Join(", ", Enumerable.Repeat(element, count));

    public static string ReadRequest(string text) => ReadRequest(new RequestHeadReader(HeadBytesMax), text);

    public static string ReadRequest(RequestHeadReader reader, string text) => HeadPrint.Request(reader, Bytes(text), [], []);

    public static RequestHead Request(string text)
    {
        var reader = new RequestHeadReader(HeadBytesMax);
        Assert.Equal(HeadStatus.Complete, reader.Read(Feeding.Sequence(Bytes(text), [])));
        return reader.Head;
    }

    public static Rejection RequestRejection(string text)
    {
        var reader = new RequestHeadReader(HeadBytesMax);
        var status = reader.Read(Feeding.Sequence(Bytes(text), []));
        Assert.Equal(HeadStatus.Rejected, status);
        return reader.Rejection;
    }

    public static ResponseHead Response(string text, bool requestWasHead = false)
    {
        var reader = new ResponseHeadReader(HeadBytesMax);
        Assert.Equal(HeadStatus.Complete, reader.Read(Feeding.Sequence(Bytes(text), []), requestWasHead));
        return reader.Head;
    }

    public static Rejection ResponseRejection(string text, bool requestWasHead = false)
    {
        var reader = new ResponseHeadReader(HeadBytesMax);
        Assert.Equal(HeadStatus.Rejected, reader.Read(Feeding.Sequence(Bytes(text), []), requestWasHead));
        return reader.Rejection;
    }

    /// <summary>Every way to cut that is short enough to list: two arrivals, every byte alone, three segments.</summary>
    public static IEnumerable<(int[] Arrivals, int[] Cuts)> Cuttings(int length)
    {
        yield return (Feeding.EveryByte(length), []);
        yield return (Feeding.EveryByte(length), [length / 3, 2 * length / 3]);
        yield return ([], Feeding.EveryByte(length));
        for (var at = 1; at < length; at++)
        {
            yield return ([at], []);
            yield return ([], [at]);
            yield return ([at], [at]);
            yield return ([], [at, Math.Min(length, at + 1)]);
            yield return ([Math.Min(length, at + 2)], [at / 2, at]);
        }
    }
}
