using System.Buffers;
using AiEdge.DataPlane.Core;
using AiEdge.Http;

namespace AiEdge.DataPlane.Forward;

/// <summary>Asks a provider whether it is there: one GET on a connection of its own, of whose answer the status is looked at alone.</summary>
internal static class ProviderProbe
{
    /// <summary>Interim answers (1xx) before the one that counts.</summary>
    private const int InterimMax = 8;

    /// <summary>
    /// Whether it answered in time with a status from 200 to 399; null where that could not be found out, for all connections to it are in use.
    /// </summary>
    public static async Task<bool?> AskAsync(UpstreamPool pool, ProbeModel probe)
    {
        using var deadline = new CancellationTokenSource(probe.Timeout);
        var (connection, error) = await pool.OpenAsync(deadline.Token);
        if (connection is null)
            return error.Kind == ErrorKind.Overloaded ? null : false;
        try
        {
            using var late = deadline.Token.UnsafeRegister(static it => ((UpstreamConnection)it!).Abort(((UpstreamConnection)it).Lease), connection);
            Write(connection.Output, pool.Provider, probe);
            await connection.Output.FlushAsync();
            return await ReadStatusAsync(connection) is >= 200 and < 400;
        }
        finally
        {
            connection.Close();
        }
    }

    private static void Write(IBufferWriter<byte> output, ProviderModel provider, ProbeModel probe)
    {
        var writer = new ByteWriter(output);
        writer.Write("GET "u8);
        writer.Write(probe.Path);
        writer.Write(" HTTP/1.1\r\nHost: "u8);
        writer.Write(provider.HostHeader);
        writer.WriteCrlf();
        writer.Write(provider.Accounts[0].FixedHeaders);
        writer.Write("Accept-Encoding: identity\r\nConnection: close\r\n\r\n"u8);
        writer.Commit();
    }

    /// <summary>The status of the answer; 0 where there is none.</summary>
    private static async Task<int> ReadStatusAsync(UpstreamConnection connection)
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
                    return connection.HeadReader.Head.Status;
            }

            if (result.IsCompleted || result.IsCanceled)
                return 0;
            connection.Input.AdvanceTo(buffer.Start, buffer.End);
        }
    }
}
