using System.Globalization;
using System.Text;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Parse;

namespace AiEdge.DataPlane.Tests.Parse;

/// <summary>Runs the request readers over pieces of a body and puts all that they say into one line.</summary>
internal static class RequestReading
{
    public const string Multipart = "multipart/form-data; boundary=XyZ";

    public static string Describe(RequestShape shape, IReadOnlyList<byte[]> pieces) => Describe(shape, pieces, new RequestFacts());

    public static string Describe(RequestShape shape, IReadOnlyList<byte[]> pieces, RequestFacts facts)
    {
        var reader = new RequestReader();
        reader.Begin(facts, shape);
        foreach (byte[] piece in pieces)
            reader.Feed(piece);
        return Describe(reader.Finish(), facts);
    }

    public static string DescribeMultipart(string contentType, IReadOnlyList<byte[]> pieces) =>
        DescribeMultipart(contentType, pieces, new RequestFacts());

    public static string DescribeMultipart(string contentType, IReadOnlyList<byte[]> pieces, RequestFacts facts)
    {
        var reader = new MultipartReader();
        reader.Begin(facts, Encoding.Latin1.GetBytes(contentType));
        foreach (byte[] piece in pieces)
            reader.Feed(piece);
        return Describe(reader.Finish(), facts);
    }

    public static EdgeError Error(RequestShape shape, byte[] body)
    {
        var reader = new RequestReader();
        reader.Begin(new RequestFacts(), shape);
        reader.Feed(body);
        return reader.Finish();
    }

    /// <summary>The facts of a body that must be in order.</summary>
    public static RequestFacts Facts(RequestShape shape, string body)
    {
        var facts = new RequestFacts();
        string line = Describe(shape, [Encoding.UTF8.GetBytes(body)], facts);
        return line.StartsWith("error", StringComparison.Ordinal) ? throw new InvalidOperationException(line) : facts;
    }

    private static string Describe(EdgeError error, RequestFacts f)
    {
        if (error.IsError)
            return $"error {error.Kind}/{error.Source}/{error.Retry} [{error.Param}] {error.Message}";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"""
            model={f.HasModel}:{Convert.ToHexString(f.Model)}{Range(f.ModelToken)}
            stream={f.Stream}{Range(f.StreamToken)} background={f.Background}
            options={f.StreamOptions}{Range(f.StreamOptionsToken)} empty={f.StreamOptionsIsEmpty} at={f.StreamOptionsInsertAt}
            usage={f.IncludeUsage}{Range(f.IncludeUsageToken)} insert={f.InsertAt} empty={f.TopLevelIsEmpty} n={f.N}
            caps={Cap(f.MaxTokens)} {Cap(f.MaxCompletionTokens)} {Cap(f.MaxOutputTokens)}
            """);
    }

    private static string Range(ByteRange range) => range.IsPresent ? $"@{range.Start}+{range.Length}" : "";

    private static string Cap(OutputCap cap) => $"{cap.Value?.ToString(CultureInfo.InvariantCulture) ?? "null"}{Range(cap.Token)}";
}
