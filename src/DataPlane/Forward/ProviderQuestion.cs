using System.Buffers;
using AiEdge.DataPlane.Core;
using AiEdge.Http;

namespace AiEdge.DataPlane.Forward;

/// <summary>A GET that is no exchange's: what is asked of a provider for the data plane's own sake.</summary>
internal static class ProviderQuestion
{
    /// <summary>Interim answers (1xx) before the one that counts.</summary>
    private const int InterimMax = 8;

    /// <summary>Writes it into what the next flush sends, with the credential of the provider's first account.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="provider">Who is asked.</param>
    /// <param name="path">What for, in ASCII, from the host's root on.</param>
    /// <param name="isLast">Whether the connection ends with the answer.</param>
    public static void Write(IBufferWriter<byte> output, ProviderModel provider, ReadOnlySpan<byte> path, bool isLast)
    {
        var writer = new ByteWriter(output);
        writer.Write("GET "u8);
        writer.Write(path);
        writer.Write(" HTTP/1.1\r\nHost: "u8);
        writer.Write(provider.HostHeader);
        writer.WriteCrlf();
        writer.Write(provider.Accounts[0].FixedHeaders);
        writer.Write(isLast ? "Accept-Encoding: identity\r\nConnection: close\r\n\r\n"u8 : "Accept-Encoding: identity\r\n\r\n"u8);
        writer.Commit();
    }

    /// <summary>Reads the answer's head, which stays in the input: its status, or 0 where there is none.</summary>
    public static async Task<int> ReadHeadAsync(UpstreamConnection connection)
    {
        var interim = 0;
        while (true)
        {
            var result = await connection.Input.ReadAsync();
            var buffer = result.Buffer;
            switch (connection.HeadReader.Read(buffer, requestWasHead: false))
            {
                case HeadStatus.Rejected:
                    return 0;
                case HeadStatus.Complete when connection.HeadReader.Head.IsInterim:
                    if (++interim > InterimMax)
                        return 0;
                    connection.Input.AdvanceTo(buffer.GetPosition(connection.HeadReader.Head.Length));
                    connection.HeadReader.Reset();
                    continue;
                case HeadStatus.Complete:
                    connection.AfterHead = buffer.GetPosition(connection.HeadReader.Head.Length);
                    return connection.HeadReader.Head.Status;
            }

            if (result.IsCompleted || result.IsCanceled)
                return 0;
            connection.Input.AdvanceTo(buffer.Start, buffer.End);
        }
    }
}
