using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Tests.Dialects.OpenAi;

/// <summary>Which events only say that an answer begins.</summary>
public sealed class OpenAiPreludeTests : EventPreludeTests
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
    [InlineData("""{"foo":1}""", true)]
    [InlineData("[DONE]", true)]
    [InlineData("no json", true)]
    [InlineData("""{"choices":[{"index":0,"logprobs":{"content":[{"logprob":-Infinity}]}}]}""", false)]
    [InlineData("""{"choices":[{"index":0,"logprobs":{"content":[{"logprob":NaN}]}}]}""", false)]
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
    [InlineData("[DONE]", true)]
    public void Of_events_of_responses(string data, bool isPrelude) => Check(Dialect.OpenAi, RequestShape.Responses, data, isPrelude);
}
