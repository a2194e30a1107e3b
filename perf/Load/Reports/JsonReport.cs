using System.Text.Json.Serialization;

namespace AiEdge.Load;

/// <summary>The summary as JSON, for charts and for comparisons between runs.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(LoadSummary))]
internal sealed partial class JsonReport : JsonSerializerContext;
