using System.Text.Json.Serialization;

namespace AiEdge.Sdk.Tests;

/// <summary>What node/scenarios.mjs is told on its standard input.</summary>
/// <param name="BaseURL">Named as the client names it.</param>
/// <param name="Key">The client's key.</param>
/// <param name="Provider">Who answers.</param>
/// <param name="Chunks">What it answers, in order.</param>
internal sealed record NodeInput(string BaseURL, string Key, string Provider, string[] Chunks);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(NodeInput))]
internal sealed partial class NodeJson : JsonSerializerContext;
