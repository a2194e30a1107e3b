namespace AiEdge.ControlPlane.Rest;

/// <summary>What handlers throw that nobody foresaw: said to the operator, and answered as 500 without a word of it.</summary>
internal static class RequestFaults
{
    /// <summary>Runs what comes behind; what the server answers by itself, and callers that have gone, are none of ours.</summary>
    public static async Task GuardAsync(HttpContext http, RequestDelegate next, TextWriter log)
    {
        try
        {
            await next(http);
        }
        catch (Exception e) when (e is not BadHttpRequestException && !http.RequestAborted.IsCancellationRequested)
        {
            Write(log, $"{http.Request.Method} {Contracts.Tree.ConfigText.Quote(http.Request.Path.Value ?? "")}", e);
            if (!http.Response.HasStarted)
                await Problem.WriteAsync(http, StatusCodes.Status500InternalServerError, "the request failed; the log of the control plane says why");
        }
    }

    /// <summary>A fault with where it came from; the trace of a defect has more than one line.</summary>
    public static void Write(TextWriter log, string what, Exception fault) => log.WriteLine($"{what}: {fault}");
}
