using System.Text.Json;
using AiEdge.Contracts.Wire;

namespace AiEdge.ControlPlane.Quota;

/// <summary>What <c>limits/{name}/state</c> answers: each bucket of the limit, amounts as texts, since money goes beyond 2^53.</summary>
internal static class QuotaText
{
    /// <summary>Writes the answer.</summary>
    /// <param name="to">Where it goes.</param>
    /// <param name="limit">The limit's name.</param>
    /// <param name="views">Its buckets.</param>
    public static void Write(Utf8JsonWriter to, string limit, IReadOnlyList<BucketView> views)
    {
        to.WriteStartObject();
        to.WriteString("limit", limit);
        to.WriteStartArray("buckets");
        foreach (var view in views)
        {
            to.WriteStartObject();
            to.WriteString("unit", Unit(view.Id.Unit));
            to.WriteString("scope", view.Id.Scope.Length == 0 ? "global" : view.Id.Scope);
            to.WriteString("value", view.Id.Value);
            Amount(to, "limit", view.Limit);
            Amount(to, "used", view.Used);
            Amount(to, "granted", view.Granted);
            Amount(to, "held", view.Held);
            Amount(to, "remaining", view.Remaining);
            to.WriteNumber("planes", view.Planes);
            to.WriteEndObject();
        }

        to.WriteEndArray();
        to.WriteEndObject();
    }

    private static void Amount(Utf8JsonWriter to, string name, long amount) =>
        to.WriteString(name, amount.ToString(System.Globalization.CultureInfo.InvariantCulture));

    /// <summary>A unit as limits are written.</summary>
    public static string Unit(QuotaUnit unit) => unit switch
    {
        QuotaUnit.Requests => "requests",
        QuotaUnit.Tokens => "tokens",
        QuotaUnit.InputTokens => "inputTokens",
        QuotaUnit.OutputTokens => "outputTokens",
        QuotaUnit.Streams => "concurrent",
        _ => "nanodollars",
    };
}
