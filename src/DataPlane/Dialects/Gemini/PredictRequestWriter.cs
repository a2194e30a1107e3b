using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Dialects.Gemini;

/// <summary>Writes requests for embeddings of Vertex AI's <c>predict</c>: an instance for each text, and parameters for all of them.</summary>
internal sealed class PredictRequestWriter : RequestWriter
{
    public override Endpoint EndpointOf(NeutralRequest request) => GeminiForm.Predict;

    protected override void WriteBody(NeutralRequest request, in RequestTarget target, JsonOut json)
    {
        var source = request.Source;
        json.StartObject().StartArray("instances"u8);
        for (var m = 0; m < request.Messages.Count; m++)
        {
            var message = request.Messages[m];
            var text = json.StartObject().OpenText("content"u8);
            for (var i = message.From; i < message.From + message.Count; i++)
                text.Add(request.Parts[i].Text.Of(source));
            json.CloseText();
            EmbedRequestWriter.WritePurpose(request, json, m, "task_type"u8);
            json.EndObject();
        }

        json.EndArray();
        if (request.Dimensions.IsPresent)
            json.StartObject("parameters"u8).Value("outputDimensionality"u8, request.Dimensions.Of(source)).EndObject();
        json.EndObject();
        request.LoseIf(request.User.IsPresent, request.Names.User);
    }
}
