using System.Text.Json;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Tests.Dialects;

namespace AiEdge.DataPlane.Tests.Translate;

/// <summary>What tools have answered: where it stands, and what of it stands where.</summary>
public sealed class ResultTests
{
    private const string Picture = """{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AA=="}}""";
    private const string Url = """{"type":"image","source":{"type":"url","url":"https://e.com/a.png"}}""";

    private static string Asked(string calls, string results) => $$"""{"model":"c","max_tokens":99,"messages":[{"role":"user","content":"Q"},{"role":"assistant","content":[{{calls}}]},{"role":"user","content":[{{results}}]}]}""";

    private static string Called(string id, string name = "f") => $$$"""{"type":"tool_use","id":"{{{id}}}","name":"{{{name}}}","input":{}}""";

    private static string Told(string id, string content) => $$"""{"type":"tool_result","tool_use_id":"{{id}}","content":[{{content}}]}""";

    private static string Text(string text) => $$"""{"type":"text","text":"{{text}}"}""";

    private static JsonElement[] Chat(RequestShape client, string body, out string lost, string model = "m", RequestFeatures lacks = RequestFeatures.None) =>
        [.. JsonElement.Parse(Translating.Request(client, RequestShape.Chat, body, out lost, model, lacks: lacks)).GetProperty("messages").EnumerateArray()];

    [Theory]
    [InlineData("""{"role":"developer","content":"N"}""", "m", "system user assistant tool tool", "input.role")]
    [InlineData("""{"role":"developer","content":"N"}""", "gpt-4o", "user assistant tool tool system", "")]
    [InlineData("""{"role":"user","content":"N"}""", "m", "user assistant tool tool user", "")]
    [InlineData("""{"role":"user","content":"N"},{"role":"developer","content":"O"}""", "gpt-4o", "user assistant tool tool user system", "")]
    [InlineData("""{"type":"reasoning","summary":[{"type":"summary_text","text":"T"}]},{"role":"user","content":"N"}""", "m", "user assistant tool tool user", "input.reasoning")]
    public void Nothing_stands_between_calls_and_what_they_answered(string between, string model, string roles, string losses)
    {
        const string call = """{"type":"function_call","call_id":"ID","name":"f","arguments":"{}"}""", result = """{"type":"function_call_output","call_id":"ID","output":"r"}""";
        var body = $$"""{"model":"m","input":[{"role":"user","content":"Q"},{{call}},{{call.Replace("ID", "c2", StringComparison.Ordinal)}},{{result}},{{between}},{{result.Replace("ID", "c2", StringComparison.Ordinal)}}]}""";
        var told = Chat(RequestShape.Responses, body, out var lost, model);
        Assert.Equal(roles, string.Join(' ', told.Select(message => message.GetProperty("role").GetString())));
        Assert.Equal(losses, lost);
    }

    [Theory]
    [InlineData("m", "", "tool tool user user")]
    [InlineData("mistral-large-latest", "", "tool tool assistant user user")]
    [InlineData("deepseek-chat", "messages.content.tool_result.content", "tool tool user")]
    public void A_picture_in_a_result_is_the_user_s_in_a_chat(string model, string losses, string roles)
    {
        var body = Asked(Called("123456789") + "," + Called("abcdefghi"), Told("123456789", Text("r") + "," + Picture) + "," + Told("abcdefghi", Picture) + "," + Text("so"));
        var told = Chat(RequestShape.Messages, body, out var lost, model);
        Assert.Equal(losses, lost);
        Assert.Equal(roles, string.Join(' ', told.Skip(2).Select(message => message.GetProperty("role").GetString())));
        Assert.Equal(losses.Length > 0 ? ["r", ""] : ["r", "Its picture follows."], told.Skip(2).Take(2).Select(message => message.GetProperty("content").GetString()));
        if (losses.Length > 0)
            return;
        Assert.Equal(
            """[{"type":"text","text":"Picture in the result of 123456789:"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AA=="}},"""
            + """{"type":"text","text":"Picture in the result of abcdefghi:"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AA=="}}]""",
            told[^2].GetProperty("content").GetRawText());
    }

    [Fact]
    public void A_server_that_lacks_pictures_is_told_none()
    {
        var body = Asked(Called("c"), Told("c", Text("r") + "," + Picture)).Replace("\"content\":\"Q\"", $"\"content\":[{Text("Q")},{Url}]", StringComparison.Ordinal);
        var told = Chat(RequestShape.Messages, body, out var lost, lacks: RequestFeatures.Pictures);
        Assert.Equal("messages.content.image,messages.content.tool_result.content", lost);
        Assert.Equal(["Q", "r"], new[] { told[0], told[^1] }.Select(message => message.GetProperty("content").GetString()));
    }

    [Theory]
    [InlineData("gemini-3-pro-preview", """[{"functionResponse":{"id":"c","name":"f","response":{"result":"r"},"parts":[{"inlineData":{"mimeType":"image/png","data":"AA=="}}]}},"""
        + """{"functionResponse":{"id":"d","name":"g","response":{"result":"Its picture follows."}}},{"text":"Picture in the result of g:"},{"fileData":{"mimeType":"image/png","fileUri":"https://e.com/a.png"}}]""")]
    [InlineData("gemini-2.5-flash", """[{"functionResponse":{"name":"f","response":{"result":"r"}}},{"functionResponse":{"name":"g","response":{"result":"Its picture follows."}}},"""
        + """{"text":"Picture in the result of f:"},{"inlineData":{"mimeType":"image/png","data":"AA=="}},{"text":"Picture in the result of g:"},{"fileData":{"mimeType":"image/png","fileUri":"https://e.com/a.png"}}]""")]
    public void A_picture_in_a_result_stands_in_it_or_behind_it_at_gemini(string model, string expected)
    {
        var body = Asked(Called("c") + "," + Called("d", "g"), Told("c", Text("r") + "," + Picture) + "," + Told("d", Url));
        var told = JsonElement.Parse(Translating.Request(RequestShape.Messages, RequestShape.Contents, body, out var lost, model));
        Assert.Equal("", lost);
        Assert.Equal(expected, told.GetProperty("contents")[2].GetProperty("parts").GetRawText());
    }

    [Theory]
    [InlineData("messages", """{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AA=="}}""")]
    [InlineData("responses", """{"type":"input_image","image_url":"data:image/png;base64,AA=="}""")]
    [InlineData("chat", """[{"type":"text","text":"Picture in the result of call_0:"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AA=="}}]""")]
    public void Pictures_in_results_of_gemini_s_clients_are_carried(string upstream, string expected)
    {
        const string body = """{"contents":[{"parts":[{"text":"Q"}]},{"role":"model","parts":[{"functionCall":{"name":"f","args":{}}}]},"""
            + """{"parts":[{"functionResponse":{"parts":[{"inlineData":{"mimeType":"image/png","data":"AA=="}}],"name":"f","response":{"a":1}}}]}]}""";
        var told = Translating.Request(RequestShape.Contents, SpokenShape.Named(upstream).Shape, body, out var lost);
        Assert.Equal("", lost);
        Assert.Contains(expected, told, StringComparison.Ordinal);
        Assert.Contains("{\\\"a\\\":1}", told, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("chat", "gpt-4o", """[{"type":"text","text":"a"},{"type":"text","text":"b"}]""")]
    [InlineData("chat", "m", "\"a\\n\\nb\"")]
    [InlineData("contents", "m", """{"result":"a\n\nb"}""")]
    [InlineData("responses", "m", """[{"type":"input_text","text":"a"},{"type":"input_text","text":"b"}]""")]
    public void Texts_of_a_result_are_not_glued(string upstream, string model, string expected)
    {
        var body = Asked(Called("c"), Told("c", Text("a") + "," + Text("") + "," + Text("b")));
        Assert.Contains(expected, Translating.Request(RequestShape.Messages, SpokenShape.Named(upstream).Shape, body, out var lost, model), StringComparison.Ordinal);
        Assert.Equal("", lost);
    }

    [Theory]
    [InlineData("m", "S\n\nT\n\nU", "system user", "input.role")]
    [InlineData("gpt-4o", "S\n\nT", "system user system", "")]
    [InlineData("openai/gpt-oss-120b", "S\n\nT\n\nU", "system user", "input.role")]
    public void What_the_system_says_first_is_one_message(string model, string text, string roles, string losses)
    {
        const string body = """{"input":[{"role":"developer","content":[{"type":"input_text","text":"T"}]},{"role":"user","content":"Q"},{"role":"system","content":"U"}],"instructions":"S"}""";
        var told = Chat(RequestShape.Responses, body, out var lost, model);
        Assert.Equal((text, losses), (told[0].GetProperty("content").GetString(), lost));
        Assert.Equal(roles, string.Join(' ', told.Select(message => message.GetProperty("role").GetString())));
    }

    [Fact]
    public void What_the_system_says_later_stays_where_that_is_taken()
    {
        const string body = """{"instructions":"S","input":[{"role":"user","content":"Q"},{"role":"developer","content":"U"}]}""";
        var told = Translating.Request(RequestShape.Responses, RequestShape.Chat, body, out var lost, takes: RequestFeatures.LateSystem);
        Assert.EndsWith("{\"role\":\"user\",\"content\":\"Q\"},{\"role\":\"system\",\"content\":\"U\"}]}", told, StringComparison.Ordinal);
        Assert.Equal("", lost);
    }
}
