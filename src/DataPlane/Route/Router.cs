using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Route;

/// <summary>From the asked model to the target that is asked first.</summary>
internal static class Router
{
    /// <summary>
    /// The key's allow-list is judged before the model is looked up, so that a key cannot learn which other models exist.
    /// </summary>
    public static EdgeError Route(Exchange exchange, ReadOnlySpan<byte> askedModel, TargetPlan plan)
    {
        if (!IsAllowed(exchange.Key!, askedModel))
            return EdgeError.Client(ErrorKind.ModelNotAllowed, null, "model");
        var model = exchange.Config.Models.Find(askedModel);
        if (model is null)
            return EdgeError.Client(ErrorKind.UnknownModel, null, "model");
        if (model.IsDisabled)
            return EdgeError.Client(ErrorKind.ModelDisabled, null, "model");
        exchange.Model = model;
        return plan.TryBegin(exchange)
            ? default
            : EdgeError.Client(
                ErrorKind.NotSupportedYet, "The model's providers speak another dialect than this path, and its translation is not supported yet.", "model");
    }

    public static bool IsAllowed(KeyModel key, ReadOnlySpan<byte> model)
    {
        if (key.Models is not { } allowed)
            return true;
        foreach (var pattern in allowed)
        {
            if (Glob.IsMatch(pattern, model))
                return true;
        }

        return false;
    }
}
