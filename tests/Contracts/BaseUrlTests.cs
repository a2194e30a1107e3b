using AiEdge.Contracts.Fields;

namespace AiEdge.Contracts.Tests;

public sealed class BaseUrlTests
{
    [Theory]
    [InlineData("https://api.openai.com/v1", true, "api.openai.com", 443, "/v1", "api.openai.com")]
    [InlineData("https://api.openai.com/v1/", true, "api.openai.com", 443, "/v1", "api.openai.com")]
    [InlineData("https://api.openai.com/", true, "api.openai.com", 443, "", "api.openai.com")]
    [InlineData("https://api.openai.com", true, "api.openai.com", 443, "", "api.openai.com")]
    [InlineData("HTTPS://API.OpenAI.com:443/V1", true, "api.openai.com", 443, "/V1", "api.openai.com")]
    [InlineData("https://h:8443", true, "h", 8443, "", "h:8443")]
    [InlineData("http://127.0.0.1:8000/v1", false, "127.0.0.1", 8000, "/v1", "127.0.0.1:8000")]
    [InlineData("http://h:80/a/b%20c", false, "h", 80, "/a/b%20c", "h")]
    [InlineData("http://[::1]:8000/v1", false, "::1", 8000, "/v1", "[::1]:8000")]
    [InlineData("https://[2001:DB8::1]", true, "2001:db8::1", 443, "", "[2001:db8::1]")]
    [InlineData("https://x/openai/deployments/a:b;c=d", true, "x", 443, "/openai/deployments/a:b;c=d", "x")]
    public void A_base_url_names_scheme_host_port_and_path(string text, bool useTls, string host, int port, string path, string hostHeader)
    {
        Assert.True(BaseUrl.TryParse(text, out var url, out _));
        Assert.Equal((useTls, host, port, path, hostHeader), (url.UseTls, url.Host, url.Port, url.Path, url.HostHeader));
        Assert.True(BaseUrl.TryParse(url.ToString(), out var again, out _));
        Assert.Equal(url, again);
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("api.openai.com/v1", "must start with")]
    [InlineData("//api.openai.com", "must start with")]
    [InlineData("ftp://a", "must start with")]
    [InlineData("https:/a", "must start with")]
    [InlineData("https://", "host name")]
    [InlineData("https:///v1", "host name")]
    [InlineData("https://:443/v1", "host name")]
    [InlineData("https://user:pass@a", "user information")]
    [InlineData("https://a@b", "user information")]
    [InlineData("https://a?x=1", "query")]
    [InlineData("https://a/#f", "fragment")]
    [InlineData("https://a\\b", "backslash")]
    [InlineData("https://a b", "space")]
    [InlineData("https://a\r\nHost: b", "control character")]
    [InlineData("https://bücher.example", "ASCII")]
    [InlineData("https://a:", "port")]
    [InlineData("https://a:0", "port")]
    [InlineData("https://a:65536", "port")]
    [InlineData("https://a:80:80", "port")]
    [InlineData("https://127.1", "host name")]
    [InlineData("https://[::1", "IPv6")]
    [InlineData("https://[::1]x", "port")]
    [InlineData("https://[fe80::1%25eth0]", "IPv6")]
    [InlineData("https://[127.0.0.1]", "IPv6")]
    [InlineData("https://a/../b", "segments")]
    [InlineData("https://a/./b", "segments")]
    [InlineData("https://a//b", "segments")]
    [InlineData("https://a/%2e%2e/b", "segments")]
    [InlineData("https://a/b%2fc", "segments")]
    [InlineData("https://a/b%0d", "segments")]
    [InlineData("https://a/b%", "segments")]
    [InlineData("https://a/b%2", "segments")]
    [InlineData("https://a/b%zz", "segments")]
    [InlineData("https://a/{b}", "segments")]
    public void What_parsers_could_read_differently_is_refused(string text, string complaint)
    {
        Assert.False(BaseUrl.TryParse(text, out _, out var said));
        Assert.Contains(complaint, said, StringComparison.Ordinal);
    }
}
