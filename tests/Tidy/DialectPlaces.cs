namespace AiEdge.Tidy.Tests;

/// <summary>Where a dialect is named outside its folders, and how often.</summary>
public static class DialectPlaces
{
    public static IReadOnlyDictionary<string, int> All { get; } = new Dictionary<string, int>(StringComparer.Ordinal)
    {
        // What models can, and what their tokens are: by a model's name, in whatever dialect it is asked.
        ["src/DataPlane/Core/ModelAbilities.cs"] = 20,
        ["src/Tokenization/Models/ChatOverhead.cs"] = 5,
        ["src/Tokenization/Models/ImageCost.cs"] = 4,
        ["src/Tokenization/Models/ModelEncoding.cs"] = 1,
        ["src/Tokenization/Models/ModelEncodings.cs"] = 28,
        ["src/Tokenization/Models/ModelFamily.cs"] = 8,

        // Words that all have in common: numbers of dialects, an example, names of headers, members of neutral requests that only one dialect has.
        ["src/DataPlane/Core/ConfigSnapshot.cs"] = 3,
        ["src/Contracts/Fields/BaseUrlField.cs"] = 1,
        ["src/DataPlane/Forward/HeaderRules.cs"] = 1,
        ["src/DataPlane/Identify/KeyIdentifier.cs"] = 1,
        ["src/DataPlane/Translate/NeutralRequest.cs"] = 6,
        ["src/DataPlane/Translate/ThoughtEffort.cs"] = 4,
        ["src/Http/HeaderId.cs"] = 1,
        ["src/Http/HeaderNames.cs"] = 2,
    };
}
