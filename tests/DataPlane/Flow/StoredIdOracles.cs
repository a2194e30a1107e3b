using System.Text;
using System.Text.Json;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Flow;

namespace AiEdge.DataPlane.Tests.Flow;

/// <summary>What must hold of the ids in any answer, however it is cut.</summary>
internal static class StoredIdOracles
{
    public const string Mark = "resp_aiedge_";
    public const string Before = "resp_before";
    public const string BeforeTold = "resp_aiedge_before";

    private static readonly IdSeal Seal = new("east", "first", "sk-one"u8);

    public static void IdsAreSealedAlike(byte[] input, int seed)
    {
        var whole = Written(input, [input.Length]);
        var random = new Random(seed);
        int[] cuts = random.Next(3) == 0 ? [.. Enumerable.Range(1, input.Length)] : [random.Next(input.Length + 1), input.Length];
        if (!whole.AsSpan().SequenceEqual(Written(input, cuts.Order())))
            throw new InvalidOperationException("What is written depends on how the answer is cut.");
        if (IdOf(input) is { } id && IdOf(whole) is var told && told?.StartsWith(Mark, StringComparison.Ordinal) != true)
            throw new InvalidOperationException($"The id {id} is told as {told}.");
    }

    /// <summary>What a client is told of an answer whose bytes come up to each of these places.</summary>
    public static byte[] Written(byte[] answer, IEnumerable<int> cuts)
    {
        var (output, ids) = (new List<byte>(), Ids());
        var writer = new StoredIdWriter((first, second) =>
        {
            if (first.IsEmpty && second.IsEmpty)
                throw new InvalidOperationException("Nothing is written.");
            output.AddRange(first);
            output.AddRange(second);
        });
        writer.Begin(ids, Seal, 7);
        var from = 0;
        foreach (var cut in cuts)
        {
            writer.WriteWhole(answer.AsSpan(from, cut - from));
            from = cut;
        }

        writer.EndWhole();
        return [.. output];
    }

    /// <summary>The ids of an exchange of a team that goes on from <see cref="Before"/>.</summary>
    public static StoredIds Ids()
    {
        var ids = new StoredIds();
        ids.Begin(new KeyModel { Name = "k", Team = "blue", Sha256 = [], ExpiresUnixMs = long.MaxValue });
        ids.Keep(Encoding.ASCII.GetBytes(Mark));
        ids.GoOnFrom(Encoding.ASCII.GetBytes(Before), Encoding.ASCII.GetBytes(BeforeTold));
        return ids;
    }

    /// <summary>The id at the top, where there is one alone and it could be a provider's; else null.</summary>
    private static string? IdOf(byte[] answer)
    {
        try
        {
            using var document = JsonDocument.Parse(answer);
            if (document.RootElement.ValueKind != JsonValueKind.Object || document.RootElement.EnumerateObject().Count(member => member.Name == "id") != 1)
                return null;
            var id = document.RootElement.GetProperty("id");
            var isPlain = id.ValueKind == JsonValueKind.String && id.GetRawText().Length is > 2 and < 256 && Encoding.UTF8.GetString(answer).Contains("\"id\"", StringComparison.Ordinal)
                && id.GetString()!.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-') && !id.GetRawText().Contains('\\', StringComparison.Ordinal);
            return isPlain && (id.GetString()!.Length <= IdSeal.IdBytesMax || id.GetString()!.StartsWith(Mark, StringComparison.Ordinal)) ? id.GetString() : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
