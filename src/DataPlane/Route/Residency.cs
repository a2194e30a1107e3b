using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Route;

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
