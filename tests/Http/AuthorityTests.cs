namespace AiEdge.Http.Tests;

public sealed class AuthorityTests
{
    [Theory]
    [InlineData("a")]
    [InlineData("a.example")]
    [InlineData("A-1.example.")]
    [InlineData("under_score~tilde")]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.1:8080")]
    [InlineData("a:0")]
    [InlineData("a:65535")]
    [InlineData("a:00080")]
    [InlineData("a:")]
    [InlineData("xn--bcher-kva.example")]
    [InlineData("b%C3%BCcher.example")]
    [InlineData("[::]")]
    [InlineData("[::1]")]
    [InlineData("[::1]:443")]
    [InlineData("[2001:db8::8a2E:370:7334]")]
    [InlineData("[1:2:3:4:5:6:7:8]")]
    [InlineData("[1:2:3:4:5:6:7::]")]
    [InlineData("[::2:3:4:5:6:7:8]")]
    [InlineData("[::ffff:192.0.2.1]")]
    [InlineData("[1:2:3:4:5:6:192.0.2.1]")]
    public void A_host_and_port_is_valid(string text)
    {
        Assert.True(Authority.IsValid(Wire.Bytes(text)));
        Assert.Equal(1, Wire.Request(Wire.Head("GET / HTTP/1.1", $"Host: {text}")).HeaderCount);
        Assert.Equal("/x"u8, Wire.Request(Wire.Head($"GET http://{text}/x HTTP/1.1", "Host: a")).Path);
    }

    [Theory]
    [InlineData("a b")]
    [InlineData("a@b")]
    [InlineData("user:pass@a")]
    [InlineData("http://a")]
    [InlineData("a/b")]
    [InlineData("a?b")]
    [InlineData("a#b")]
    [InlineData("a\\b")]
    [InlineData("a,b")]
    [InlineData("a\"b")]
    [InlineData("a<b>")]
    [InlineData("a{b}")]
    [InlineData("a|b")]
    [InlineData("a^b")]
    [InlineData("a`b")]
    [InlineData("\u00E9")]
    [InlineData("a%00b")]
    [InlineData("a%0Ab")]
    [InlineData("a%20b")]
    [InlineData("a%2Fb")]
    [InlineData("a%40b")]
    [InlineData("a%5cb")]
    [InlineData("a%7fb")]
    [InlineData("a%zz")]
    [InlineData("a%4")]
    [InlineData("a%")]
    [InlineData(":")]
    [InlineData(":80")]
    [InlineData("a:65536")]
    [InlineData("a:99999")]
    [InlineData("a:4294967376")]
    [InlineData("a:18446744073709551696")]
    [InlineData("a:80:80")]
    [InlineData("a:8o")]
    [InlineData("a:+80")]
    [InlineData("a:-1")]
    [InlineData("a: 80")]
    [InlineData("::1")]
    [InlineData("::1]")]
    [InlineData("[::1")]
    [InlineData("[]")]
    [InlineData("[]:80")]
    [InlineData("[:]")]
    [InlineData("[:::]")]
    [InlineData("[::1]80")]
    [InlineData("[::1]a")]
    [InlineData("[::1]:x")]
    [InlineData("[::g]")]
    [InlineData("[1:2:3:4:5:6:7]")]
    [InlineData("[1:2:3:4:5:6:7:8:9]")]
    [InlineData("[1:2:3:4:5:6:7:8::]")]
    [InlineData("[1::2::3]")]
    [InlineData("[:1:2:3:4:5:6:7]")]
    [InlineData("[1:2:3:4:5:6:7:]")]
    [InlineData("[12345::]")]
    [InlineData("[::256.0.0.1]")]
    [InlineData("[::1.2.3]")]
    [InlineData("[::1.2.3.4.5]")]
    [InlineData("[::1.2.3.]")]
    [InlineData("[1.2.3.4]")]
    [InlineData("[::1.2.3.4:5]")]
    [InlineData("[fe80::1%25eth0]")]
    [InlineData("[v1.a]")]
    public void Anything_else_is_refused(string text)
    {
        Assert.False(Authority.IsValid(Wire.Bytes(text)));
        Assert.Equal(Rejection.InvalidHost, Wire.RequestRejection(Wire.Head("GET / HTTP/1.1", $"Host: {text}")));
    }

    [Fact]
    public void An_empty_host_stands_in_the_Host_field_only()
    {
        Assert.False(Authority.IsValid([]));
        Assert.Equal(1, Wire.Request(Wire.Head("GET / HTTP/1.1", "Host: ")).HeaderCount);
        Assert.Equal(Rejection.InvalidTarget, Wire.RequestRejection(Wire.Head("GET http:// HTTP/1.1", "Host: ")));
    }
}
