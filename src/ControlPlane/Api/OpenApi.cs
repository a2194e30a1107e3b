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
            writer.WriteStartObject("content");
            Content(writer, "application/json", Ref(route.BodySchema));
            if (route is { Method: "PUT", Path: "/config" })
                Content(writer, "application/yaml", Ref(route.BodySchema));
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        writer.WriteStartObject("responses");
        writer.WriteStartObject(route.Status.ToString(System.Globalization.CultureInfo.InvariantCulture));
        writer.WriteString("description", route.Summary);
        if (route.AnswerSchema is { } answer)
        {
            writer.WriteStartObject("content");
            Content(writer, "application/json", Ref(answer));
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
        writer.WriteStartObject("default");
        writer.WriteString("description", "What is wrong");
        writer.WriteStartObject("content");
        Content(writer, "application/problem+json", Ref("Problem"));
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static string? Ref(string? schema) => schema is null ? null : "#/components/schemas/" + schema;

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

    private static void Content(Utf8JsonWriter writer, string type, string? schema)
    {
        writer.WriteStartObject(type);
        writer.WriteStartObject("schema");
        if (schema is null)
            writer.WriteString("type", "object");
        else
            writer.WriteString("$ref", schema);
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
        writer.WriteStartObject("Problem");
        writer.WriteString("type", "object");
        writer.WriteStartObject("properties");
        foreach (var (name, type) in new[] { ("type", "string"), ("title", "string"), ("status", "integer"), ("detail", "string"), ("faults", "array") })
        {
            writer.WriteStartObject(name);
            writer.WriteString("type", type);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.WriteEndObject();
    }
}
