using System.Security.Cryptography;
using System.Text;
using AiEdge.ControlPlane.Domain;

namespace AiEdge.ControlPlane.Rest;

/// <summary>Who calls REST.</summary>
/// <param name="Token">The token, which was good when the call came.</param>
/// <param name="From">The address that it came from.</param>
internal sealed record Caller(ApiToken Token, string From)
{
    public ApiRole Role => Token.Role;

    /// <summary>The team that an owner is confined to; null for all others.</summary>
    public string? Team => Token.Role == ApiRole.Owner ? Token.Team : null;

    /// <summary>The caller of a request that has passed <see cref="CallerGate"/>.</summary>
    public static Caller Of(HttpContext http) => (Caller)http.Items[typeof(Caller)]!;
}

/// <summary>Lets callers with a good token through; the answer to others is the same whatever is wrong with theirs.</summary>
internal sealed class CallerGate(EdgeState state, LoginLimit limit)
{
    private const int TokenCharsMax = 512;

    /// <summary>Whether the request may go on; if not, it has been answered.</summary>
    public async ValueTask<bool> AdmitAsync(HttpContext http)
    {
        // A good token goes ahead of the count: behind one address there may be many, and not all of them know what they do.
        var address = http.Connection.RemoteIpAddress;
        if (Bearer(http.Request) is { } bearer
            && ApiToken.Find(state.Current, SHA256.HashData(Encoding.UTF8.GetBytes(bearer)), state.NowUnixMs()) is { } token)
        {
            http.Items[typeof(Caller)] = new Caller(token, address?.ToString() ?? "");
            return true;
        }

        if (limit.Holds(address, out var wait))
        {
            http.Response.Headers.RetryAfter = ((int)Math.Ceiling(wait.TotalSeconds)).ToString(System.Globalization.CultureInfo.InvariantCulture);
            await Problem.WriteAsync(http, StatusCodes.Status429TooManyRequests, "too many failed logins from this address");
            return false;
        }

        limit.Failed(address);
        http.Response.Headers.WWWAuthenticate = "Bearer";
        await Problem.WriteAsync(http, StatusCodes.Status401Unauthorized, "a valid token is needed: Authorization: Bearer TOKEN");
        return false;
    }

    private static string? Bearer(HttpRequest request)
    {
        var header = request.Headers.Authorization;
        return header is [{ } text] && text.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) && text.Length is > 7 and <= 7 + TokenCharsMax
            ? text[7..] : null;
    }
}
