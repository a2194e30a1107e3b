using System.Text.Json;

namespace AiEdge.FakeUpstream;

/// <summary>Speech as binary or as events, and the text of transcriptions and translations.</summary>
internal static class AudioAnswer
{
    /// <summary>Binary audio whose octet i is i modulo 251, so that a damaged or shifted body shows.</summary>
    public static Answer MakeSpeech(AnswerContext context)
    {
        using var document = JsonDocument.Parse(context.Body);
        if (document.RootElement.TryGetProperty("stream_format", out var format) && format.ValueKind == JsonValueKind.String && format.ValueEquals("sse"u8))
            return Answer.Stream(to => SpeechEvents(to, context));
        return new Answer
        {
            ContentType = "audio/mpeg",
            Binary = true,
            Body = to => Fill(to.Reserve(context.Script.BinaryBytes), 0),
        };
    }

    /// <summary>The deterministic text in the form that response_format asks for.</summary>
    public static Answer MakeTranscription(AnswerContext context)
    {
        if (!context.Form.ContainsKey("file"))
            return ErrorAnswer.Json(400, "", "invalid_request_error", null, "'file' is a required property", "file");
        var text = new TextPieces(context.Script.Chunks, context.Script.HugeBytes);
        if (context.Facts.Stream)
            return Answer.Stream(to => TranscriptEvents(to, context, text));
        return context.Form.GetValueOrDefault("response_format") switch
        {
            "text" => new Answer { ContentType = "text/plain; charset=utf-8", Body = to => to.Add(FakeText.All(context.Script.Chunks)).Add("\n"u8) },
            "verbose_json" => Answer.Json(to =>
            {
                text.WriteAll(to.Add("{\"task\":\"transcribe\",\"language\":\"english\",\"duration\":1.5,\"text\":"u8));
                text.WriteAll(to.Add(",\"segments\":[{\"id\":0,\"seek\":0,\"start\":0.0,\"end\":1.5,\"text\":"u8));
                to.Add(",\"tokens\":[1,2],\"temperature\":0.0,\"avg_logprob\":-0.1,\"compression_ratio\":1.0,\"no_speech_prob\":0.01}],\"usage\":{\"type\":\"duration\",\"seconds\":2}}"u8);
            }),
            _ => Answer.Json(to =>
            {
                text.WriteAll(to.Add("{\"text\":"u8));
                WriteTokens(to.Add(",\"usage\":"u8), context);
                to.Add("}"u8);
            }),
        };
    }

    private static IEnumerable<EventKind> SpeechEvents(ByteWriter to, AnswerContext context)
    {
        for (var i = 0; i < context.Script.Chunks; i++)
        {
            yield return EventKind.Content;
            var audio = new byte[96];
            Fill(audio, i * 96);
            to.Add("data: {\"type\":\"speech.audio.delta\",\"audio\":"u8).AddJson(Convert.ToBase64String(audio)).Add("}\n\n"u8);
        }

        yield return EventKind.Tail;
        to.Add("data: {\"type\":\"speech.audio.done\",\"usage\":{\"input_tokens\":"u8).Add(context.Script.InputTokens).Add(",\"output_tokens\":"u8).Add(context.Script.Chunks)
            .Add(",\"total_tokens\":"u8).Add(context.Script.InputTokens + context.Script.Chunks).Add("}}\n\n"u8);
    }

    private static IEnumerable<EventKind> TranscriptEvents(ByteWriter to, AnswerContext context, TextPieces text)
    {
        for (var i = 0; i < text.Count; i++)
        {
            yield return EventKind.Content;
            text.Write(to.Add("data: {\"type\":\"transcript.text.delta\",\"delta\":"u8), i);
            to.Add(",\"logprobs\":[]}\n\n"u8);
        }

        yield return EventKind.Tail;
        text.WriteAll(to.Add("data: {\"type\":\"transcript.text.done\",\"text\":"u8));
        WriteTokens(to.Add(",\"logprobs\":[],\"usage\":"u8), context);
        to.Add("}\n\n"u8);
        if (!context.Script.Done)
            yield break;
        yield return EventKind.Tail;
        to.Add("data: [DONE]\n\n"u8);
    }

    private static void WriteTokens(ByteWriter to, AnswerContext context)
    {
        var (input, output) = (context.Script.InputTokens, context.Script.Chunks);
        to.Add("{\"type\":\"tokens\",\"input_tokens\":"u8).Add(input).Add(",\"input_token_details\":{\"text_tokens\":0,\"audio_tokens\":"u8).Add(input)
            .Add("},\"output_tokens\":"u8).Add(output).Add(",\"total_tokens\":"u8).Add(input + output).Add("}"u8);
    }

    private static void Fill(Span<byte> audio, int offset)
    {
        for (var i = 0; i < audio.Length; i++)
            audio[i] = (byte)((offset + i) % 251);
    }
}
