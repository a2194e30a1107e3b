using System.Text;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Tests.Translate;

/// <summary>The message of a provider's error is found wherever its server puts it.</summary>
public sealed class ErrorTextTests
{
    [Theory]
    [InlineData("""{"error":{"message":"a \n","type":"x"}}""", "a \\n")]
    [InlineData("""{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"r"}""", "Overloaded")]
    [InlineData("""{"error":"it failed"}""", "it failed")]
    [InlineData("""{"object":"error","message":"too long","type":"BadRequestError","param":null,"code":400}""", "too long")]
    [InlineData("""{"object":"error","message":{"detail":[{"type":"extra_forbidden","loc":["body","user"],"msg":"Extra","input":"u"},{"msg":"more"}]}}""", "Extra")]
    [InlineData("""{"detail":[{"loc":["body"],"msg":"field required"}]}""", "field required")]
    [InlineData("""{"detail":"Not Found"}""", "Not Found")]
    [InlineData("""[{"error":{"code":400,"message":"of Google's","status":"INVALID_ARGUMENT"}}]""", "of Google's")]
    [InlineData("""{"message":"beside","error":{"message":"inside"}}""", "inside")]
    [InlineData("""{"error":{"message":""},"message":"beside"}""", "beside")]
    [InlineData("""{"error":{"message":"cut off""", "")]
    [InlineData("""{"error":{"message":7}}""", "")]
    [InlineData("""{"error":{"code":1}}""", "")]
    [InlineData("""{}""", "")]
    [InlineData("""[]""", "")]
    [InlineData("""["a"]""", "")]
    [InlineData("upstream connect error", "")]
    [InlineData("", "")]
    public void It_is_found(string body, string message) =>
        Assert.Equal(message, Encoding.UTF8.GetString(ErrorText.MessageIn(Encoding.UTF8.GetBytes(body))));
}
