namespace AiEdge.FakeUpstream;

/// <summary>Error answers in the shapes in which providers, and the boxes before them, send them.</summary>
internal static class ErrorAnswer
{
    /// <summary>The error that the script asks for.</summary>
    public static Answer Make(FakeScript script, Vendor vendor = Vendor.OpenAi)
    {
        var fields = "";
        var retryAfter = script.RetryAfter ?? (script.Status == 429 && script.ErrorBody != "quota" ? "1" : "none");
        if (retryAfter != "none")
            fields += $"retry-after: {retryAfter}\r\n";
        if (script.RetryAfterMs >= 0)
            fields += $"retry-after-ms: {script.RetryAfterMs}\r\n";
        var (type, code, message) = Words(script.Status);
        if (vendor == Vendor.Anthropic && script.ErrorBody is "" or "json" or "quota")
            return MakeAnthropic(script, fields);
        if (vendor == Vendor.Gemini && script.ErrorBody is "" or "json" or "quota")
            return MakeGemini(script, fields);
        return script.ErrorBody switch
        {
            "quota" => Json(script.Status, fields, "insufficient_quota", "insufficient_quota", "You exceeded your current quota, please check your plan and billing details."),
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
            _ => Json(script.Status, fields, type, code, message),
        };
    }

    /// <summary>An error in Anthropic's shape.</summary>
    public static Answer Anthropic(int status, string fields, string type, string message) => new()
    {
        Status = status,
        Fields = fields,
        Vendor = Vendor.Anthropic,
        Body = to => to.Add("{\"type\":\"error\",\"error\":{\"type\":"u8).AddJson(type).Add(",\"message\":"u8).AddJson(message).Add("},\"request_id\":\"req_fake\"}"u8),
    };

    /// <summary>What Gemini finds wrong with a request.</summary>
    public static Answer GeminiFault(string message) => new()
    {
        Status = 400,
        Vendor = Vendor.Gemini,
        Body = to => to.Add("{\"error\":{\"code\":400,\"message\":"u8).AddJson(message).Add(",\"status\":\"INVALID_ARGUMENT\",\"details\":[]}}"u8),
    };

    /// <summary>An error in Gemini's shape, that of google.rpc.Status.</summary>
    private static Answer MakeGemini(FakeScript script, string fields)
    {
        var (status, message, details) = script.Status switch
        {
            400 when script.ErrorBody == "quota" => ("INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.",
                "[{\"@type\":\"type.googleapis.com/google.rpc.ErrorInfo\",\"reason\":\"API_KEY_INVALID\",\"domain\":\"googleapis.com\"}]"),
            400 => ("INVALID_ARGUMENT", "Request contains an invalid argument.", "[]"),
            401 => ("UNAUTHENTICATED", "Request had invalid authentication credentials.", "[]"),
            403 => ("PERMISSION_DENIED", "The caller does not have permission", "[]"),
            404 => ("NOT_FOUND", "models/fake is not found", "[]"),
            429 => ("RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota).", "[{\"@type\":\"type.googleapis.com/google.rpc.RetryInfo\",\"retryDelay\":\"1s\"}]"),
            503 => ("UNAVAILABLE", "The model is overloaded. Please try again later.", "[]"),
            _ => ("INTERNAL", "An internal error has occurred.", "[]"),
        };
        return new Answer
        {
            Status = script.Status,
            Fields = fields,
            Vendor = Vendor.Gemini,
            Body = to => to.Add("{\"error\":{\"code\":"u8).Add(script.Status).Add(",\"message\":"u8).AddJson(message).Add(",\"status\":"u8).AddJson(status)
                .Add(",\"details\":"u8).Add(details).Add("}}"u8),
        };
    }

    private static Answer MakeAnthropic(FakeScript script, string fields)
    {
        if (script.ErrorBody == "quota")
            return Anthropic(script.Status, fields, "invalid_request_error", "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing.");
        var (type, message) = script.Status switch
        {
            400 => ("invalid_request_error", "messages: at least one message is required"),
            401 => ("authentication_error", "invalid x-api-key"),
            403 => ("permission_error", "Your API key does not have permission to use the specified resource."),
            404 => ("not_found_error", "model: fake"),
            413 => ("request_too_large", "Request exceeds the maximum size"),
            429 => ("rate_limit_error", "This request would exceed your organization's rate limit."),
            529 => ("overloaded_error", "Overloaded"),
            _ => ("api_error", "Internal server error"),
        };
        return Anthropic(script.Status, fields, type, message);
    }

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

    private static (string Type, string? Code, string Message) Words(int status) => status switch
    {
        400 => ("invalid_request_error", null, "Invalid value."),
        401 => ("invalid_request_error", "invalid_api_key", "Incorrect API key provided: sk-fake***."),
        403 => ("invalid_request_error", "model_not_allowed", "Project does not have access to model."),
        404 => ("invalid_request_error", "model_not_found", "The model does not exist or you do not have access to it."),
        429 => ("requests", "rate_limit_exceeded", "Rate limit reached for requests."),
        503 => ("server_error", "overloaded", "The engine is currently overloaded, please try again later."),
        529 => ("overloaded_error", "overloaded", "Overloaded"),
        _ => ("server_error", null, "The server had an error while processing your request. Sorry about that!"),
    };

    private static void AddOrNull(ByteWriter to, string? text)
    {
        if (text is null)
            to.Add("null"u8);
        else
            to.AddJson(text);
    }
}
