namespace AiEdge.DataPlane.Core;

/// <summary>Which of a model's requests another one is enough for (<c>simple:</c>), compiled.</summary>
/// <param name="Model">Whom these go to.</param>
/// <param name="PromptTokensMax">How long their prompt is at most.</param>
/// <param name="Capabilities">What they may ask for besides text.</param>
/// <param name="Tags">Values of tags that they have, all of them.</param>
internal sealed record SimpleModel(ModelName Model, long PromptTokensMax, Capability Capabilities, KeyValuePair<string, string>[] Tags);
