using System.Text;
using AiEdge.DataPlane.Core;
using AiEdge.Http;

namespace AiEdge.DataPlane.Identify;

/// <summary>
/// What a client may say of one request within what its key may: tags to attribute it by (<c>x-aiedge-tags: feature=chat, env=dev</c>)
/// and a lower priority (<c>x-aiedge-priority</c>). Neither decides which limits bind it.
/// </summary>
internal static class ClientWishes
{
    /// <summary>Longest value of a tag, in bytes.</summary>
    public const int ValueBytesMax = 64;

    private static readonly System.Buffers.SearchValues<byte> ValueBytes =
        System.Buffers.SearchValues.Create("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._:/@+-"u8);

    private static readonly KnownTexts Values = new(10_000);

    /// <summary>Reads them into the exchange, whose key is known.</summary>
    public static EdgeError Read(Exchange exchange, RequestHead head)
    {
        var key = exchange.Key!;
        exchange.Priority = key.Priority;
        for (var i = 0; i < head.HeaderCount; i++)
        {
            if (head.Id(i) != HeaderId.Other)
                continue;
            var name = head.Name(i);
            var error = default(EdgeError);
            if (name.Length == 13 && Ascii.EqualsIgnoreCase(name, "x-aiedge-tags"u8))
                error = ReadTags(exchange, key, head.Value(i));
            else if (name.Length == 17 && Ascii.EqualsIgnoreCase(name, "x-aiedge-priority"u8))
                error = ReadPriority(exchange, head.Value(i));
            if (error.IsError)
                return error;
        }

        return default;
    }

    private static EdgeError ReadTags(Exchange exchange, KeyModel key, ReadOnlySpan<byte> tags)
    {
        foreach (var range in tags.Split((byte)','))
        {
            var tag = tags[range].Trim(" \t"u8);
            if (tag.IsEmpty)
                continue;
            var equals = tag.IndexOf((byte)'=');
            var value = tag[(equals + 1)..];
            if (equals <= 0 || value.Length is 0 or > ValueBytesMax || value.ContainsAnyExcept(ValueBytes))
                return EdgeError.Invalid("The x-aiedge-tags header must be of the form 'name=value, name=value', with plain values of at most 64 characters.");
            if (Allowed(key, tag[..equals]) is not { } name)
                return EdgeError.Client(ErrorKind.TagNotAllowed);
            if (!exchange.TrySetTag(name, Values.Of(value)))
                return EdgeError.Invalid("The x-aiedge-tags header sets too many tags.");
        }

        return default;
    }

    private static EdgeError ReadPriority(Exchange exchange, ReadOnlySpan<byte> value)
    {
        PriorityClass asked;
        if (value.SequenceEqual("high"u8))
            asked = PriorityClass.High;
        else if (value.SequenceEqual("normal"u8))
            asked = PriorityClass.Normal;
        else if (value.SequenceEqual("low"u8))
            asked = PriorityClass.Low;
        else
            return EdgeError.Invalid("The x-aiedge-priority header must be 'high', 'normal' or 'low'.");
        exchange.Priority = asked > exchange.Priority ? asked : exchange.Priority;
        return default;
    }

    private static string? Allowed(KeyModel key, ReadOnlySpan<byte> name)
    {
        foreach (var allowed in key.ClientTags)
        {
            if (Ascii.Equals(name, allowed))
                return allowed;
        }

        return null;
    }
}
