using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Tests.Dialects.Anthropic;

/// <summary>Which events only say that an answer begins.</summary>
public sealed class AnthropicPreludeTests : EventPreludeTests
{
    [Theory]
    [InlineData("""{"type":"message_start","message":{"usage":{"input_tokens":3}}}""", true)]
    [InlineData("""{"type": "ping"}""", true)]
    [InlineData("""{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}""", true)]
    [InlineData("""{"content_block":{"text":"","type":"text"},"type":"content_block_start"}""", true)]
    [InlineData("""{"type":"content_block_start","index":0,"content_block":{"type":"text","text":"a"}}""", false)]
    [InlineData("""{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":""}}""", false)]
    [InlineData("""{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","name":"f","input":{}}}""", false)]
    [InlineData("""{"type":"content_block_delta","delta":{"type":"text_delta","text":"a"}}""", false)]
    [InlineData("""{"type":"message_stop"}""", true)]
    [InlineData("""{"type":"error","error":{"type":"overloaded_error"}}""", false)]
    [InlineData("""{"type":"fresh"}""", false)]
    [InlineData("no json", true)]
    public void Of_events_of_messages(string data, bool isPrelude) => Check(Dialect.Anthropic, RequestShape.Messages, data, isPrelude);
}
