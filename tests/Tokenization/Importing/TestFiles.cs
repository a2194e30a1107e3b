using System.Text.Json;
using System.Text.Json.Nodes;

namespace AiEdge.Tokenization.Tests.Importing;

/// <summary>The small vocabularies beside this file, which oracle/oracle.mjs makes, and what published libraries say to their texts.</summary>
internal static class TestFiles
{
    /// <summary>Small vocabularies, by the published one whose shape each has.</summary>
    public static IReadOnlyList<string> Names { get; } = ["llama3", "qwen2_5", "deepseek_v3", "mistral_nemo", "gpt4o"];

    /// <summary>The folder of the small vocabularies.</summary>
    public static string Folder { get; } = Path.Combine(Root(), "tests/Tokenization/Importing/Files");

    /// <summary>A vocabulary's file.</summary>
    public static byte[] Content(string name) => File.ReadAllBytes(Path.Combine(Folder, name + ".json"));

    /// <summary>A vocabulary's file, to be changed.</summary>
    public static JsonObject Json(string name) => JsonNode.Parse(Content(name))!.AsObject();

    /// <summary>Texts and the tokens that are expected of them.</summary>
    public static List<(string Text, int[] Tokens)> Expected(string folder, string name)
    {
        var all = new List<(string, int[])>();
        foreach (var line in File.ReadLines(Path.Combine(folder, name + ".expected.jsonl")))
        {
            using var one = JsonDocument.Parse(line);
            var root = one.RootElement;
            all.Add((root.GetProperty("text").GetString()!, [.. root.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32())]));
        }

        return all;
    }

    /// <summary>The bytes that a spelling in GPT-2's alphabet stands for, worked out without the alphabet that is under test.</summary>
    public static byte[] Spelled(string spelling)
    {
        var bytes = new byte[spelling.Length];
        for (var i = 0; i < spelling.Length; i++)
        {
            int letter = spelling[i];
            bytes[i] = (byte)(letter switch
            {
                < 0x100 => letter,
                <= 0x120 => letter - 0x100,
                <= 0x142 => letter - 0x121 + 0x7F,
                _ => 0xAD,
            });
        }

        return bytes;
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "global.json")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("the working copy was not found");
    }
}
