using AiEdge.DataPlane.Dialects;

namespace AiEdge.DataPlane.Tests.Dialects;

/// <summary>Answers that say the same by other letters are the same.</summary>
public sealed class AnswerTextTests
{
    [Theory]
    [InlineData("Paris", "paris.", true)]
    [InlineData("  \"Paris\"!\n", "PARIS", true)]
    [InlineData("New\n  York", "new york", true)]
    [InlineData("Paris", "Lyon", false)]
    [InlineData("3.5", "3.6", false)]
    [InlineData("", "  ", true)]
    [InlineData("...", "!", false)]
    [InlineData("{\"a\":1,\"b\":[1.0,\"x\"]}", " { \"b\": [1, \"x\"], \"a\": 1 }", true)]
    [InlineData("{\"a\":\"X\"}", "{\"a\":\"x\"}", false)]
    [InlineData("[1,2]", "[2,1]", false)]
    [InlineData("{\"a\":null}", "{\"a\":false}", false)]
    [InlineData("{no json", "{NO  json.", true)]
    public void What_they_are_compared_by(string one, string other, bool isSame) =>
        Assert.Equal(isSame, AnswerText.Normal(one) == AnswerText.Normal(other));
}
