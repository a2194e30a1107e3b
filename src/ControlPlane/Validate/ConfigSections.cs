using AiEdge.Contracts.Options;

namespace AiEdge.ControlPlane.Validate;

/// <summary>The sections of a configuration document as the control plane keeps them: entries by name, single settings in a section of their own.</summary>
internal static class ConfigSections
{
    /// <summary>
    /// The section of what stands alone in a document: <c>timeouts</c>, <c>retry</c>, <c>server</c>, <c>journal</c>, <c>runaway</c>, <c>tokenizers</c>.
    /// </summary>
    public const string Settings = "settings";

    /// <summary>In the order in which a document is written.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        ConfigOptions.ProvidersField.Name, ConfigOptions.ModelsField.Name, ConfigOptions.PricesField.Name, ConfigOptions.TeamsField.Name,
        ConfigOptions.KeysField.Name, ConfigOptions.LimitsField.Name, Settings,
    ];

    /// <summary>The names that <see cref="Settings"/> may hold.</summary>
    public static IReadOnlyList<string> SettingNames { get; } =
    [
        ConfigOptions.TimeoutsField.Name, ConfigOptions.RetryField.Name, ConfigOptions.RunawayField.Name,
        ConfigOptions.ServerField.Name, ConfigOptions.JournalField.Name, ConfigOptions.TokenizersField.Name,
    ];

    /// <summary>Whether a document writes the section as a list whose entries hold their <c>name</c>.</summary>
    public static bool IsList(string section) => section == ConfigOptions.KeysField.Name || section == ConfigOptions.LimitsField.Name;
}
