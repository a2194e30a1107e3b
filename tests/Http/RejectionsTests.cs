namespace AiEdge.Http.Tests;

public sealed class RejectionsTests
{
    [Fact]
    public void Every_rejection_has_a_client_or_server_status_and_a_text_of_its_own()
    {
        var texts = new HashSet<string>(StringComparer.Ordinal);
        foreach (var rejection in Enum.GetValues<Rejection>())
        {
            Assert.InRange(Rejections.Status(rejection), 400, 505);
            Assert.True(texts.Add(Rejections.Text(rejection)));
            Assert.True(Syntax.IsValue(Wire.Bytes(Rejections.Text(rejection))));
        }
        Assert.DoesNotContain(Rejections.Text((Rejection)255), texts);
    }

    [Theory]
    [InlineData(Rejection.HeadTooLarge, 431)]
    [InlineData(Rejection.TooManyHeaders, 431)]
    [InlineData(Rejection.TargetTooLong, 414)]
    [InlineData(Rejection.UnsupportedVersion, 505)]
    [InlineData(Rejection.UnsupportedTransferCoding, 501)]
    [InlineData(Rejection.UnsupportedMethod, 501)]
    [InlineData(Rejection.UnknownExpectation, 417)]
    [InlineData(Rejection.BareLineFeed, 400)]
    [InlineData(Rejection.LengthAndTransferEncoding, 400)]
    [InlineData(Rejection.InvalidChunk, 400)]
    public void A_rejection_has_the_status_of_the_RFC(Rejection rejection, int status) =>
        Assert.Equal(status, Rejections.Status(rejection));
}
