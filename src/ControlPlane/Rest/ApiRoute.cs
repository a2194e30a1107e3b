using AiEdge.ControlPlane.Domain;

namespace AiEdge.ControlPlane.Rest;

/// <summary>One operation of REST: what is mapped and what OpenAPI says are made from the same line.</summary>
/// <param name="Method">GET, PUT …</param>
/// <param name="Path">Below <c>/api/v1</c>.</param>
/// <param name="Summary">What it does, in a line.</param>
/// <param name="Roles">Who may ask for it at all; what of it they may is judged by the handler.</param>
/// <param name="Handler">Does it.</param>
internal sealed record ApiRoute(string Method, string Path, string Summary, IReadOnlyList<ApiRole> Roles, Func<HttpContext, Task> Handler)
{
    public static IReadOnlyList<ApiRole> Admins { get; } = [ApiRole.Admin];

    public static IReadOnlyList<ApiRole> Writers { get; } = [ApiRole.Admin, ApiRole.Editor];

    public static IReadOnlyList<ApiRole> WritersAndOwners { get; } = [ApiRole.Admin, ApiRole.Editor, ApiRole.Owner];

    public static IReadOnlyList<ApiRole> Readers { get; } = [ApiRole.Admin, ApiRole.Editor, ApiRole.Viewer];

    public static IReadOnlyList<ApiRole> ReadersAndOwners { get; } = [ApiRole.Admin, ApiRole.Editor, ApiRole.Viewer, ApiRole.Owner];

    /// <summary>Names of query parameters that are looked at.</summary>
    public IReadOnlyList<string> Query { get; init; } = [];

    /// <summary>Whether a body is read.</summary>
    public bool HasBody { get; init; }

    /// <summary>The schema of its body in the description; null where there is none.</summary>
    public string? BodySchema { get; init; }

    /// <summary>A type of bodies beside JSON.</summary>
    public string? OtherBodyType { get; init; }

    /// <summary>The schema of a good answer.</summary>
    public required string AnswerSchema { get; init; }

    /// <summary>A type of answers beside JSON.</summary>
    public string? OtherAnswerType { get; init; }

    /// <summary>Names of the headers that a good answer may have besides what HTTP asks for.</summary>
    public IReadOnlyList<string> Headers { get; init; } = [];

    /// <summary>What a good answer's status is.</summary>
    public int Status { get; init; } = 200;

    /// <summary>And what it is else: where something was made that might have been there, or nothing is made in a dry run.</summary>
    public int? OtherStatus { get; init; }
}
