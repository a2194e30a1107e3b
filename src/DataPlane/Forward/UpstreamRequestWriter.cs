using System.Buffers;
using AiEdge.DataPlane.Core;
using AiEdge.Http;

namespace AiEdge.DataPlane.Forward;

/// <summary>Writes the head of the request that goes to the provider.</summary>
internal static class UpstreamRequestWriter
{
    /// <summary>Of all dialects: whose a native path is nobody says.</summary>
    private static readonly byte[][] Credentials = CredentialsOfAll();

    public static void WriteHead(IBufferWriter<byte> output, RequestHead head, Exchange exchange, long contentLength)
    {
        var provider = exchange.Target!.Provider;
        var writer = new ByteWriter(output);
        var endpoint = exchange.SpokenEndpoint;
        var isNative = endpoint.Kind == EndpointKind.Passthrough;
        writer.Write(isNative ? head.Method : "POST"u8);
        writer.WriteByte((byte)' ');
        if (isNative)
            WriteNativePath(ref writer, provider, head.Path[endpoint.PathUtf8.Length..]);
        else
            WritePath(ref writer, exchange, endpoint);
        if (exchange.UpstreamEndpoint is not null)
        {
            WriteTranslated(ref writer, head, exchange, endpoint, contentLength);
            return;
        }

        var traits = DialectTraits.Of(endpoint.Dialect);
        var (own, too) = exchange.IsArray ? (traits.EventsQuery, traits.EventsQueryToo) : (provider.Query, isNative ? [] : provider.Hosted?.NoQuery ?? []);
        WriteQuery(ref writer, head.Query, isNative ? Credentials : traits.CredentialQueries, own, too);
        writer.Write(" HTTP/1.1\r\nHost: "u8);
        writer.Write(provider.HostHeader);
        writer.WriteCrlf();
        writer.Write(exchange.Account?.FixedHeaders ?? provider.FixedHeaders);
        for (var i = 0; i < head.HeaderCount; i++)
        {
            if (HeaderRules.GoesUpstream(head, i, provider))
                writer.WriteHeader(head.Name(i), head.Value(i));
        }

        writer.Write("Accept-Encoding: identity\r\n"u8);
        if (contentLength > 0 || head.MethodId is not (MethodId.Get or MethodId.Delete))
        {
            writer.Write("Content-Length: "u8);
            writer.WriteDecimal(contentLength);
            writer.WriteCrlf();
        }

        writer.WriteCrlf();
        writer.Commit();
    }

    /// <summary>A path that goes on as it came, without what the base stands for.</summary>
    private static void WriteNativePath(ref ByteWriter writer, ProviderModel provider, ReadOnlySpan<byte> path)
    {
        writer.Write(provider.BasePath);
        writer.Write(path[DialectTraits.Of(provider.Dialect).BaseEndsIn.Length..]);
    }

    /// <summary>The path of the dialect, in the way of who hosts the provider.</summary>
    private static void WritePath(ref ByteWriter writer, Exchange exchange, Endpoint endpoint)
    {
        var provider = exchange.Target!.Provider;
        writer.Write(provider.BasePath);
        if (provider.Hosted is { } hosted && (endpoint.IsOfDeployment || !hosted.IsOfDeployments))
        {
            writer.Write(hosted.Before);
            WriteModel(ref writer, exchange);
            writer.Write(
                hosted.IsOfDeployments ? endpoint.UpstreamPath
                : hosted.Whole.Length == 0 ? endpoint.BehindModel
                : exchange.Stream ? hosted.Streamed : hosted.Whole);
            return;
        }

        writer.Write(endpoint.UpstreamPath);
        if (endpoint.BehindModel.Length == 0)
            return;
        WriteModel(ref writer, exchange);
        writer.Write(endpoint.BehindModel);
    }

    /// <summary>The rest of a head whose request was translated: the client's query and what belongs to its dialect stay here.</summary>
    private static void WriteTranslated(ref ByteWriter writer, RequestHead head, Exchange exchange, Endpoint endpoint, long contentLength)
    {
        var provider = exchange.Target!.Provider;
        if (provider.Query.Length > 0)
            WriteParameter(ref writer, '?', provider.Query);
        writer.Write(" HTTP/1.1\r\nHost: "u8);
        writer.Write(provider.HostHeader);
        writer.WriteCrlf();
        WriteFixed(ref writer, exchange.Account?.FixedHeaders ?? provider.FixedHeaders, endpoint);
        for (var i = 0; i < head.HeaderCount; i++)
        {
            if (HeaderRules.GoesUpstream(head, i, provider) && !HeaderRules.IsOfDialect(head, i) && !endpoint.Gives(head.Name(i)))
                writer.WriteHeader(head.Name(i), head.Value(i));
        }

        if (endpoint.HeaderName is { } name && Array.IndexOf(provider.FixedHeaderNames, name) < 0)
            writer.Write(endpoint.HeaderLine);
        writer.Write("Content-Type: application/json\r\nAccept-Encoding: identity\r\nContent-Length: "u8);
        writer.WriteDecimal(contentLength);
        writer.Write("\r\n\r\n"u8);
        writer.Commit();
    }

    /// <summary>
    /// The provider's own headers, and what a request has to have in one of them that is a list: two lines of a name are one list to some and the first or the
    /// last alone to others.
    /// </summary>
    private static void WriteFixed(ref ByteWriter writer, ReadOnlySpan<byte> lines, Endpoint endpoint)
    {
        if (endpoint.ListName is not { } name)
        {
            writer.Write(lines);
            return;
        }

        var isThere = false;
        while (!lines.IsEmpty)
        {
            var line = lines[..lines.IndexOf("\r\n"u8)];
            lines = lines[(line.Length + 2)..];
            writer.Write(line);
            var colon = line.IndexOf((byte)':');
            if (Endpoint.IsOf(line[..colon], name))
            {
                isThere = true;
                AddTo(ref writer, line[(colon + 1)..].Trim((byte)' '), endpoint.ListElement);
            }

            writer.WriteCrlf();
        }

        if (!isThere)
            writer.Write(endpoint.ListLine);
    }

    /// <summary>Behind a list that was written, an element that is not in it.</summary>
    private static void AddTo(ref ByteWriter writer, ReadOnlySpan<byte> list, ReadOnlySpan<byte> element)
    {
        foreach (var range in list.Split((byte)','))
        {
            if (list[range].Trim((byte)' ').SequenceEqual(element))
                return;
        }

        if (!list.IsEmpty)
            writer.WriteByte((byte)',');
        writer.Write(element);
    }

    /// <summary>The model in a path that names it.</summary>
    private static void WriteModel(ref ByteWriter writer, Exchange exchange)
    {
        var model = exchange.Target!.UpstreamModel is { } named ? named : exchange.PassedModel;
        foreach (var octet in model)
        {
            if (char.IsAsciiLetterOrDigit((char)octet) || "-._~!$&'()*+,;=@"u8.Contains(octet))
            {
                writer.WriteByte(octet);
                continue;
            }

            writer.WriteByte((byte)'%');
            writer.WriteByte("0123456789ABCDEF"u8[octet >> 4]);
            writer.WriteByte("0123456789ABCDEF"u8[octet & 15]);
        }
    }

    /// <summary>
    /// The client's query behind what is asked for in its stead: a version of the API, or events that an array is made of. What names a
    /// client to Google, in whatever spelling, what is put there for it and what a host does not take stay here.
    /// </summary>
    private static void WriteQuery(ref ByteWriter writer, ReadOnlySpan<byte> query, byte[][] secret, ReadOnlySpan<byte> own, ReadOnlySpan<byte> too)
    {
        var mark = '?';
        if (!own.IsEmpty)
        {
            WriteParameter(ref writer, mark, own);
            mark = '&';
        }

        if (query.IsEmpty)
            return;
        if (own.IsEmpty && too.IsEmpty && secret.Length == 0)
        {
            WriteParameter(ref writer, mark, query);
            return;
        }

        foreach (var range in query.Split((byte)'&'))
        {
            var parameter = query[range];
            if (parameter.IsEmpty || QueryKey.IsOneOf(parameter, secret) || IsOwn(parameter, own, too))
                continue;
            WriteParameter(ref writer, mark, parameter);
            mark = '&';
        }
    }

    private static byte[][] CredentialsOfAll()
    {
        var all = new List<byte[]>();
        foreach (var dialect in DialectTraits.All)
            all.AddRange(dialect.CredentialQueries);
        return [.. all];
    }

    /// <summary>Some know a parameter by two names.</summary>
    private static bool IsOwn(ReadOnlySpan<byte> parameter, ReadOnlySpan<byte> own, ReadOnlySpan<byte> too) =>
        (!own.IsEmpty && QueryKey.AreOfOneName(parameter, own)) || (!too.IsEmpty && QueryKey.AreOfOneName(parameter, too));

    private static void WriteParameter(ref ByteWriter writer, char mark, ReadOnlySpan<byte> text)
    {
        writer.WriteByte((byte)mark);
        writer.Write(text);
    }
}
