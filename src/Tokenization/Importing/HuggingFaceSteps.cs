using System.Text.Json;
using AiEdge.Tokenization.Splitting;
using AiEdge.Tokenization.Vocabularies;

namespace AiEdge.Tokenization.Importing;

/// <summary>Reads what a <c>tokenizer.json</c> does to text before its merges: the normalizer and the pre-tokenizer.</summary>
internal static class HuggingFaceSteps
{
    /// <summary>Whether text is normalized to NFC; no other normalizer is known.</summary>
    public static bool NormalizesToNfc(JsonElement root)
    {
        var asks = false;
        foreach (var (step, path) in Flatten(root, "normalizer", "normalizers"))
        {
            if (TypeOf(step, path) != "NFC")
                throw JsonFields.Unsupported(path, step, "NFC is the only normalizer that is known");
            JsonFields.KnowsOnly(step, path, ["type"]);
            asks = true;
        }

        return asks;
    }

    /// <summary>The split that the pre-tokenizer means: expressions that are known, then bytes in their alphabet.</summary>
    public static SplitRule Split(JsonElement root)
    {
        var steps = Flatten(root, "pre_tokenizer", "pretokenizers");
        if (steps.Count == 0)
            throw new VocabularyException("pre_tokenizer is missing: only byte-level vocabularies are supported");
        var expressions = new string[steps.Count - 1];
        for (var i = 0; i < expressions.Length; i++)
            expressions[i] = Expression(steps[i].Step, steps[i].Path, isAlone: expressions.Length == 1);
        var (last, lastPath) = steps[^1];
        if (TypeOf(last, lastPath) != "ByteLevel")
            throw JsonFields.Unsupported(lastPath, last, "the last step must be ByteLevel");
        CheckByteLevel(last, lastPath);
        if (SplitExpressions.TryFind(expressions, out var rule))
            return rule;
        var shown = expressions.Length == 0 ? "no expression at all" : string.Join(" then ", expressions);
        throw new VocabularyException($"pre_tokenizer splits by {shown}, which is none of the expressions that are known");
    }

    private static string Expression(JsonElement step, string path, bool isAlone)
    {
        if (TypeOf(step, path) != "Split")
            throw JsonFields.Unsupported(path, step, "steps before the last must be Split by a known expression");
        JsonFields.KnowsOnly(step, path, ["type", "pattern", "behavior", "invert"]);
        var patternPath = JsonFields.Join(path, "pattern");
        var pattern = JsonFields.Object(JsonFields.Required(step, path, "pattern"), patternPath);
        JsonFields.KnowsOnly(pattern, patternPath, ["Regex"]);
        var expression = JsonFields.Text(JsonFields.Required(pattern, patternPath, "Regex"), JsonFields.Join(patternPath, "Regex"));

        // Matches are pieces, and so is what lies between them. An expression that leaves nothing between may also be written
        // as "drop what does not match".
        var behavior = JsonFields.Text(JsonFields.Required(step, path, "behavior"), JsonFields.Join(path, "behavior"));
        var invert = JsonFields.Boolean(step, path, "invert", absent: false);
        if ((behavior == "Isolated" && !invert) || (isAlone && behavior == "Removed" && invert))
            return expression;
        throw JsonFields.Unsupported(path, step, "behavior must be Isolated without invert");
    }

    private static void CheckByteLevel(JsonElement step, string path)
    {
        JsonFields.KnowsOnly(step, path, ["type", "add_prefix_space", "trim_offsets", "use_regex"]);
        if (JsonFields.Boolean(step, path, "add_prefix_space", absent: true))
            throw new VocabularyException($"{path}.add_prefix_space true is not supported: text is counted as it is");
        if (JsonFields.Boolean(step, path, "use_regex", absent: true))
            throw new VocabularyException($"{path}.use_regex true is not supported: GPT-2's split is not known");
    }

    /// <summary>A step, or those of a sequence of steps, each with the way to it. Sequences within sequences are steps like others.</summary>
    private static List<(JsonElement Step, string Path)> Flatten(JsonElement root, string name, string listName)
    {
        var steps = new List<(JsonElement, string)>();
        if (!root.TryGetProperty(name, out var step) || step.ValueKind == JsonValueKind.Null)
            return steps;
        if (TypeOf(step, name) != "Sequence")
        {
            steps.Add((step, name));
            return steps;
        }

        JsonFields.KnowsOnly(step, name, ["type", listName]);
        var path = JsonFields.Join(name, listName);
        var list = JsonFields.Required(step, name, listName);
        if (list.ValueKind != JsonValueKind.Array)
            throw JsonFields.Unsupported(path, list, "a list is expected");
        foreach (var one in list.EnumerateArray())
            steps.Add((one, $"{path}[{steps.Count}]"));
        return steps;
    }

    private static string TypeOf(JsonElement step, string path) =>
        JsonFields.Text(JsonFields.Required(JsonFields.Object(step, path), path, "type"), JsonFields.Join(path, "type"));
}
