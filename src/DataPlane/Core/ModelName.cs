using System.Text;

namespace AiEdge.DataPlane.Core;

/// <summary>A model's name that a request may be given in the place of the one that it came with.</summary>
internal sealed class ModelName(string name)
{
    /// <summary>The name in UTF-8.</summary>
    public byte[] Utf8 { get; } = Encoding.ASCII.GetBytes(name);

    /// <summary>The name as a JSON string token with its quotes; it is printable ASCII, so that two characters need an escape.</summary>
    public byte[] Json { get; } =
        Encoding.ASCII.GetBytes("\"" + name.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal) + "\"");
}

/// <summary>Where requests of a key may go, by the regions of targets (<c>regions:</c>).</summary>
internal static class Residency
{
    /// <summary>Whether a target lies within both; one without a region lies nowhere.</summary>
    public static bool Allows(KeyModel key, TargetModel target) => Holds(key.Regions, target.Region) && Holds(key.TeamRegions, target.Region);

    /// <summary>Whether some target that is asked at all lies where requests of a key may go.</summary>
    public static bool AllowsAny(KeyModel key, ModelModel model)
    {
        foreach (var target in model.Targets)
        {
            if (target is { Weight: > 0, Provider.IsDisabled: false } && Allows(key, target))
                return true;
        }

        return false;
    }

    private static bool Holds(byte[][]? regions, byte[]? region)
    {
        if (regions is null)
            return true;
        if (region is null)
            return false;
        foreach (var pattern in regions)
        {
            if (Glob.IsMatch(pattern, region))
                return true;
        }

        return false;
    }
}
