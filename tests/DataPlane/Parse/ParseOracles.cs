namespace AiEdge.DataPlane.Tests.Parse;

/// <summary>Properties that hold for any bytes; each throws where it does not. The seed decides how the input is cut.</summary>
internal static class ParseOracles
{
    public static void ScannerAgreesWithUtf8JsonReader(byte[] input, int seed)
    {
        string trace = Cuts.SameForSome(input, seed, JsonScannerTests.Trace);
        string hidden = Cuts.SameForSome(input, seed, pieces => JsonScannerTests.Trace(pieces, depthMax: 0, offsets: true));
        if (Fault(hidden) != Fault(trace))
            throw new InvalidOperationException($"Hidden '{hidden}', shown '{trace}' for {Convert.ToHexString(input)}");
        string? reference = JsonScannerTests.ReferenceTrace(input);
        if (reference is null != trace.Contains("fault ", StringComparison.Ordinal) || (reference is not null && reference != trace))
            throw new InvalidOperationException($"'{trace}' instead of '{reference}' for {Convert.ToHexString(input)} = {System.Text.Encoding.Latin1.GetString(input)}");
    }

    private static string Fault(string trace) => trace[Math.Max(trace.IndexOf("fault ", StringComparison.Ordinal), 0)..] is var fault
        && fault.StartsWith("fault ", StringComparison.Ordinal) ? fault : "";
}
