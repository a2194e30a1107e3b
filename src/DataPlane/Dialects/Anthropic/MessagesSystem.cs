using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Dialects.Anthropic;

/// <summary>
/// Writes what the system says: above all turns, and to models that take it so behind a turn of the user's, where it changes nothing that stood before
/// (Anthropic's page "Mid-conversation system messages").
/// </summary>
internal static class MessagesSystem
{
    /// <summary>Writes the system prompt.</summary>
    /// <param name="request">The request.</param>
    /// <param name="json">Where to.</param>
    /// <param name="staysLater">What is said behind the first turn stays among them (<see cref="WriteBehind"/>); else it goes to the top, reported.</param>
    public static void Write(NeutralRequest request, JsonOut json, bool staysLater)
    {
        var (isOpen, isTurned) = (false, false);
        foreach (var message in request.Messages)
        {
            if (message.Role != NeutralRole.System)
            {
                isTurned = true;
                continue;
            }

            if (isTurned && staysLater)
                continue;
            request.LoseIf(isTurned, request.Names.Role);
            WriteParts(request, json, message, isMessage: false, ref isOpen);
        }

        if (isOpen)
            json.EndArray();
    }

    /// <summary>
    /// Writes a message of what the system says among some of the messages, all of which a turn of the user's is behind. What stood before the user's words
    /// is reported.
    /// </summary>
    /// <param name="request">The request.</param>
    /// <param name="json">Where to.</param>
    /// <param name="from">The first of the messages.</param>
    /// <param name="to">The one behind the last.</param>
    public static void WriteBehind(NeutralRequest request, JsonOut json, int from, int to)
    {
        var isOpen = false;
        for (var m = from; m < to; m++)
        {
            if (request.Messages[m].Role == NeutralRole.System)
                WriteParts(request, json, request.Messages[m], isMessage: true, ref isOpen);
            else
                request.LoseIf(isOpen, request.Names.Role);
        }

        if (isOpen)
            json.EndArray().EndObject();
    }

    private static void WriteParts(NeutralRequest request, JsonOut json, NeutralMessage message, bool isMessage, ref bool isOpen)
    {
        for (var p = message.From; p < message.From + message.Count; p++)
        {
            var part = request.Parts[p];
            request.LoseUnlessText(part);
            if (part.Kind is not (PartKind.Text or PartKind.Refusal) || JsonUnescape.IsBlank(part.Text.Of(request.Source)))
                continue;
            if (!isOpen && isMessage)
                json.StartObject().Text("role"u8, "system"u8);
            if (!isOpen)
                json.StartArray(isMessage ? "content"u8 : "system"u8);
            isOpen = true;
            json.StartObject().Text("type"u8, "text"u8).Text("text"u8, part.Text.Of(request.Source));
            PromptCache.Write(request, json, part.CacheMark);
            json.EndObject();
        }
    }
}
