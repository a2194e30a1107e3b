using System.Text;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects;
using AiEdge.DataPlane.Translate;

namespace AiEdge.Micro;

/// <summary>Requests and events from one dialect into another, with nothing around them.</summary>
internal static class TranslateStages
{
    private const int Events = 32;

    /// <summary>Events of a streamed message of Anthropic's, written as chunks of a chat.</summary>
    public static Action MessageEvents() => Stream(RequestShape.Chat, RequestShape.Messages,
        i => $"{{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{{\"type\":\"text_delta\",\"text\":\" token {i}\"}}}}");

    /// <summary>Chunks of a chat, written as the events of a streamed message.</summary>
    public static Action Chunks() => Stream(RequestShape.Messages, RequestShape.Chat,
        i => $"{{\"object\":\"chat.completion.chunk\",\"model\":\"m\",\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\" token {i}\"}},\"finish_reason\":null}}]}}");

    /// <summary>Chunks of Gemini's, written as chunks of a chat.</summary>
    public static Action Contents() => Stream(RequestShape.Chat, RequestShape.Contents,
        i => $"{{\"candidates\":[{{\"content\":{{\"parts\":[{{\"text\":\" token {i}\"}}],\"role\":\"model\"}},\"index\":0}}],\"modelVersion\":\"m\"}}");

    /// <summary>Events of a response's text, written as chunks of a chat.</summary>
    public static Action TextDeltas() => Stream(RequestShape.Chat, RequestShape.Responses,
        i => $"{{\"type\":\"response.output_text.delta\",\"sequence_number\":{i},\"item_id\":\"msg_1\",\"output_index\":0,\"content_index\":0,\"delta\":\" token {i}\",\"logprobs\":[]}}");

    /// <summary>A whole streamed message of Anthropic's, written as the events of a response, which has all of it again at its end.</summary>
    public static Action ResponseEvents()
    {
        var events = Enumerable.Range(0, Events).Select(i => Encoding.ASCII.GetBytes(
            $"{{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{{\"type\":\"text_delta\",\"text\":\" token {i}\"}}}}")).ToArray();
        var reader = Translations.Of(RequestShape.Messages).NewAnswerReader!();
        var writer = Translations.Of(RequestShape.Responses).NewStreamWriter!();
        return () =>
        {
            reader.Reset();
            writer.Begin(new AnswerFacts("id"u8, "m"u8, 1, wantsUsage: false, promptTokens: 0));
            foreach (var data in events)
            {
                HttpStages.Expect(reader.OnEvent(data, writer) && !writer.IsFaulted);
                HttpStages.Expect(writer.Out.Length > 0);
                writer.Out.Clear();
            }

            writer.End();
            HttpStages.Expect(writer.Out.Length > 0);
            writer.Release();
        };
    }

    /// <summary>A chat's request, written as one for Messages.</summary>
    public static Action ChatRequest()
    {
        var body = Encoding.UTF8.GetBytes(
            """{"model":"a","temperature":0.5,"messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Say hello"}],"stream":true,"max_tokens":9}""");
        var reader = Translations.Of(RequestShape.Chat).NewRequestReader!();
        var writer = Translations.Of(RequestShape.Messages).RequestWriter!;
        var request = new NeutralRequest();
        var source = new TextBuffer().Add(body);
        var json = new JsonOut(new TextBuffer());
        return () =>
        {
            request.Reset(source, reader.Names);
            HttpStages.Expect(!reader.Read(request).IsError);
            json.To.Clear();
            json.Begin();
            writer.Write(request, new RequestTarget("\"b\""u8, 0, 0, true, default), json);
            HttpStages.Expect(json.To.Length > 0);
        };
    }

    /// <summary>A message's request with names of functions that chats refuse, and the calls of its answer with the client's names again.</summary>
    public static Action FittedNames()
    {
        const string name = "mcp__a_server_with_a_long_name__a_tool_whose_name_is_longer_than_chats_take_";
        var tools = string.Join(',', Enumerable.Range(0, Events).Select(i => $"{{\"name\":\"{name}{i}\",\"input_schema\":{{\"type\":\"object\"}}}}"));
        var body = Encoding.ASCII.GetBytes($"{{\"model\":\"a\",\"max_tokens\":9,\"messages\":[{{\"role\":\"user\",\"content\":\"Q\"}}],\"tools\":[{tools}]}}");
        var (reader, writer) = (Translations.Of(RequestShape.Messages).NewRequestReader!(), Translations.Of(RequestShape.Chat).RequestWriter!);
        var (answers, client, names) = (Translations.Of(RequestShape.Chat).NewAnswerReader!(), Translations.Of(RequestShape.Messages).NewAnswerWriter!(), new OwnNames());
        var (request, source, json) = (new NeutralRequest(), new TextBuffer(), new JsonOut(new TextBuffer()));
        var call = Encoding.ASCII.GetBytes(
            "{\"object\":\"chat.completion\",\"choices\":[{\"index\":0,\"message\":{\"tool_calls\":[{\"id\":\"c\",\"type\":\"function\",\"function\":"
            + $"{{\"name\":\"{Fitted(name + (Events - 1))}\",\"arguments\":\"{{}}\"}}}}]}},\"finish_reason\":\"tool_calls\"}}]}}");
        return () =>
        {
            source.Clear();
            source.Add(body);
            request.Reset(source, reader.Names);
            HttpStages.Expect(!reader.Read(request).IsError);
            json.To.Clear();
            json.Begin();
            writer.Write(request, new RequestTarget("\"b\""u8, 0, 0, true, default), json);
            answers.Reset();
            client.Begin(new AnswerFacts("id"u8, "m"u8, 1, wantsUsage: false, promptTokens: 0));
            HttpStages.Expect(answers.OnWhole(call, names.Over(client, request.FittedNames.Memory)));
            client.End();
            HttpStages.Expect(client.Out.Written.IndexOf("longer_than_chats_take_31\""u8) > 0);
            client.Release();
        };
    }

    private static string Fitted(string name)
    {
        Span<byte> to = stackalloc byte[ToolNameForm.LengthMax];
        return Encoding.ASCII.GetString(to[..DataPlane.Dialects.OpenAi.ChatWords.ToolNames.Fit(Encoding.ASCII.GetBytes(name), 0, to)]);
    }

    private static Action Stream(RequestShape client, RequestShape upstream, Func<int, string> json)
    {
        var events = Enumerable.Range(0, Events).Select(i => Encoding.ASCII.GetBytes(json(i))).ToArray();
        var reader = Translations.Of(upstream).NewAnswerReader!();
        var writer = Translations.Of(client).NewStreamWriter!();
        reader.Reset();
        writer.Begin(new AnswerFacts("id"u8, "m"u8, 1, wantsUsage: false, promptTokens: 0));
        return () =>
        {
            foreach (var data in events)
            {
                HttpStages.Expect(reader.OnEvent(data, writer) && !writer.IsFaulted);
                HttpStages.Expect(writer.Out.Length > 0);
                writer.Out.Clear();
            }
        };
    }
}
