namespace AiEdge.FakeUpstream;

/// <summary>Error answers in the shapes in which providers, and the boxes before them, send them.</summary>
internal static class ErrorAnswer
{
    /// <summary>The error that the script asks for.</summary>
    public static Answer Make(FakeScript script, Vendor vendor)
    {
        var fields = "";
        var retryAfter = script.RetryAfter ?? (script.Status == 429 && script.ErrorBody != "quota" ? "1" : "none");
        if (retryAfter != "none")
            fields += $"retry-after: {retryAfter}\r\n";
        if (script.RetryAfterMs >= 0)
            fields += $"retry-after-ms: {script.RetryAfterMs}\r\n";
        if (script.ErrorInside)
            return Inside(script.Status, OpenAiVendor.Told(script.Status).Message);
        var words = OpenAiVendor.Told(script.Status).Message;
        var answer = script.ErrorBody switch
        {
            "filter" => Json(script.Status, fields, "", "content_filter", "The response was filtered due to the prompt triggering the content management policy."),
            "html" => new Answer
            {
                Status = script.Status,
                ContentType = "text/html; charset=UTF-8",
                Fields = fields,
                Body = to => to.Add($"<!DOCTYPE html><html><head><title>{script.Status}</title></head><body><h1>Error {script.Status}</h1><p>Ray caf\u00e9</p></body></html>"),
            },
            "text" => new Answer { Status = script.Status, ContentType = "text/plain", Fields = fields, Body = to => to.Add("upstream connect error or disconnect/reset before headers") },
            "empty" => new Answer { Status = script.Status, ContentType = "", Fields = fields, Body = _ => { } },
            "truncated" => new Answer { Status = script.Status, Fields = fields, Body = to => to.Add("{\"error\":{\"message\":\"The ser") },
            "flat" => Around(script.Status, fields, "{\"object\":\"error\",\"message\":", words, ",\"type\":\"invalid_request_error\",\"param\":null,\"code\":null}"),
            "bare" => Around(script.Status, fields, "{\"error\":", words, "}"),
            "list" => Around(script.Status, fields, $"[{{\"error\":{{\"code\":{script.Status},\"message\":", words, ",\"status\":\"INVALID_ARGUMENT\"}}]"),
            "detail" => Around(script.Status, fields, "{\"detail\":[{\"type\":\"extra_forbidden\",\"loc\":[\"body\",\"user\"],\"msg\":", words, ",\"input\":\"u\"}]}"),
            _ => vendor.Error(script.Status, script.ErrorBody switch { "quota" => Lack.Quota, "spent" => Lack.Leave, _ => Lack.None }, fields),
        };
        return answer with { Vendor = vendor };
    }

    /// <summary>An error whose message stands where other servers have it.</summary>
    private static Answer Around(int status, string fields, string before, string message, string after) => new()
    {
        Status = status,
        Fields = fields,
        Body = to => to.Add(before).AddJson(message).Add(after),
    };

    /// <summary>An error where an answer was promised: whoever routes on to others has its head out before they fail.</summary>
    private static Answer Inside(int status, string message) => new()
    {
        Body = to => to.Add("{\"error\":{\"message\":"u8).AddJson(message).Add(",\"code\":"u8).Add(status).Add("},\"user_id\":\"user_fake\"}"u8),
    };

    /// <summary>An error in OpenAI's shape, in which most imitate it and in which faults of the test itself are told.</summary>
    public static Answer Json(int status, string fields, string type, string? code, string message, string? param = null) => new()
    {
        Status = status,
        Fields = fields,
        Body = to =>
        {
            to.Add("{\"error\":{\"message\":"u8).AddJson(message).Add(",\"type\":"u8).AddJson(type).Add(",\"param\":"u8);
            AddOrNull(to, param);
            AddOrNull(to.Add(",\"code\":"u8), code);
            to.Add("}}"u8);
        },
    };

    /// <summary>The reason phrase of a status.</summary>
    public static string Reason(int status) => status switch
    {
        200 => "OK",
        204 => "No Content",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        413 => "Content Too Large",
        422 => "Unprocessable Content",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Fake",
    };

    private static void AddOrNull(ByteWriter to, string? text)
    {
        if (text is null)
            to.Add("null"u8);
        else
            to.AddJson(text);
    }
}
