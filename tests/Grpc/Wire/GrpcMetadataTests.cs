namespace AiEdge.Grpc.Tests.Wire;

public sealed class GrpcMetadataTests
{
    [Fact]
    public void Text_and_bytes_are_kept_in_order()
    {
        var metadata = new GrpcMetadata().Add("a", "1").Add("b-bin", [1, 2, 3, 4]).Add("a", "2");
        Assert.Equal([new("a", "1"), new("b-bin", "AQIDBA"), new GrpcEntry("a", "2")], metadata);
        Assert.True(metadata.TryGet("a", out var text));
        Assert.Equal("1", text);
        Assert.True(metadata.TryGetBytes("b-bin", out var bytes));
        Assert.Equal([1, 2, 3, 4], bytes);
        Assert.Equal(2, metadata.CountOf("a"));
    }

    [Theory]
    [InlineData("A")]
    [InlineData("")]
    [InlineData("grpc-status")]
    [InlineData("content-type")]
    [InlineData("te")]
    [InlineData(":path")]
    [InlineData("a b")]
    [InlineData("a-bin")]
    public void Names_that_are_not_metadata_are_not_added(string name) =>
        Assert.Throws<ArgumentException>(() => new GrpcMetadata().Add(name, "x"));

    [Theory]
    [InlineData("line\nbreak")]
    [InlineData(" edge")]
    [InlineData("ö")]
    public void Values_that_cannot_be_sent_are_not_added(string value) =>
        Assert.Throws<ArgumentException>(() => new GrpcMetadata().Add("x", value));

    [Fact]
    public void Padded_unpadded_and_joined_bytes_are_received()
    {
        var metadata = new GrpcMetadata();
        metadata.Receive("X-Bin", "AQ==,AQI,AQID");
        metadata.Receive("y-bin", "");
        Assert.Equal(["AQ==", "AQI", "AQID"], metadata.Where(e => e.Name == "x-bin").Select(e => e.Text));
        Assert.True(metadata.TryGetBytes("x-bin", out var bytes));
        Assert.Equal([1], bytes);
        Assert.True(metadata.TryGetBytes("y-bin", out bytes));
        Assert.Empty(bytes);
    }

    [Fact]
    public void What_is_the_protocols_or_cannot_be_sent_on_is_not_received()
    {
        var metadata = new GrpcMetadata();
        metadata.Receive("grpc-timeout", "1S");
        metadata.Receive("Content-Type", "application/grpc");
        metadata.Receive("x", "caf\u00E9");
        metadata.Receive("bad name", "x");
        metadata.Receive("z-bin", "A");
        Assert.Single(metadata);
        Assert.False(metadata.TryGetBytes("z-bin", out _));
    }
}
