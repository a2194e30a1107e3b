using System.Text;

namespace AiEdge.DataPlane.Tests.Parse;

/// <summary>JSON texts to test with: chosen ones, and generated and mutated ones that a seed repeats.</summary>
internal static class JsonCorpus
{
    private static readonly string[] Strings =
    [
        "", "a", "model", "usage", "hello world, this is a sentence of more than thirty-two bytes", "\\n", "\\\"", "\\\\",
        "\\u0000", "\\ud800",
        "\\ud83d\\ude00", "é", "日本語のテキスト", "😀", "tab\\tand\\u0041", "mod\\u0065l", "\u007f", "{\\\"usage\\\":{}}", "]}", "\\/",
        "0123456789012345678901234567890", "01234567890123456789012345678901", "0123456789012345678901234567890é",
    ];

    private static readonly string[] Numbers =
    [
        "0", "-0", "1", "12", "-1", "1.5", "0.0", "1e5", "1E+5", "1e-5", "123456789012345678901234567890", "-0.25e10",
        "9223372036854775807",
    ];

    /// <summary>Texts that are one JSON value.</summary>
    public static IEnumerable<string> Valid()
    {
        yield return "{}";
        yield return "[]";
        yield return " \t\r\n{ } \n";
        yield return "null";
        yield return "true";
        yield return "false";
        yield return "\"\"";
        foreach (string s in Strings)
            yield return $"{{\"k\":\"{s}\",\"{s}\":[\"{s}\"]}}";
        foreach (string n in Numbers)
        {
            yield return n;
            yield return n + " ";
            yield return $"[{n},{n}]";
            yield return $"{{\"n\": {n} }}";
        }

        yield return "[[[[]]],{\"a\":{\"b\":[{}]}},null , true,false]";
        yield return "{\"a\":1,\"a\":2}";
        yield return new string('[', 128) + new string(']', 128);
        yield return string.Concat(Enumerable.Repeat("{\"a\":", 128)) + "1" + new string('}', 128);
    }

    /// <summary>Texts that are not.</summary>
    public static IEnumerable<byte[]> Invalid()
    {
        string[] texts =
        [
            "", " ", "{", "}", "[", "]", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{,}",
            "{\"a\" 1}", "{a:1}", "{'a':1}", "{1:1}",
            "[1}", "{\"a\":1]", "{}{}", "{} x", "1 2", "nul", "nulll", "True", "tru e", "01", "-", "-a", "1.", "1.e5", ".5", "1e",
            "1e+", "+1", "0x1", "1.5.5", "--1", "00", "NaN",
            "\"", "\"abc", "\"\\\"", "\"\\x\"", "\"\\u12\"", "\"\\u12G4\"", "\"\\u", "\"a\nb\"", "\"a\0b\"", "\0", "{\"a\":\0}",
            "\"\u001f\"", "// x\n1", "/* x */1", "[1]//", ":", ",",
            "\uFEFF{}", "{\"a\":\u00a01}", "é", "{\"a\":1,,\"b\":2}", "[\"a\":1]", "\"a\"\"b\"", "{\"a\":\"b\"\"c\":1}", "[nul,1]",
            "[1,2,3", "\v1",
            new string('[', 129) + new string(']', 129), new string('[', 200) + new string(']', 200),
            string.Concat(Enumerable.Repeat("{\"a\":", 200)) + "1" + new string('}', 200),
        ];
        foreach (string text in texts)
            yield return Encoding.UTF8.GetBytes(text);
        foreach (byte[] bad in BadUtf8())
        {
            yield return [(byte)'"', .. bad, (byte)'"'];
            yield return [.. "{\"k\":\"some text before the bytes that are not UTF-8 "u8, .. bad, .. " and behind\"}"u8];
            yield return [.. "{\""u8, .. bad, .. "\":1}"u8];
        }
    }

    /// <summary>Byte runs that are not UTF-8.</summary>
    public static byte[][] BadUtf8() =>
    [
        [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC3], [0xC3, 0x28], [0xE0, 0x80, 0x80], [0xE2, 0x82], [0xE2, 0x28, 0xA1],
        [0xE2, 0x82, 0x28], [0xED, 0xA0, 0x80],
        [0xF0, 0x80, 0x80, 0x80], [0xF0, 0x9F, 0x98], [0xF0, 0x9F, 0x28, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80],
        [0xFE], [0xFF], [0xC3, 0xA9, 0xA9], [0xE2, 0x82, 0xAC, 0x80],
    ];

    /// <summary>A random value.</summary>
    public static string Generate(Random random, int depth = 0)
    {
        string space = random.Next(6) == 0 ? " \n" : "";
        int kind = random.Next(depth > 5 ? 4 : 8);
        return space + (kind switch
        {
            0 => Numbers[random.Next(Numbers.Length)],
            1 => random.Next(3) switch { 0 => "true", 1 => "false", _ => "null" },
            2 or 3 => Quote(random),
            4 or 5 => "[" + string.Join(",", Enumerable.Range(0, random.Next(5)).Select(_ => Generate(random, depth + 1))) + space + "]",
            _ => "{" + string.Join(",", Enumerable.Range(0, random.Next(5)).Select(_ => Member(random, space, depth))) + "}",
        }) + space;
    }

    /// <summary>A random chat request, all fields in order.</summary>
    public static byte[] Request(Random random)
    {
        string Space() => random.Next(5) == 0 ? " \n\t" : "";
        string Pick(params string[] of) => of[random.Next(of.Length)];
        var members = new List<string>
        {
            Pick("\"model\"", "\"mod\\u0065l\"") + Space() + ":" + Space() + Pick("\"gpt-4o\"", "\"gpt\\u002d4o\"", "\"m\u00e9\""),
            "\"messages\":" + Space() + Pick("[]", "[{\"role\":\"user\",\"content\":" + Generate(random, 3) + "}]"),
        };
        if (random.Next(4) != 0)
            members.Add("\"stream\":" + Space() + Pick("true", "true", "true", "false", "null"));
        if (random.Next(3) != 0)
        {
            string more = Pick("", "\"x\":" + Generate(random, 4), "\"y\":{\"include_usage\":false}");
            string usage = Pick("", "\"include_usage\"" + Space() + ":" + Pick("true", "false", "null"));
            string inside = more + (more.Length > 0 && usage.Length > 0 ? "," : "") + usage;
            members.Add(
                "\"stream_options\":" + Pick("null", "{" + Space() + "}", "{" + Space() + inside + Space() + "}", "{" + inside + "}"));
        }

        if (random.Next(3) == 0)
            members.Add("\"max_tokens\":" + Pick("0", "17", "null"));
        if (random.Next(3) == 0)
            members.Add("\"extra\":" + Generate(random, 2));
        string[] order = [.. members];
        random.Shuffle(order);
        return Encoding.UTF8.GetBytes(Space() + "{" + Space() + string.Join(Space() + "," + Space(), order) + Space() + "}" + Space());
    }

    /// <summary>Changes a few bytes; the outcome may be valid or not.</summary>
    public static byte[] Mutate(byte[] input, Random random)
    {
        var bytes = new List<byte>(input);
        ReadOnlySpan<byte> liked = "\"\\{}[]:,0-.eEu tfn\n\0\x1f\x80\xC3\xE2\xF0\xFF"u8;
        for (int n = random.Next(1, 4); n > 0; n--)
        {
            int at = random.Next(bytes.Count + 1);
            byte b = random.Next(2) == 0 ? liked[random.Next(liked.Length)] : (byte)random.Next(256);
            switch (random.Next(4))
            {
                case 0:
                    bytes.Insert(at, b);
                    break;
                case 1 when at < bytes.Count:
                    bytes[at] = b;
                    break;
                case 2 when at < bytes.Count:
                    bytes.RemoveRange(at, Math.Min(random.Next(1, 4), bytes.Count - at));
                    break;
                default:
                    bytes.RemoveRange(at, random.Next(8) == 0 ? bytes.Count - at : 0);
                    break;
            }
        }

        return [.. bytes];
    }

    private static string Member(Random random, string space, int depth) =>
        space + Quote(random) + space + ":" + Generate(random, depth + 1);

    private static string Quote(Random random)
    {
        string text = Strings[random.Next(Strings.Length)];
        return '"' + (random.Next(4) == 0 ? text + new string('x', random.Next(70)) + Strings[random.Next(Strings.Length)] : text) + '"';
    }
}
