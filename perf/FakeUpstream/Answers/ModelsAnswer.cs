namespace AiEdge.FakeUpstream;

/// <summary>GET /models and GET /models/{id}.</summary>
internal static class ModelsAnswer
{
    private static readonly string[] Ids = ["fake-model", "fake-n100-b1", "gpt-4o", "text-embedding-3-small"];

    public static Answer Make(AnswerContext context)
    {
        if (context.Path.EndsWith("/models", StringComparison.Ordinal))
            return Answer.Json(WriteList);
        var id = context.Path[(context.Path.LastIndexOf('/') + 1)..];
        return context.Path.EndsWith("/models/" + id, StringComparison.Ordinal)
            ? Answer.Json(to => WriteModel(to, Uri.UnescapeDataString(id)))
            : AnswerTable.UnknownUrl("GET", context.Path);
    }

    private static void WriteList(ByteWriter to)
    {
        to.Add("{\"object\":\"list\",\"data\":["u8);
        for (var i = 0; i < Ids.Length; i++)
            WriteModel(to.Add(i > 0 ? ","u8 : ""u8), Ids[i]);
        to.Add("]}"u8);
    }

    private static void WriteModel(ByteWriter to, string id) =>
        to.Add("{\"id\":"u8).AddJson(id).Add(",\"object\":\"model\",\"created\":1700000000,\"owned_by\":\"fake\"}"u8);
}
