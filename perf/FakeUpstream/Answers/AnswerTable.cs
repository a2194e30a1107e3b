namespace AiEdge.FakeUpstream;

/// <summary>Which path is answered by what.</summary>
internal static class AnswerTable
{
    private static Answer NoBody => ErrorAnswer.Json(400, "", "invalid_request_error", null, "The request has no body.");

    /// <summary>The answer to a request, or a 404 or 405 in OpenAI's shape.</summary>
    public static Answer Find(string method, AnswerContext context)
    {
        if (method == "GET")
            return context.Path.EndsWith("/metrics", StringComparison.Ordinal) ? MetricsAnswer.Make(context) : ModelsAnswer.Make(context);
        if (context.Post is not { } post)
            return UnknownUrl(method, context.Path);
        if (method != "POST")
            return ErrorAnswer.Json(405, "Allow: POST\r\n", "invalid_request_error", "method_not_supported", $"Not allowed to {method} on {context.Path}.");
        if (context.Body.IsEmpty)
            return NoBody;
        if (OfServer(context) is { } refused)
            return refused;
        var answer = context.JudgesAll && post.FaultOf?.Invoke(context) is { } fault ? context.Vendor.Fault(fault) : post.Make(context);
        return answer with { Vendor = context.Vendor };
    }

    /// <summary>What a server of its own manner refuses, where the script says whose it is.</summary>
    private static Answer? OfServer(AnswerContext context) =>
        context.Script.Server.Length > 0 && context.Path.EndsWith("/chat/completions", StringComparison.Ordinal)
            && ServerRules.FaultOf(context.Body, context.Script.Server) is var (status, fault)
            ? ErrorAnswer.Json(status, "", "invalid_request_error", null, fault)
            : null;

    public static Answer UnknownUrl(string method, string path) =>
        ErrorAnswer.Json(404, "", "invalid_request_error", "unknown_url", $"Unknown request URL: {method} {path}.");
}
