using System.Text;
using System.Text.Json;
using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Tree;

namespace AiEdge.Contracts.Source;

/// <summary>Reads a JSON document (RFC 8259, no comments, no trailing commas) with the place of every value.</summary>
internal ref struct JsonSource
{
    private readonly ReadOnlySpan<byte> _content;
    private readonly FaultList _faults;
    private readonly DuplicateNames _duplicates = new();
    private Utf8JsonReader _reader;
    private int _line;
    private int _lineStart;
    private int _counted;

    private JsonSource(ReadOnlySpan<byte> content, FaultList faults)
    {
        _content = content;
        _faults = faults;
        _reader = new Utf8JsonReader(content, new JsonReaderOptions { MaxDepth = ConfigSource.DepthMax + 1 });
        _line = 1;
    }

    /// <summary>The tree, or null with a fault added.</summary>
    public static ConfigNode? Parse(ReadOnlySpan<byte> content, FaultList faults)
    {
        var source = new JsonSource(content, faults);
        try
        {
            source._reader.Read();
            if (source.ReadNode(null) is not { } root)
                return null;

            // Reading on finds what stands behind the document.
            source._reader.Read();
            return root;
        }
        catch (JsonException e)
        {
            faults.Add("", (int)(e.LineNumber ?? 0) + 1, (int)(e.BytePositionInLine ?? 0) + 1, "is not well-formed JSON");
        }
        catch (InvalidOperationException)
        {
            // The reader finds half a surrogate pair only when a text is taken out.
            var (line, column) = source.Place();
            faults.Add("", line, column, "holds a text that is not valid Unicode");
        }

        finally
        {
            source._duplicates.Report(faults);
        }

        return null;
    }

    /// <summary>Reads the value whose first token is the current one, up to its last token.</summary>
    private ConfigNode? ReadNode((int Line, int Column)? name)
    {
        var own = Place();
        if (_reader.CurrentDepth >= ConfigSource.DepthMax && _reader.TokenType is (JsonTokenType.StartObject or JsonTokenType.StartArray))
        {
            _faults.Add("", own.Line, own.Column, $"is nested deeper than {ConfigSource.DepthMax} levels");
            return null;
        }

        var (line, column) = name ?? own;
        switch (_reader.TokenType)
        {
            case JsonTokenType.StartObject:
                return ReadMap(new ConfigMap(line, column));
            case JsonTokenType.StartArray:
                return ReadSequence(new ConfigSequence(line, column));
            case JsonTokenType.String:
                return new ConfigScalar(ScalarKind.Text, _reader.GetString()!, own.Line, own.Column);
            default:
                var text = Encoding.UTF8.GetString(_reader.ValueSpan);
                var kind = _reader.TokenType switch
                {
                    JsonTokenType.Null => ScalarKind.Null,
                    JsonTokenType.Number => text.AsSpan().ContainsAny('.', 'e', 'E') ? ScalarKind.Fraction : ScalarKind.Whole,
                    _ => ScalarKind.Boolean,
                };
                return new ConfigScalar(kind, text, own.Line, own.Column);
        }
    }

    private ConfigSequence? ReadSequence(ConfigSequence sequence)
    {
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
        {
            if (ReadNode(null) is not { } item)
                return null;
            sequence.Add(item);
        }

        return sequence;
    }

    private ConfigMap? ReadMap(ConfigMap map)
    {
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndObject)
        {
            var place = Place();
            var name = _reader.GetString()!;
            _reader.Read();
            if (ReadNode(place) is not { } value)
                return null;
            if (!map.TryAdd(name, value, place.Line, place.Column))
                _duplicates.Add(map, name, place.Line, place.Column);
        }

        return map;
    }

    /// <summary>Place of the current token. Counts on from the last call, so that a document is gone through once.</summary>
    private (int Line, int Column) Place()
    {
        var token = (int)_reader.TokenStartIndex;
        for (; _counted < token; _counted++)
        {
            var b = _content[_counted];
            if (b != '\n' && (b != '\r' || _content[_counted + 1] == '\n'))
                continue;
            _line++;
            _lineStart = _counted + 1;
        }

        return (_line, Encoding.UTF8.GetCharCount(_content[_lineStart..token]) + 1);
    }
}
