using System.Text;
using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Tests.Parse;

public class JsonScannerTests
{
    [Fact]
    public void Valid_texts_are_accepted_and_tokenized_as_by_Utf8JsonReader_however_they_are_cut()
    {
        foreach (string text in JsonCorpus.Valid())
        {
            byte[] bytes = Encoding.UTF8.GetBytes(text);
            string trace = Cuts.SameForAll(bytes, JsonTrace.Of);
            Assert.Equal(JsonTrace.OfReference(bytes), trace);
            Assert.DoesNotContain("fault", trace, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Invalid_texts_are_refused_with_the_same_fault_however_they_are_cut()
    {
        foreach (byte[] bytes in JsonCorpus.Invalid())
        {
            Assert.Null(JsonTrace.OfReference(bytes));
            Assert.Contains("fault", Cuts.SameForAll(bytes, JsonTrace.Of), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Truncation_at_every_byte_is_refused_as_truncated()
    {
        byte[] bytes = "{\"a\":[1.5e3,\"x\\u00e9é\",true,null,{\"b\":false}],\"c\":\"日本語\"}"u8.ToArray();
        for (int i = 0; i < bytes.Length; i++)
            Assert.EndsWith("fault Truncated", Cuts.SameForAll(bytes[..i], JsonTrace.Of), StringComparison.Ordinal);
        Assert.DoesNotContain("fault", JsonTrace.Of([bytes]), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"a\":\"x\0y\"}", JsonFault.ControlByte)]
    [InlineData("{\"a\":\0}", JsonFault.ControlByte)]
    [InlineData("{\"a\":\"x\ny\"}", JsonFault.ControlByte)]
    [InlineData("{\"a\":\"\\\u0001\"}", JsonFault.ControlByte)]
    [InlineData("{\"a\":\"\\x\"}", JsonFault.Syntax)]
    [InlineData("\uFEFF{}", JsonFault.Syntax)]
    [InlineData("{} {}", JsonFault.Syntax)]
    [InlineData("{\"a\":tru}", JsonFault.Syntax)]
    [InlineData("{\"a\":01}", JsonFault.Syntax)]
    [InlineData("{\"a\":NaN}", JsonFault.NotFinite)]
    [InlineData("{\"a\":[-Infinity]}", JsonFault.NotFinite)]
    [InlineData("{\"a\":Infinity}", JsonFault.NotFinite)]
    [InlineData("", JsonFault.Truncated)]
    [InlineData("-", JsonFault.Truncated)]
    [InlineData("1.", JsonFault.Truncated)]
    internal void Faults_are_told_apart(string text, JsonFault fault)
    {
        Assert.EndsWith($"fault {fault}", Cuts.SameForAll(Encoding.UTF8.GetBytes(text), JsonTrace.Of), StringComparison.Ordinal);
    }

    [Fact]
    public void Depth_128_passes_and_129_is_too_deep()
    {
        Assert.DoesNotContain(
            "fault",
            JsonTrace.Of([Encoding.ASCII.GetBytes(new string('[', 128) + new string(']', 128))]),
            StringComparison.Ordinal);
        Assert.EndsWith(
            "fault TooDeep",
            JsonTrace.Of([Encoding.ASCII.GetBytes(new string('[', 129) + new string(']', 129))]),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_that_are_not_UTF8_are_told_from_other_faults_wherever_they_stand()
    {
        foreach (byte[] bad in JsonCorpus.BadUtf8())
        {
            foreach (int before in new[] { 0, 1, 14, 15, 16, 29, 30, 31, 32, 33, 63, 64 })
            {
                byte[] text = [.. "[\""u8, .. Enumerable.Repeat((byte)'x', before), .. bad, .. "xxxxxxxxxxxxxxxxxxxxxxxxxx\\n\"]"u8];
                Assert.EndsWith("fault BadUtf8", Cuts.SameForAll(text, JsonTrace.Of), StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void Without_the_check_strings_may_hold_any_bytes_above_ASCII()
    {
        foreach (byte[] bad in JsonCorpus.BadUtf8().Where(b => !b.Contains((byte)0x28)))
        {
            var scanner = default(JsonScanner);
            scanner.Reset(null, checkUtf8: false);
            byte[] text = [.. "[\""u8, .. bad, .. "\"]"u8];
            while (scanner.Read(text))
            {
            }

            Assert.Equal(JsonFault.None, scanner.Finish());
        }
    }

    [Fact]
    public void What_is_not_entered_shows_only_its_start_and_its_end()
    {
        byte[] text = "{\"a\":{\"b\":[1,{}]},\"c\":[[2],\"d\"],\"e\":3}"u8.ToArray();
        Assert.Equal(
            "StartObject Name:a StartObject EndObject Name:c StartArray EndArray Name:e Number:3 EndObject ",
            Cuts.SameForAll(text, pieces => JsonTrace.Of(pieces, depthMax: 1, offsets: false)));
    }

    [Fact]
    public void A_comma_is_known_on_the_name_that_follows_it()
    {
        byte[] text = "{\"a\":[1,2] , \"b\":\"c\",\"d\":null}"u8.ToArray();
        var scanner = default(JsonScanner);
        scanner.Reset(null, checkUtf8: true);
        var commas = new List<long>();
        while (scanner.Read(text))
        {
            if (scanner.Token == JsonToken.StartObject)
                scanner.Enter();
            if (scanner.Token == JsonToken.Name)
                commas.Add(scanner.SeparatorAt);
        }

        Assert.Equal([-1, 11, 20], commas);
    }

    [Fact]
    public void A_token_longer_than_the_capture_comes_short_but_not_by_much()
    {
        byte[] text = [(byte)'"', .. Enumerable.Repeat((byte)'x', 5000), (byte)'"'];
        const int max = JsonScanner.CaptureMax;
        foreach (int cut in new[] { 0, 1, 2, 1000, max - 1, max, max + 1, 5000, 5001, 5002 })
        {
            var scanner = default(JsonScanner);
            scanner.Reset(new byte[JsonScanner.CaptureMax], checkUtf8: true);
            Assert.False(scanner.Read(text.AsSpan(0, cut)) && cut < text.Length);
            ReadOnlySpan<byte> rest = cut == text.Length ? text : text.AsSpan(cut);
            if (cut < text.Length)
                Assert.True(scanner.Read(rest));
            Assert.True(scanner.Text(rest).Length >= JsonScanner.CaptureMax - 2);
            Assert.Equal(5002, scanner.TokenEnd);
        }
    }

    [Fact]
    public void Hidden_contents_are_judged_as_strictly_as_shown_ones()
    {
        string[] tokens =
        [
            "talse", "falze", "fals", "nulk", "nule", "trux", "true", "false", "null", "-", "-0", "01", "-01", "1.", "1.e1", "0.0",
            "0.0.0", "1e", "1e5", "1E+",
            "--1", "-.5", "1.5e", "00", "1234567890123456", "12345678901234567", "0.1234567890123456789", "-12345678901234567890.5",
            "1-2", "1+", "\"\"", "\"a\"b",
            "\"\\\"", "\"\\q\"", "\"\u0001\"", "\"12345678901234567890123456789012\"", "\"1234567890123456789012345678901\"",
            "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{,}",
            "[,]", "[1,]", "{1:2}", "[1}", "{\"a\":1]", "[\"a\":1]", "{\"a\",1}", "1 2", "1  ,", ",1", " 1 ", "\t1", "\v1",
            "{ \"a\" : 1 , \"b\" : [ ] }",
        ];
        foreach (string token in tokens)
        {
            string member = $"\"k\":{token}";
            string[] texts = [$"[{token}]", $"[{token},{token}]", $"{{{member}}}", $"{{{member},{member}}}", $"[[{token},1]"];
            foreach (string text in texts)
                ParseOracles.ScannerAgreesWithUtf8JsonReader(Encoding.UTF8.GetBytes(text), seed: 1);
        }

        byte[] hidden = Encoding.ASCII.GetBytes("[talse]" + new string(' ', 64));
        Assert.EndsWith("fault Syntax", JsonTrace.Of([hidden], depthMax: 0, offsets: true), StringComparison.Ordinal);
    }

    [Fact]
    public void Accepts_exactly_what_Utf8JsonReader_accepts_of_generated_and_mutated_texts()
    {
        int accepted = 0, refused = 0;
        for (int seed = 0; seed < 4000; seed++)
        {
            var random = new Random(seed);
            byte[] bytes = Encoding.UTF8.GetBytes(JsonCorpus.Generate(random));
            for (int n = 0; n < 6; n++)
            {
                ParseOracles.ScannerAgreesWithUtf8JsonReader(bytes, seed);
                if (JsonTrace.OfReference(bytes) is null)
                    refused++;
                else
                    accepted++;
                bytes = JsonCorpus.Mutate(bytes, random);
            }
        }

        Assert.True(accepted > 4000 && refused > 4000, $"{accepted} accepted, {refused} refused");
    }
}
