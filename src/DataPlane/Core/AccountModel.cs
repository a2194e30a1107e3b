namespace AiEdge.DataPlane.Core;

/// <summary>An account with a provider, compiled: whom a request is sent as.</summary>
internal sealed class AccountModel
{
    /// <summary>Its name within the provider; empty for the one of a provider that lists none.</summary>
    public required string Name { get; init; }

    /// <summary>As <see cref="ProviderModel.FixedHeaders"/>, with the account's own credential.</summary>
    public required byte[] FixedHeaders { get; init; }

    /// <summary>Seals ids of what lies with it.</summary>
    public required IdSeal Seal { get; init; }

    /// <summary>Whether it is not used for now.</summary>
    public bool IsDisabled { get; init; }

    /// <summary>What is known of it; put there before the configuration is in force.</summary>
    public AccountState State { get; set; } = new();
}
