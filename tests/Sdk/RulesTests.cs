using System.Text;

namespace AiEdge.Sdk.Tests;

/// <summary>What judges the requests that reach a provider finds what the provider would refuse.</summary>
public sealed class RulesTests
{
    private const string Call = """{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]}""";
    private const string User = """{"role":"user","content":"Q"}""";

    [Theory]
    [InlineData(User, "", true)]
    [InlineData(User + "," + Call + """,{"role":"tool","tool_call_id":"c","content":"x"}""", "", true)]
    [InlineData(User + "," + Call, "", false)]
    [InlineData(User + "," + Call + "," + User, "", false)]
    [InlineData("""{"role":"tool","tool_call_id":"c","content":"x"}""", "", false)]
    [InlineData("""{"role":"user","content":[]}""", "", false)]
    [InlineData(User, ",\"top_k\":1", false)]
    [InlineData(User, ",\"tool_choice\":\"auto\"", false)]
    [InlineData(User, ",\"stream_options\":{}", false)]
    public void A_chat_is_judged(string messages, string more, bool isWell) =>
        Assert.Equal(isWell, ChatRules.FaultOf(Encoding.UTF8.GetBytes($$"""{"model":"m","messages":[{{messages}}]{{more}}}""")) is null);

    [Theory]
    [InlineData("""{"role":"user","parts":[{"text":"Q"}]}""", "", true)]
    [InlineData("""{"role":"user","parts":[]}""", "", false)]
    [InlineData("""{"role":"user","parts":[{"text":"Q","functionCall":{"name":"f","args":{}}}]}""", "", false)]
    [InlineData("""{"role":"model","parts":[{"functionCall":{"name":"f","args":{}},"thoughtSignature":"s"}]}""", "", false)]
    [InlineData("""{"role":"user","parts":[{"functionResponse":{"name":"f","response":{}}}]}""", "", false)]
    [InlineData("""{"role":"user","parts":[{"text":"Q"}]}""", ",\"generationConfig\":{\"stop\":1}", false)]
    public void Contents_are_judged(string contents, string more, bool isWell) =>
        Assert.Equal(isWell, ContentsRules.FaultOf(Encoding.UTF8.GetBytes($$"""{"contents":[{{contents}}]{{more}}}""")) is null);

    [Theory]
    [InlineData("""{"type":"message","role":"user","content":[{"type":"input_text","text":"Q"}]}""", "", true)]
    [InlineData("""{"type":"message","role":"assistant","content":[{"type":"input_text","text":"Q"}]}""", "", false)]
    [InlineData("""{"type":"function_call","call_id":"c","name":"f","arguments":"{}"},{"type":"function_call_output","call_id":"c","output":"x"}""", "", true)]
    [InlineData("""{"type":"function_call","call_id":"c","name":"f","arguments":"{}"}""", "", false)]
    [InlineData("""{"type":"function_call_output","call_id":"c","output":"x"}""", "", false)]
    [InlineData("""{"type":"reasoning","summary":[],"encrypted_content":"x"}""", "", false)]
    [InlineData("""{"type":"message","role":"user","content":[{"type":"input_text","text":"Q"}]}""", ",\"stop\":[]", false)]
    [InlineData("""{"type":"message","role":"user","content":[{"type":"input_text","text":"Q"}]}""", ",\"max_output_tokens\":15", false)]
    [InlineData("""{"type":"message","role":"user","content":[{"type":"input_text","text":"Q"}]}""", ",\"include\":[]", false)]
    public void A_response_s_request_is_judged(string items, string more, bool isWell) =>
        Assert.Equal(isWell, ResponsesRules.FaultOf(Encoding.UTF8.GetBytes($$"""{"model":"m","input":[{{items}}]{{more}}}""")) is null);
}
