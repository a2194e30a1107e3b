using System.Text;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects;

namespace AiEdge.DataPlane.Tests.Dialects;

/// <summary>Which events only say that an answer begins; whatever a dialect does not have is none of them.</summary>
public sealed class EventPreludeTests
{
    [Theory]
    [InlineData("""{"choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}],"usage":null}""", true)]
    [InlineData("""{"choices":[{"index":0,"delta":{"role":"assistant","content":null,"refusal":null}}],"usage":{"prompt_tokens":3}}""", true)]
    [InlineData("""{"choices":[],"prompt_filter_results":[{"prompt_index":0}]}""", true)]
    [InlineData("""{"choices":[{"index":0,"delta":{"role":"assistant","content":"a"}}]}""", false)]
    [InlineData("""{"choices":[{"index":0,"delta":{"reasoning_content":"a"}}]}""", false)]
    [InlineData("""{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"name":"f"}}]}}]}""", false)]
    [InlineData("""{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}""", false)]
    [InlineData("""{"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":0}}""", false)]
    [InlineData("""{"error":{"message":"x"}}""", false)]
    [InlineData("""{"foo":1}""", false)]
    [InlineData("[DONE]", false)]
    [InlineData("no json", false)]
    public void Of_chunks_of_chats(string data, bool isPrelude) => Check(Dialect.OpenAi, RequestShape.Chat, data, isPrelude);

    [Theory]
    [InlineData("""{"choices":[{"index":0,"text":""}]}""", true)]
    [InlineData("""{"choices":[{"index":0,"text":"a"}]}""", false)]
    public void Of_chunks_of_completions(string data, bool isPrelude) => Check(Dialect.OpenAi, RequestShape.Completions, data, isPrelude);

    [Theory]
    [InlineData("""{"type":"response.created","response":{"id":"r"}}""", true)]
    [InlineData("""{"type":"response.queued","response":{"id":"r"}}""", true)]
    [InlineData("""{"type":"response.in_progress","response":{"id":"r"}}""", true)]
    [InlineData("""{"type":"keepalive","sequence_number":3}""", true)]
    [InlineData("""{"type":"response.output_item.added","output_index":0,"item":{"id":"m","type":"message","content":[]}}""", true)]
    [InlineData("""{"item":{"content":[{"type":"x"}],"type":"message"},"type":"response.output_item.added"}""", true)]
    [InlineData("""{"type":"response.content_part.added","part":{"type":"output_text","text":""}}""", true)]
    [InlineData("""{"type":"response.output_item.added","item":{"type":"reasoning","summary":[]}}""", false)]
    [InlineData("""{"type":"response.output_item.added","item":{"type":"function_call","name":"f"}}""", false)]
    [InlineData("""{"type":"response.output_item.added","item":{"type":1}}""", false)]
    [InlineData("""{"type":"response.output_item.added"}""", false)]
    [InlineData("""{"type":"response.web_search_call.in_progress"}""", false)]
    [InlineData("""{"type":"response.output_text.delta","delta":"a"}""", false)]
    [InlineData("""{"type":"response.completed","response":{"id":"r"}}""", false)]
    [InlineData("""{"type":"response.created","error":{"message":"x"}}""", false)]
    [InlineData("""{"type":"error"}""", false)]
    [InlineData("[DONE]", false)]
    public void Of_events_of_responses(string data, bool isPrelude) => Check(Dialect.OpenAi, RequestShape.Responses, data, isPrelude);

    [Theory]
    [InlineData("""{"type":"message_start","message":{"usage":{"input_tokens":3}}}""", true)]
    [InlineData("""{"type": "ping"}""", true)]
    [InlineData("""{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}""", true)]
    [InlineData("""{"content_block":{"text":"","type":"text"},"type":"content_block_start"}""", true)]
    [InlineData("""{"type":"content_block_start","index":0,"content_block":{"type":"text","text":"a"}}""", false)]
    [InlineData("""{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":""}}""", false)]
    [InlineData("""{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","name":"f","input":{}}}""", false)]
    [InlineData("""{"type":"content_block_delta","delta":{"type":"text_delta","text":"a"}}""", false)]
    [InlineData("""{"type":"message_stop"}""", false)]
    [InlineData("""{"type":"error","error":{"type":"overloaded_error"}}""", false)]
    [InlineData("""{"type":"fresh"}""", false)]
    [InlineData("no json", false)]
    public void Of_events_of_messages(string data, bool isPrelude) => Check(Dialect.Anthropic, RequestShape.Messages, data, isPrelude);

    [Theory]
    [InlineData("""{"candidates":[{"content":{"role":"model","parts":[{"text":""}]},"index":0}],"usageMetadata":{"promptTokenCount":3}}""", true)]
    [InlineData("""{"candidates":[{"content":{"role":"model"},"finishReason":"FINISH_REASON_UNSPECIFIED"}]}""", true)]
    [InlineData("""{"usageMetadata":{"promptTokenCount":3}}""", true)]
    [InlineData("""{"candidates":[{"content":{"parts":[{"text":"a"}]}}]}""", false)]
    [InlineData("""{"candidates":[{"content":{"parts":[{"text":"a","thought":true}]}}]}""", false)]
    [InlineData("""{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{}}}]}}]}""", false)]
    [InlineData("""{"candidates":[{"content":{"parts":[{"inlineData":{"mimeType":"image/png","data":"QQ=="}}]}}]}""", false)]
    [InlineData("""{"candidates":[{"finishReason":"STOP"}]}""", false)]
    [InlineData("""{"promptFeedback":{"blockReason":"SAFETY"}}""", false)]
    [InlineData("""{"error":{"code":503}}""", false)]
    [InlineData("no json", false)]
    public void Of_chunks_of_contents(string data, bool isPrelude) => Check(Dialect.Gemini, RequestShape.Contents, data, isPrelude);

    /// <summary>Whether what is counted is looked at besides makes no difference, nor does what was read before.</summary>
    private static void Check(Dialect dialect, RequestShape shape, string data, bool isPrelude)
    {
        var reader = DialectTable.Of(dialect).NewEventReader();
        var bytes = Encoding.UTF8.GetBytes(data);
        foreach (var wantsTexts in (bool[])[false, true])
        {
            reader.Reset(shape, stripUsage: false, wantsTexts);
            for (var i = 0; i < 2; i++)
            {
                reader.OnEvent(Encoding.UTF8.GetBytes($"data: {data}\n\n"), bytes, out _, out _);
                Assert.Equal(isPrelude, reader.IsPrelude(bytes));
                if (!isPrelude)
                    break;
            }
        }
    }
}
