using AiEdge.Contracts.Faults;
using AiEdge.ControlPlane.Domain;

namespace AiEdge.ControlPlane.Rest;

/// <summary>Errors of REST: <c>application/problem+json</c> (RFC 9457), with all that is wrong at once in <c>faults</c>.</summary>
internal static class Problem
{
    public static Task WriteAsync(HttpContext http, int status, string detail, IReadOnlyList<ConfigFault>? faults = null)
    {
        var body = JsonBytes.Of(writer =>
        {
            writer.WriteString("type", "about:blank");
            writer.WriteString("title", Title(status));
            writer.WriteNumber("status", status);
            writer.WriteString("detail", detail);
            if (faults is not { Count: > 0 })
                return;
            writer.WriteStartArray("faults");
            foreach (var fault in faults)
            {
                writer.WriteStartObject();
                writer.WriteString("path", fault.Path);
                if (fault.Line > 0)
                    writer.WriteNumber("line", fault.Line);
                writer.WriteString("message", fault.Message);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        });
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/problem+json";
        http.Response.ContentLength = body.Length;
        http.Response.Headers.CacheControl = "no-store";
        return http.Response.Body.WriteAsync(body).AsTask();
    }

    public static Task WriteAsync(HttpContext http, WriteRefusal refusal) => WriteAsync(http, Status(refusal.Kind), refusal.Detail, refusal.Faults);

    private static int Status(RefusalKind kind) => kind switch
    {
        RefusalKind.Invalid => StatusCodes.Status422UnprocessableEntity,
        RefusalKind.NotFound => StatusCodes.Status404NotFound,
        RefusalKind.Conflict => StatusCodes.Status409Conflict,
        RefusalKind.Stale => StatusCodes.Status412PreconditionFailed,
        RefusalKind.Forbidden => StatusCodes.Status403Forbidden,
        RefusalKind.NotSupported => StatusCodes.Status501NotImplemented,
        RefusalKind.TooLarge => StatusCodes.Status413PayloadTooLarge,
        _ => StatusCodes.Status503ServiceUnavailable,
    };

    private static string Title(int status) => status switch
    {
        400 => "Bad request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not found",
        405 => "Method not allowed",
        409 => "Conflict",
        412 => "Precondition failed",
        413 => "Content too large",
        415 => "Unsupported media type",
        422 => "Invalid",
        429 => "Too many requests",
        501 => "Not supported yet",
        503 => "Unavailable",
        _ => "Error",
    };
}
