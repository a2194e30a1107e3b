using System.Buffers;
using System.Text.Json;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects;
using AiEdge.DataPlane.Route;

namespace AiEdge.DataPlane.Flow;

/// <summary>
/// <c>GET /v1/models</c> and <c>/v1/models/{id}</c>, from the configuration, in the dialect of whom asks: only what the key may use. A glob names no model,
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
                var id = path[exchange.Endpoint.PathUtf8.Length..];
                var model = exchange.Config.Models.Find(id);
                if (model is null || model.IsDisabled || !Router.IsAllowed(exchange.Key!, id))
                    return EdgeError.Client(ErrorKind.UnknownModel, null, "model");
                DialectTable.Of(exchange.Dialect).WriteModel(json, id, model);
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
        var form = DialectTable.Of(exchange.Dialect);
        json.WriteStartObject();
        form.BeginModels(json);
        byte[]? first = null, last = null;
        foreach (var model in exchange.Config.Models.All)
        {
            if (model.IsGlob || model.IsDisabled || !Router.IsAllowed(exchange.Key!, model.NameUtf8))
                continue;
            form.WriteModel(json, model.NameUtf8, model);
            first ??= model.NameUtf8;
            last = model.NameUtf8;
        }

        json.WriteEndArray();
        form.EndModels(json, first, last);
        json.WriteEndObject();
    }
}
