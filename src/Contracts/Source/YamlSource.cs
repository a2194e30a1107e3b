using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Tree;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace AiEdge.Contracts.Source;

/// <summary>
/// Reads a document of YAML 1.2 (core schema) from the parser's events. What makes YAML a language of its own is refused
/// with its line: anchors and aliases, merge keys, tags, several documents, maps and lists as names.
/// </summary>
internal sealed class YamlSource
{
    private readonly Scanner _scanner;
    private readonly Parser _parser;
    private readonly FaultList _faults;
    private readonly DuplicateNames _duplicates = new();

    private YamlSource(string text, FaultList faults)
    {
        _scanner = new Scanner(new StringReader(text), skipComments: true);
        _parser = new Parser(_scanner);
        _faults = faults;
    }

    /// <summary>The tree, or null with a fault added.</summary>
    public static ConfigNode? Parse(string text, FaultList faults)
    {
        var source = new YamlSource(text, faults);
        try
        {
            return source.ReadStream();
        }
        catch (YamlException e)
        {
            // What is cut short began at the start; everything else goes wrong at the end.
            var at = e.Message.Contains("end of stream", StringComparison.Ordinal) ? e.Start : e.End;
            faults.Add("", (int)at.Line, (int)at.Column, "is not well-formed YAML: " + Reason(e.Message));
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // The parser's own checks have gaps: a list that is not closed before the next name is one.
            var at = source._scanner.CurrentPosition;
            faults.Add("", (int)at.Line, (int)at.Column, "is not well-formed YAML at or before this line; is a bracket or quote left open?");
        }
        finally
        {
            source._duplicates.Report(faults);
        }

        return null;
    }

    private ConfigNode? ReadStream()
    {
        _parser.MoveNext();
        if (!_parser.MoveNext() || _parser.Current is not DocumentStart)
            return Refuse(_parser.Current, "holds no document");
        _parser.MoveNext();
        var root = ReadNode(0, null);
        if (root is null)
            return null;
        _parser.MoveNext();
        if (_parser.MoveNext() && _parser.Current is DocumentStart second)
            return Refuse(second, "holds a second document; one is all that is read");
        return root;
    }

    /// <summary>Reads the node whose first event is the current one, up to its last event.</summary>
    private ConfigNode? ReadNode(int depth, Scalar? name)
    {
        var first = _parser.Current;
        if (first is AnchorAlias)
            return Refuse(first, "aliases are not supported");
        if (first is NodeEvent { Anchor.IsEmpty: false })
            return Refuse(first, "anchors are not supported");
        if (first is NodeEvent { Tag.IsEmpty: false })
            return Refuse(first, "tags are not supported");
        if (depth >= ConfigSource.DepthMax && first is not Scalar)
            return Refuse(first, $"is nested deeper than {ConfigSource.DepthMax} levels");
        var at = (name ?? first)!.Start;
        return first switch
        {
            Scalar scalar => new ConfigScalar(YamlScalar.KindOf(scalar), scalar.Value, (int)scalar.Start.Line, (int)scalar.Start.Column),
            MappingStart => ReadMap(new ConfigMap((int)at.Line, (int)at.Column), depth + 1),
            SequenceStart => ReadSequence(new ConfigSequence((int)at.Line, (int)at.Column), depth + 1),
            _ => Refuse(first, "is not well-formed YAML"),
        };
    }

    private ConfigMap? ReadMap(ConfigMap map, int depth)
    {
        while (_parser.MoveNext() && _parser.Current is not MappingEnd)
        {
            if (_parser.Current is AnchorAlias or NodeEvent { Anchor.IsEmpty: false })
                return RefuseMap(_parser.Current, "anchors and aliases are not supported");
            if (_parser.Current is not Scalar name)
                return RefuseMap(_parser.Current, "a name must be a text, not a map or list");
            if (!name.Tag.IsEmpty)
                return RefuseMap(name, "tags are not supported");
            if (name is { Style: ScalarStyle.Plain, Value: "<<" })
                return RefuseMap(name, "merge keys are not supported");
            if (!_parser.MoveNext() || ReadNode(depth, name) is not { } value)
                return null;
            if (!map.TryAdd(name.Value, value, (int)name.Start.Line, (int)name.Start.Column))
                _duplicates.Add(map, name.Value, (int)name.Start.Line, (int)name.Start.Column);
        }

        return map;
    }

    private ConfigSequence? ReadSequence(ConfigSequence sequence, int depth)
    {
        while (_parser.MoveNext() && _parser.Current is not SequenceEnd)
        {
            if (ReadNode(depth, null) is not { } item)
                return null;
            sequence.Add(item);
        }

        return sequence;
    }

    private ConfigNode? Refuse(ParsingEvent? at, string message)
    {
        _faults.Add("", (int)(at?.Start.Line ?? 1), (int)(at?.Start.Column ?? 1), message);
        return null;
    }

    private ConfigMap? RefuseMap(ParsingEvent? at, string message)
    {
        Refuse(at, message);
        return null;
    }

    /// <summary>The parser's words, in one line that goes on from ours. They name characters and constructs, never values.</summary>
    private static string Reason(string message)
    {
        var end = message.AsSpan().IndexOfAny('\r', '\n');
        var line = (end < 0 ? message : message[..end]).TrimEnd('.');
        return line.Length == 0 ? "cannot be read" : char.ToLowerInvariant(line[0]) + line[1..];
    }
}
