using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Source;
using AiEdge.Contracts.Tree;
using Microsoft.AspNetCore.Http.Features;

namespace AiEdge.ControlPlane.Rest;

/// <summary>Reads what a request holds: bounded, of a known type, well-formed, without names that stand twice.</summary>
internal static class Body
{
    /// <summary>An entry's size at most.</summary>
    public const int EntryBytesMax = 1 << 20;

    /// <summary>What an empty object may be long.</summary>
    private const int EmptyBytesMax = 16;

    private static readonly string[] JsonTypes = ["application/json", "application/merge-patch+json"];
    private static readonly string[] YamlTypes = ["application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml"];

    /// <summary>The tree of a JSON body; null where it has been answered.</summary>
    public static ValueTask<ConfigNode?> JsonAsync(HttpContext http) => ReadAsync(http, EntryBytesMax, mayBeYaml: false);

    /// <summary>The tree of a whole document, in JSON or YAML by its type; null where it has been answered.</summary>
    public static ValueTask<ConfigNode?> DocumentAsync(HttpContext http) => ReadAsync(http, SourceText.DocumentBytesMax, mayBeYaml: true);

    /// <summary>Whether the request holds nothing, or an empty object, as some clients send where there is nothing to send.</summary>
    public static async ValueTask<bool> IsEmptyAsync(HttpContext http)
    {
        if (http.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false })
            return true;
        return await BytesAsync(http.Request, EmptyBytesMax) is { } bytes && bytes.AsSpan().Trim(" \t\r\n"u8) is [] or [(byte)'{', (byte)'}'];
    }

    private static async ValueTask<ConfigNode?> ReadAsync(HttpContext http, int bytesMax, bool mayBeYaml)
    {
        var type = (http.Request.ContentType ?? "").Split(';')[0].Trim().ToLowerInvariant();
        var isYaml = YamlTypes.Contains(type);
        if (!JsonTypes.Contains(type) && !(isYaml && mayBeYaml))
        {
            await Problem.WriteAsync(
                http, StatusCodes.Status415UnsupportedMediaType, mayBeYaml ? "send application/json or application/yaml" : "send application/json");
            return null;
        }

        if (await BytesAsync(http.Request, bytesMax) is not { } bytes)
        {
            await Problem.WriteAsync(http, StatusCodes.Status413PayloadTooLarge, $"the body is larger than {bytesMax >> 20} MiB");
            return null;
        }

        var faults = new FaultList();
        var node = ConfigSource.Parse(bytes, isYaml ? ConfigFormat.Yaml : ConfigFormat.Json, faults);
        if (node is not null && faults.Count == 0)
            return node;
        await Problem.WriteAsync(http, StatusCodes.Status400BadRequest, "the body cannot be read", faults.ToList());
        return null;
    }

    private static async ValueTask<byte[]?> BytesAsync(HttpRequest request, int bytesMax)
    {
        if (request.ContentLength > bytesMax)
            return null;
        using var whole = new MemoryStream();
        var part = new byte[16 << 10];
        int read;
        while ((read = await request.Body.ReadAsync(part, request.HttpContext.RequestAborted)) > 0)
        {
            if (whole.Length + read > bytesMax)
                return null;
            whole.Write(part, 0, read);
        }

        return whole.ToArray();
    }
}
