using System.Net;
using AiEdge.Contracts.Fields;
using AiEdge.Contracts.Rules;

namespace AiEdge.Contracts.Tests;

public sealed class TextTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("0s", 0)]
    [InlineData("500ms", 500)]
    [InlineData("2s", 2_000)]
    [InlineData("30m", 1_800_000)]
    [InlineData("24h", 86_400_000)]
    [InlineData("9000h", 32_400_000_000)]
    public void A_duration_is_a_number_and_its_unit(string text, long ms)
    {
        Assert.True(DurationText.TryParse(text, out var value));
        Assert.Equal(ms, value.TotalMilliseconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("2")]
    [InlineData("s")]
    [InlineData("-2s")]
    [InlineData("+2s")]
    [InlineData("2 s")]
    [InlineData("1.5s")]
    [InlineData("2S")]
    [InlineData("1h30m")]
    [InlineData("2d")]
    [InlineData("9001h")]
    [InlineData("999999999999h")]
    [InlineData("99999999999999999999ms")]
    [InlineData("٣s")]
    public void Other_texts_are_no_duration(string text) => Assert.False(DurationText.TryParse(text, out _));

    [Theory]
    [InlineData("0")]
    [InlineData("1ms")]
    [InlineData("1500ms")]
    [InlineData("2s")]
    [InlineData("3m")]
    [InlineData("24h")]
    public void A_duration_is_written_as_it_is_read(string text)
    {
        Assert.True(DurationText.TryParse(text, out var value));
        Assert.Equal(text, DurationText.Format(value));
    }

    [Fact]
    public void An_infinite_duration_is_written_as_off() => Assert.Equal("off", DurationText.Format(Timeout.InfiniteTimeSpan));

    [Theory]
    [InlineData("0", 0)]
    [InlineData("1", 1)]
    [InlineData("7b", 7)]
    [InlineData("512kb", 512 * 1024)]
    [InlineData("32mb", 32 * 1024 * 1024)]
    [InlineData("64MiB", 64 * 1024 * 1024)]
    [InlineData("2Gb", 2L * 1024 * 1024 * 1024)]
    public void A_size_is_a_number_with_or_without_a_unit_by_1024(string text, long bytes)
    {
        Assert.True(SizeText.TryParse(text, out var value));
        Assert.Equal(bytes, value);
    }

    [Theory]
    [InlineData("")]
    [InlineData("b")]
    [InlineData("mb")]
    [InlineData("-1")]
    [InlineData("1.5mb")]
    [InlineData("1 mb")]
    [InlineData("1k")]
    [InlineData("1tb")]
    [InlineData("1kbb")]
    [InlineData("1kxb")]
    [InlineData("1xb")]
    [InlineData("9999999999999999gb")]
    [InlineData("99999999999999999999")]
    public void Other_texts_are_no_size(string text) => Assert.False(SizeText.TryParse(text, out _));

    [Theory]
    [InlineData(0, "0")]
    [InlineData(1, "1")]
    [InlineData(1025, "1025")]
    [InlineData(32 * 1024, "32kb")]
    [InlineData(32 * 1024 * 1024, "32mb")]
    [InlineData(1L << 40, "1024gb")]
    public void A_size_is_written_in_its_largest_whole_unit(long bytes, string text)
    {
        Assert.Equal(text, SizeText.Format(bytes));
        Assert.True(SizeText.TryParse(text, out var read));
        Assert.Equal(bytes, read);
    }

    [Theory]
    [InlineData("2027-01-01", "2027-01-01T00:00:00+00:00")]
    [InlineData("2028-02-29", "2028-02-29T00:00:00+00:00")]
    [InlineData("2027-01-01T09:30:00Z", "2027-01-01T09:30:00+00:00")]
    [InlineData("2027-01-01t09:30:00z", "2027-01-01T09:30:00+00:00")]
    [InlineData("2027-01-01 09:30:00.25+02:00", "2027-01-01T07:30:00.25+00:00")]
    [InlineData("2027-01-01T00:00:00-05:30", "2027-01-01T05:30:00+00:00")]
    [InlineData("2027-01-01T00:00:00.123456789Z", "2027-01-01T00:00:00.1234567+00:00")]
    public void An_instant_is_a_date_or_a_time_of_RFC_3339(string text, string expected)
    {
        Assert.True(InstantField.TryParseText(text, out var value));
        Assert.Equal(DateTimeOffset.Parse(expected, System.Globalization.CultureInfo.InvariantCulture).UtcTicks, value.UtcTicks);
    }

    [Theory]
    [InlineData("")]
    [InlineData("2027")]
    [InlineData("2027-1-1")]
    [InlineData("2027-02-29")]
    [InlineData("2027-13-01")]
    [InlineData("2027-00-01")]
    [InlineData("2027-01-00")]
    [InlineData("0000-01-01")]
    [InlineData("2027/01/01")]
    [InlineData("2027-01-01T")]
    [InlineData("2027-01-01T09:30")]
    [InlineData("2027-01-01T09:30:00")]
    [InlineData("2027-01-01T24:00:00Z")]
    [InlineData("2027-01-01T23:60:00Z")]
    [InlineData("2027-01-01T23:59:60Z")]
    [InlineData("2027-01-01T09:30:00.Z")]
    [InlineData("2027-01-01T09:30:00.5")]
    [InlineData("2027-01-01T09:30:00Zz")]
    [InlineData("2027-01-01T09:30:00+2:00")]
    [InlineData("2027-01-01T09:30:00+02")]
    [InlineData("2027-01-01T09:30:00+24:00")]
    [InlineData("0001-01-01T00:00:00+01:00")]
    [InlineData("9999-12-31T23:59:59-01:00")]
    [InlineData("٢٠٢٧-01-01")]
    public void Other_texts_are_no_instant(string text) => Assert.False(InstantField.TryParseText(text, out _));

    [Theory]
    [InlineData("127.0.0.1:8080", "127.0.0.1:8080")]
    [InlineData("[::1]:8080", "[::1]:8080")]
    [InlineData("0.0.0.0:0", "0.0.0.0:0")]
    [InlineData("[::]:65535", "[::]:65535")]
    [InlineData("localhost:80", "127.0.0.1:80")]
    public void An_address_has_a_host_and_a_port(string text, string expected)
    {
        Assert.True(ListenAddress.TryParse(text, out var endpoint));
        Assert.Equal(expected, endpoint.ToString());
    }

    [Fact]
    public void A_port_alone_stands_for_every_address()
    {
        Assert.True(ListenAddress.TryParse(":8080", out var endpoint));
        Assert.Contains(endpoint.Address, new[] { IPAddress.IPv6Any, IPAddress.Any });
        Assert.Equal(8080, endpoint.Port);
    }

    [Theory]
    [InlineData("")]
    [InlineData(":")]
    [InlineData("8080")]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.1:")]
    [InlineData("127.0.0.1:65536")]
    [InlineData("127.0.0.1:-1")]
    [InlineData("127.0.0.1:+1")]
    [InlineData("127.0.0.1: 80")]
    [InlineData("127.0.0.1:000080")]
    [InlineData("127.1:80")]
    [InlineData("127.0.0.01:80")]
    [InlineData("0x7f.0.0.1:80")]
    [InlineData("::1:80")]
    [InlineData("[::1:80")]
    [InlineData("[127.0.0.1]:80")]
    [InlineData("[]:80")]
    [InlineData("example.com:80")]
    [InlineData("*:80")]
    [InlineData("http://127.0.0.1:80")]
    public void Other_texts_are_no_address(string text) => Assert.False(ListenAddress.TryParse(text, out _));

    [Theory]
    [InlineData("api.openai.com")]
    [InlineData("localhost")]
    [InlineData("my_service.ns.svc.cluster.local")]
    [InlineData("10.0.0.1")]
    [InlineData("xn--bcher-kva.example")]
    [InlineData("1a")]
    [InlineData("3com.com")]
    public void Names_and_addresses_are_hosts(string name) => Assert.True(HostName.IsValid(name));

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("a..b")]
    [InlineData("a.")]
    [InlineData(".a")]
    [InlineData("-a")]
    [InlineData("a-.b")]
    [InlineData("a b")]
    [InlineData("bücher.example")]
    [InlineData("127.1")]
    [InlineData("2130706433")]
    [InlineData("1.2.3.256")]
    [InlineData("1.2.3.04")]
    [InlineData("1.2.3.4.5")]
    [InlineData("a.0")]
    public void Other_texts_are_no_hosts(string name) => Assert.False(HostName.IsValid(name));

    [Fact]
    public void A_host_of_more_than_253_characters_or_a_label_of_more_than_63_is_none()
    {
        Assert.False(HostName.IsValid(new string('a', 64) + ".b"));
        Assert.True(HostName.IsValid(new string('a', 63) + ".b"));
        var longest = string.Join('.', Enumerable.Repeat(new string('a', 62), 4)) + ".b";
        Assert.Equal(253, longest.Length);
        Assert.True(HostName.IsValid(longest));
        Assert.False(HostName.IsValid(longest + "b"));
    }

    [Theory]
    [InlineData("gpt-*", "gpt-4*", true)]
    [InlineData("gpt-*", "*-mini", true)]
    [InlineData("gpt-*", "claude-*", false)]
    [InlineData("a", "a", true)]
    [InlineData("a", "b", false)]
    [InlineData("*", "", true)]
    [InlineData("", "a", false)]
    [InlineData("a*b", "ab", true)]
    [InlineData("a*b", "*c*", true)]
    [InlineData("a*b", "*c", false)]
    public void Two_patterns_overlap_where_a_text_matches_both(string a, string b, bool expected)
    {
        Assert.Equal(expected, GlobPattern.Overlaps(a, b));
        Assert.Equal(expected, GlobPattern.Overlaps(b, a));
    }

    /// <summary>Every pattern of up to four characters against every other, judged by all texts of up to five characters.</summary>
    [Fact]
    public void Overlap_and_cover_agree_with_matching_every_short_text()
    {
        var patterns = Words("ab*", 3);
        var texts = Words("ab", 6);
        var matches = patterns.ToDictionary(p => p, p => texts.Where(t => GlobPattern.Covers(p, t)).ToHashSet());
        foreach (var p in patterns)
        {
            foreach (var q in patterns)
            {
                Assert.True(GlobPattern.Overlaps(p, q) == matches[p].Overlaps(matches[q]), $"{p} {q}");
                if (GlobPattern.Covers(p, q))
                    Assert.True(matches[q].IsSubsetOf(matches[p]), $"{p} covers {q}");
            }
        }
    }

    private static List<string> Words(string letters, int length)
    {
        var all = new List<string> { "" };
        for (var (from, n) = (0, 0); n < length; n++)
        {
            var end = all.Count;
            for (; from < end; from++)
                all.AddRange(letters.Select(c => all[from] + c));
        }

        return all;
    }
}
