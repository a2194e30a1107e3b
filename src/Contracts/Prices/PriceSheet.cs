using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using AiEdge.Contracts.Options;

namespace AiEdge.Contracts.Prices;

/// <summary>Prices of every class of tokens, in nanodollars for a million of them: what is not written has its parent's.</summary>
/// <param name="Input">Tokens of the prompt.</param>
/// <param name="CachedInput">Tokens of the prompt out of the provider's cache.</param>
/// <param name="CacheWrite">Tokens of the prompt into the provider's cache.</param>
/// <param name="CacheWriteHour">The same, to be kept for an hour.</param>
/// <param name="Output">Tokens of the answer.</param>
/// <param name="Reasoning">Tokens of the answer that nobody sees.</param>
/// <param name="AudioInput">Tokens of audio in the prompt.</param>
/// <param name="AudioOutput">Tokens of audio in the answer.</param>
/// <param name="ImageInput">Tokens of images in the prompt.</param>
/// <param name="ImageOutput">Tokens of images in the answer.</param>
/// <param name="Request">Each request, in nanodollars.</param>
public sealed record PriceSheet(
    long Input, long CachedInput, long CacheWrite, long CacheWriteHour, long Output, long Reasoning, long AudioInput, long AudioOutput, long ImageInput,
    long ImageOutput, long Request)
{
    /// <summary>Versions of prices out of a document are larger than any date, and small enough for a number in JSON (2^53).</summary>
    private const long HashBit = 1L << 52;

    /// <summary>Factors on all prices, in millionths, by the tier of service.</summary>
    public IReadOnlyList<KeyValuePair<string, long>> Factors { get; init; } = [];

    /// <summary>Input tokens beyond which <see cref="LongContext"/> holds.</summary>
    public long LongContextAbove { get; init; }

    /// <summary>Prices of a long prompt, or null.</summary>
    public PriceSheet? LongContext { get; init; }

    /// <summary>What a document's prices come to.</summary>
    public static PriceSheet Of(PriceOptions price)
    {
        ArgumentNullException.ThrowIfNull(price);
        var input = price.Input.Or(0);
        var output = price.Output.Or(0);
        var write = price.CacheWrite.Or(input);
        var sheet = new PriceSheet(
            input, price.CachedInput.Or(input), write, price.CacheWriteHour.Or(write), output, price.Reasoning.Or(output), price.AudioInput.Or(input),
            price.AudioOutput.Or(output), price.ImageInput.Or(input), price.ImageOutput.Or(output), price.Request.Or(0));
        var factors = new List<KeyValuePair<string, long>>();
        foreach (var (tier, factor) in price.Factors.Or([]))
            factors.Add(new(tier, factor.Value));
        return sheet with
        {
            Factors = factors,
            LongContextAbove = price.LongContext?.Above.Or(0) ?? 0,
            LongContext = price.LongContext is { } longer ? Longer(price, longer, sheet) : null,
        };
    }

    /// <summary>A number that is the same for the same prices, and another for others: 2^52 and up to 2^53.</summary>
    public long Hash()
    {
        var text = new StringBuilder();
        AppendTo(text);
        var digest = SHA256.HashData(Encoding.ASCII.GetBytes(text.ToString()));
        return HashBit | (BitConverter.ToInt64(digest) & (HashBit - 1));
    }

    /// <summary>Prices of a long prompt: what is not written there is as in a short one, or follows its parent as there.</summary>
    private static PriceSheet Longer(PriceOptions price, LongContextOptions longer, PriceSheet sheet)
    {
        var input = longer.Input.Or(sheet.Input);
        var output = longer.Output.Or(sheet.Output);
        var write = longer.CacheWrite.Or(price.CacheWrite.Or(input));
        return new PriceSheet(
            input, longer.CachedInput.Or(price.CachedInput.Or(input)), write, longer.CacheWriteHour.Or(price.CacheWriteHour.Or(write)), output,
            price.Reasoning.Or(output), price.AudioInput.Or(input), price.AudioOutput.Or(output), price.ImageInput.Or(input),
            price.ImageOutput.Or(output), sheet.Request);
    }

    private void AppendTo(StringBuilder text)
    {
        text.Append(
            CultureInfo.InvariantCulture,
            $"{Input} {CachedInput} {CacheWrite} {Output} {Reasoning} {AudioInput} {AudioOutput} {ImageInput} {Request}");
        if (CacheWriteHour != CacheWrite)
            text.Append(CultureInfo.InvariantCulture, $" hour={CacheWriteHour}");
        if (ImageOutput != Output)
            text.Append(CultureInfo.InvariantCulture, $" image={ImageOutput}");
        foreach (var (tier, factor) in Factors)
            text.Append(CultureInfo.InvariantCulture, $" {tier}={factor}");
        if (LongContext is null)
            return;
        text.Append(CultureInfo.InvariantCulture, $" >{LongContextAbove} ");
        LongContext.AppendTo(text);
    }
}
