using System.Buffers;
using System.Text.Json;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Route;

namespace AiEdge.DataPlane.Flow;

/// <summary>
/// <c>GET /v1/models</c> and <c>/v1/models/{id}</c>, from the configuration: only what the key may use. A glob names no model,
/// so it is not listed, but an id that it matches is found.
/// </summary>
internal static class ModelList
{
    /// <summary>Writes the answer (not flushed); an error if there is no such model for this key.</summary>
    public static EdgeError Write(ClientLink link, Exchange exchange, ReadOnlySpan<byte> path)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(buffer))
        {
            if (exchange.Endpoint!.Kind == EndpointKind.ModelList)
            {
                WriteAll(json, exchange);
            }
            else
            {
                var id = path["/v1/models/".Length..];
                var model = exchange.Config.Models.Find(id);
                if (model is null || !Router.IsAllowed(exchange.Key!, id))
                    return EdgeError.Client(ErrorKind.UnknownModel, null, "model");
                WriteOne(json, id, model);
            }
        }

        exchange.Status = 200;
        AnswerHead.WriteOwn(link, exchange, 200, default, buffer.WrittenCount);
        if (!exchange.IsHead)
            link.Output.Write(buffer.WrittenSpan);
        exchange.BytesOut = buffer.WrittenCount;
        return default;
    }

    private static void WriteAll(Utf8JsonWriter json, Exchange exchange)
    {
        json.WriteStartObject();
        json.WriteString("object"u8, "list"u8);
        json.WriteStartArray("data"u8);
        foreach (var model in exchange.Config.Models.All)
        {
            if (!model.IsGlob && Router.IsAllowed(exchange.Key!, model.NameUtf8))
                WriteOne(json, model.NameUtf8, model);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteOne(Utf8JsonWriter json, ReadOnlySpan<byte> id, ModelModel model)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, id);
        json.WriteString("object"u8, "model"u8);
        json.WriteNumber("created"u8, model.Created);
        json.WriteString("owned_by"u8, model.Targets[0].Provider.Name);
        json.WriteEndObject();
    }
}
