using System.Text.Json;
using AiEdge.ControlPlane.Domain;
using AiEdge.ControlPlane.Rest;

namespace AiEdge.ControlPlane.Api;

/// <summary>OpenAPI 3.1 of the routes, made from what is mapped.</summary>
internal static class OpenApi
{
    public static byte[] Write(IReadOnlyList<ApiRoute> routes, string version) => JsonBytes.Of(writer =>
    {
        writer.WriteString("openapi", "3.1.0");
        writer.WriteStartObject("info");
        writer.WriteString("title", "AiEdge control plane");
        writer.WriteString("version", version);
        writer.WriteEndObject();
        writer.WriteStartArray("security");
        writer.WriteStartObject();
        writer.WriteStartArray("token");
        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.WriteEndArray();
        writer.WriteStartObject("paths");
        foreach (var path in routes.GroupBy(r => r.Path))
        {
            writer.WriteStartObject("/api/v1" + path.Key);
            foreach (var route in path)
                Write(writer, route);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
        Components(writer);
    });

    private static void Write(Utf8JsonWriter writer, ApiRoute route)
    {
        writer.WriteStartObject(route.Method.ToLowerInvariant());
        writer.WriteString("summary", route.Summary);
        writer.WriteString("x-roles", string.Join(", ", route.Roles.Select(r => ApiToken.RoleNames[(int)r])));
        writer.WriteStartArray("parameters");
        foreach (var part in route.Path.Split('/').Where(p => p.StartsWith('{')))
            Parameter(writer, part.Trim('{', '}'), "path");
        foreach (var name in route.Query)
            Parameter(writer, name, "query");
        writer.WriteEndArray();
        if (route.HasBody)
        {
            writer.WriteStartObject("requestBody");
            writer.WriteBoolean("required", true);
            Contents(writer, route.BodySchema!, route.Method == "PATCH" ? "application/merge-patch+json" : route.OtherBodyType);
            writer.WriteEndObject();
        }

        writer.WriteStartObject("responses");
        foreach (var status in (int?[])[route.Status, route.OtherStatus])
        {
            if (status is not { } code)
                continue;
            writer.WriteStartObject(code.ToString(System.Globalization.CultureInfo.InvariantCulture));
            writer.WriteString("description", route.Summary);
            Headers(writer, route.Headers);
            Contents(writer, route.AnswerSchema, route.OtherAnswerType);
            writer.WriteEndObject();
        }

        writer.WriteStartObject("default");
        writer.WriteString("description", "What is wrong");
        writer.WriteStartObject("content");
        Content(writer, "application/problem+json", "Problem");
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void Parameter(Utf8JsonWriter writer, string name, string place)
    {
        writer.WriteStartObject();
        writer.WriteString("name", name);
        writer.WriteString("in", place);
        writer.WriteBoolean("required", place == "path");
        writer.WriteStartObject("schema");
        writer.WriteString("type", "string");
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void Headers(Utf8JsonWriter writer, IReadOnlyList<string> names)
    {
        if (names.Count == 0)
            return;
        writer.WriteStartObject("headers");
        foreach (var name in names)
        {
            writer.WriteStartObject(name);
            writer.WriteStartObject("schema");
            writer.WriteString("type", "string");
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    /// <summary>What is sent in JSON by a schema, and in another type by the same; a table is a text.</summary>
    private static void Contents(Utf8JsonWriter writer, string schema, string? other)
    {
        writer.WriteStartObject("content");
        Content(writer, "application/json", schema);
        if (other is not null)
            Content(writer, other, other == "text/csv" ? null : schema);
        writer.WriteEndObject();
    }

    private static void Content(Utf8JsonWriter writer, string type, string? schema)
    {
        writer.WriteStartObject(type);
        writer.WriteStartObject("schema");
        if (schema is null)
            writer.WriteString("type", "string");
        else
            writer.WriteString("$ref", "#/components/schemas/" + schema);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void Components(Utf8JsonWriter writer)
    {
        writer.WriteStartObject("components");
        writer.WriteStartObject("securitySchemes");
        writer.WriteStartObject("token");
        writer.WriteString("type", "http");
        writer.WriteString("scheme", "bearer");
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.WriteStartObject("schemas");
        EntrySchemas.Write(writer);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }
}
