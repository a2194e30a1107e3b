using System.Globalization;
using System.Text;
using System.Text.Json;
using AiEdge.DataPlane.Record;

namespace AiEdge.DataPlane.Tests.Record;

public sealed class JsonLineTests
{
    [Fact]
    public void Objects_come_out_as_lines_that_a_parser_reads_back()
    {
        var lines = new JsonLine(4);
        for (var i = 0; i < 3; i++)
        {
            lines.WriteStartObject();
            lines.WriteTime("time"u8, 1_764_328_865_007 + i * 700L);
            lines.WriteString("text"u8, "plain"u8);
            lines.WriteStartObject("tags"u8);
            lines.WriteString("na\"me", "zwölf € \u0001");
            lines.WriteString("other", "");
            lines.WriteEndObject();
            lines.WriteNumber("low"u8, long.MinValue);
            lines.WriteNumber("high"u8, long.MaxValue);
            lines.WriteBoolean("yes"u8, true);
            lines.WriteBoolean("no"u8, false);
            lines.WriteEndObject();
            lines.EndLine();
        }

        var read = Encoding.UTF8.GetString(lines.Written).Split('\n');
        Assert.Equal(4, read.Length);
        Assert.Equal("", read[3]);
        for (var i = 0; i < 3; i++)
        {
            using var document = JsonDocument.Parse(read[i]);
            var root = document.RootElement;
            var time = DateTimeOffset.Parse(root.GetProperty("time").GetString()!, CultureInfo.InvariantCulture);
            Assert.Equal(1_764_328_865_007 + i * 700L, time.ToUnixTimeMilliseconds());
            Assert.Equal("plain", root.GetProperty("text").GetString());
            Assert.Equal("zwölf € \u0001", root.GetProperty("tags").GetProperty("na\"me").GetString());
            Assert.Equal("", root.GetProperty("tags").GetProperty("other").GetString());
            Assert.Equal(long.MinValue, root.GetProperty("low").GetInt64());
            Assert.Equal(long.MaxValue, root.GetProperty("high").GetInt64());
            Assert.True(root.GetProperty("yes").GetBoolean());
            Assert.False(root.GetProperty("no").GetBoolean());
        }
    }

    [Fact]
    public void Every_character_of_a_text_is_the_same_after_reading()
    {
        for (var value = 0; value < 0x250; value++)
            Assert.Equal($"a{(char)value}b", RoundTrip(Encoding.UTF8.GetBytes($"a{(char)value}b")));
        Assert.Equal("\ud83d\ude00", RoundTrip(Encoding.UTF8.GetBytes("\ud83d\ude00")));
    }

    [Fact]
    public void A_line_break_in_a_text_begins_no_line()
    {
        var lines = new JsonLine(64);
        lines.WriteStartObject();
        lines.WriteString("text"u8, "one\r\n{\"kind\":\"forged\"}"u8);
        lines.WriteEndObject();
        Assert.DoesNotContain((byte)'\n', lines.Written.ToArray());
        Assert.DoesNotContain((byte)'\r', lines.Written.ToArray());
    }

    [Fact]
    public void Bytes_that_are_no_UTF8_become_replacement_characters()
    {
        Assert.Equal("a\ufffdb", RoundTrip([(byte)'a', 0xFF, (byte)'b']));
        Assert.Equal("\ufffd", RoundTrip([0xC3]));
    }

    private static string RoundTrip(byte[] text)
    {
        var lines = new JsonLine(8);
        lines.WriteStartObject();
        lines.WriteString("text"u8, text);
        lines.WriteEndObject();
        using var document = JsonDocument.Parse(lines.Written.ToArray());
        return document.RootElement.GetProperty("text").GetString()!;
    }
}
