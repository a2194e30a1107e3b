using AiEdge.Contracts.Tree;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace AiEdge.Contracts.Source;

/// <summary>Writes a tree as YAML that reads as the same tree. What could be taken for anything but a text stands in quotes.</summary>
public static class TreeYaml
{
    /// <summary>Deeper than this, maps and lists are written on one line.</summary>
    private const int BlockDepthMax = 3;

    /// <summary>The document of a node.</summary>
    public static string Write(ConfigNode node)
    {
        ArgumentNullException.ThrowIfNull(node);
        using var text = new StringWriter { NewLine = "\n" };
        var emitter = new Emitter(text, new EmitterSettings().WithBestWidth(int.MaxValue).WithMaxSimpleKeyLength(1024));
        emitter.Emit(new StreamStart());
        emitter.Emit(new DocumentStart(null, null, isImplicit: true));
        Write(node, emitter, 0);
        emitter.Emit(new DocumentEnd(isImplicit: true));
        emitter.Emit(new StreamEnd());
        return text.ToString();
    }

    private static void Write(ConfigNode node, Emitter emitter, int depth)
    {
        switch (node)
        {
            case ConfigMap map:
                emitter.Emit(new MappingStart(
                    AnchorName.Empty, TagName.Empty, true, depth < BlockDepthMax && map.Entries.Count > 0 ? MappingStyle.Block : MappingStyle.Flow));
                foreach (var entry in map.Entries)
                {
                    emitter.Emit(Text(entry.Name));
                    Write(entry.Value, emitter, depth + 1);
                }

                emitter.Emit(new MappingEnd());
                break;
            case ConfigSequence list:
                emitter.Emit(new SequenceStart(
                    AnchorName.Empty, TagName.Empty, true, depth < BlockDepthMax - 1 && list.Items.Count > 0 ? SequenceStyle.Block : SequenceStyle.Flow));
                foreach (var item in list.Items)
                    Write(item, emitter, depth + 1);
                emitter.Emit(new SequenceEnd());
                break;
            case ConfigScalar { Kind: ScalarKind.Text } scalar:
                emitter.Emit(Text(scalar.Text));
                break;
            case ConfigScalar scalar:
                emitter.Emit(new Scalar(AnchorName.Empty, TagName.Empty, scalar.Text.Length == 0 ? "null" : scalar.Text, ScalarStyle.Plain, true, false));
                break;
        }
    }

    private static Scalar Text(string text) =>
        new(AnchorName.Empty, TagName.Empty, text, IsPlain(text) ? ScalarStyle.Plain : ScalarStyle.DoubleQuoted, true, true);

    private static bool IsPlain(string text)
    {
        if (text.Length == 0 || !char.IsAsciiLetterOrDigit(text[0]) || YamlScalar.KindOf(text) != ScalarKind.Text)
            return false;
        foreach (var c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not '-' and not '.' and not '_' and not '/')
                return false;
        }

        return true;
    }
}
