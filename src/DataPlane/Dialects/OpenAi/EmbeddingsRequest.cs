using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Dialects.OpenAi;

/// <summary>Reads requests for embeddings (OpenAI's API reference, <c>POST /embeddings</c>): a message for each text.</summary>
internal sealed class EmbeddingsRequestReader : RequestReader
{
    public override FieldNames Names { get; } = new() { User = [.. "user"u8] };

    protected override EdgeError ReadBody(NeutralRequest request)
    {
        var walk = new JsonWalk(request.Source, stackalloc byte[64]);
        if (!walk.TryBegin())
            return ChatRequestReader.Malformed(null);
        while (walk.NextMember())
        {
            if (walk.Is("model"u8))
                continue;
            if (walk.Is("input"u8))
            {
                if (!TakeTexts(request, ref walk))
                    return EdgeError.Invalid("The model's provider takes texts alone, and no numbers of tokens.", "input");
            }
            else if (walk.Is("stream"u8) && walk.Token == JsonToken.True)
                return EdgeError.Invalid("Embeddings are not streamed.", "stream");
            else if (walk.Is("dimensions"u8) && walk.Token == JsonToken.Number)
                request.Dimensions = walk.Text;
            else if (walk.Is("encoding_format"u8) && (walk.IsText("base64"u8) || walk.IsText("float"u8)))
                request.WantsBase64 = walk.IsText("base64"u8);
            else if (walk.Is("user"u8) && walk.Token == JsonToken.String)
                request.User = walk.Text;
            else if (!walk.IsNothing())
                request.Losses.Add(walk.Name);
        }

        return walk.IsWhole() ? default : ChatRequestReader.Malformed(null);
    }

    private static bool TakeTexts(NeutralRequest request, ref JsonWalk walk)
    {
        if (walk.Token == JsonToken.String)
            return Take(request, walk.Text);
        if (!walk.TryEnter(JsonToken.StartArray))
            return false;
        while (walk.NextElement())
        {
            if (walk.Token != JsonToken.String)
                return false;
            Take(request, walk.Text);
        }

        return request.Messages.Count > 0;
    }

    private static bool Take(NeutralRequest request, Piece text)
    {
        request.Parts.Add(new NeutralPart { Kind = PartKind.Text, Text = text });
        request.EndMessage(NeutralRole.User, request.Parts.Count - 1);
        return true;
    }
}

/// <summary>Writes requests for OpenAI's embeddings. Numbers are asked for as numbers, which is what a request gets that says nothing.</summary>
internal sealed class EmbeddingsRequestWriter : RequestWriter
{
    public override Endpoint EndpointOf(NeutralRequest request) => OpenAiPaths.Embeddings;

    protected override void WriteBody(NeutralRequest request, in RequestTarget target, JsonOut json)
    {
        var source = request.Source;
        json.StartObject().Value("model"u8, target.ModelJson).StartArray("input"u8);
        foreach (var message in request.Messages)
        {
            var text = json.OpenElement();
            for (var i = message.From; i < message.From + message.Count; i++)
                text.Add(request.Parts[i].Text.Of(source));
            json.CloseText();
        }

        json.EndArray();
        if (request.Dimensions.IsPresent)
            json.Value("dimensions"u8, request.Dimensions.Of(source));
        json.EndObject();
        foreach (var purpose in request.Purposes)
        {
            request.LoseIf(purpose.Task.IsPresent, "taskType"u8);
            request.LoseIf(purpose.Title.IsPresent, "title"u8);
        }
    }
}
