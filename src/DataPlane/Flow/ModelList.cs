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
                var meant = Router.Meant(exchange.Key!, exchange.Config.Models, id, exchange.PathPrefix);
                var model = exchange.Config.Models.Find(meant);
                if (model is null || !IsShown(exchange.Key!, model, meant))
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
            if (model.IsGlob || !IsShown(exchange.Key!, model, model.NameUtf8))
                continue;
            Write(model.NameUtf8, model);
            foreach (var alias in model.Aliases)
                Write(alias, model);
        }

        json.WriteEndArray();
        form.EndModels(json, first, last);
        json.WriteEndObject();

        void Write(byte[] name, ModelModel model)
        {
            form.WriteModel(json, name, model);
            first ??= name;
            last = name;
        }
    }

    private static bool IsShown(KeyModel key, ModelModel model, ReadOnlySpan<byte> name) =>
        !model.IsDisabled && Router.IsAllowed(key, name) && Residency.AllowsAny(key, model);
}
