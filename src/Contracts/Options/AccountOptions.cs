using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Fields;
using AiEdge.Contracts.Tree;

namespace AiEdge.Contracts.Options;

/// <summary>One of several accounts with a provider, as a user writes it (<c>providers.NAME.accounts.NAME</c>).</summary>
public sealed class AccountOptions
{
    /// <summary>The account's credential.</summary>
    public static readonly StringField KeyField = new("key", TextRules.Credential) { IsRequired = true };

    /// <summary>Whether nothing is sent by it for now.</summary>
    public static readonly BooleanField DisabledField = new("disabled", false);

    /// <summary>The fields.</summary>
    public static readonly FieldTable Table = new("an account", KeyField, DisabledField);

    private AccountOptions(ConfigEntry entry) => Entry = entry;

    /// <summary>The name with its place.</summary>
    public ConfigEntry Entry { get; }

    /// <summary>The name.</summary>
    public string Name => Entry.Name;

    /// <summary>See <see cref="KeyField"/>. A secret.</summary>
    public Setting<string> Key { get; private init; }

    /// <summary>See <see cref="DisabledField"/>.</summary>
    public bool IsDisabled { get; private init; }

    /// <summary>Reads an account; null where it is not a map.</summary>
    public static AccountOptions? Read(ConfigEntry entry, FaultList faults)
    {
        ArgumentNullException.ThrowIfNull(entry);
        return FieldReader.Open(entry.Value, Table, faults) is not { } reader ? null : new AccountOptions(entry)
        {
            Key = reader.Get(KeyField),
            IsDisabled = reader.Get(DisabledField).Or(false),
        };
    }
}
