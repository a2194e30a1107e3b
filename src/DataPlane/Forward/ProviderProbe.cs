using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Forward;

/// <summary>Asks a provider whether it is there: one GET on a connection of its own, of whose answer the status is looked at alone.</summary>
internal static class ProviderProbe
{
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
            ProviderQuestion.Write(connection.Output, pool.Provider, probe.Path, isLast: true);
            await connection.Output.FlushAsync();
            return await ProviderQuestion.ReadHeadAsync(connection) is >= 200 and < 400;
        }
        finally
        {
            connection.Close();
        }
    }
}
