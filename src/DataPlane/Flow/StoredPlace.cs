using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Parse;
using AiEdge.DataPlane.Route;

namespace AiEdge.DataPlane.Flow;

/// <summary>
/// Where what a request goes on from lies: an earlier answer, by the sealed id that its client was told, or what was made without this gateway. The request
/// can be sent to that provider and account alone, and by the team alone whose it is.
/// </summary>
internal static class StoredPlace
{
    private const string Before = "previous_response_id";
    private const string Gone = "What 'previous_response_id' names lies with a provider or an account that is not in use any more.";
    private const string Elsewhere = "What 'previous_response_id' names lies with a provider that the model has no target at.";
    private const string Unplaced = "is not known here, and the model's targets and accounts are several, so that nobody knows which of them has it.";

    /// <summary>Finds it for an exchange that has its model; an error where it is not the client's, or is gone.</summary>
    public static EdgeError Find(Exchange exchange, RequestFacts facts)
    {
        var (ids, endpoint) = (exchange.Stored, exchange.Endpoint!);
        if (ShapeTraits.Of(endpoint.Shape).StoredIdMark is not { Length: > 0 } mark)
            return default;
        ids.Begin(exchange.Key!);
        if (!endpoint.IsCount && !facts.KeepsNothing)
            ids.Keep(mark);
        ids.IsReferred = facts.StoredIdToken.IsPresent || facts.HasConversation;
        if (!ids.IsReferred)
            return default;
        return facts.StoredId.StartsWith(mark) ? Open(exchange, facts.StoredId, mark.Length) : FindOnly(exchange, facts);
    }

    /// <summary>Opens a sealed id by the seal of whose account it says that it is.</summary>
    private static EdgeError Open(Exchange exchange, ReadOnlySpan<byte> told, int markLength)
    {
        var text = told[markLength..];
        if (!IdSeal.TryReadAccount(text, out var number) || exchange.Stored.Owner.IsEmpty)
            return Unknown();
        Span<byte> id = stackalloc byte[IdSeal.IdBytesMax];
        var isKnown = false;
        foreach (var provider in exchange.Config.Providers)
        {
            foreach (var account in provider.Accounts)
            {
                if (account.Seal.Account != number)
                    continue;
                isKnown = true;
                if (!account.Seal.TryOpen(exchange.Stored.Owner, text, id, out var length, out var target))
                    continue;
                exchange.Stored.GoOnFrom(id[..length], told);
                return Pin(exchange, provider, account, target);
            }
        }

        return isKnown ? Unknown() : Unknown(Gone);
    }

    /// <summary>It goes to the target that made it, or where the model has none such, to another of the same provider's.</summary>
    private static EdgeError Pin(Exchange exchange, ProviderModel provider, AccountModel account, uint made)
    {
        if (provider.IsDisabled || account.IsDisabled)
            return Unknown(Gone);
        var isThere = false;
        foreach (var target in exchange.Model!.Targets)
        {
            if (!ReferenceEquals(target.Provider, provider) || target.Weight == 0)
                continue;
            isThere = true;
            if ((uint)target.Identity != made)
                continue;
            exchange.Stored.Pin(provider, account, made);
            return default;
        }

        exchange.Stored.Pin(provider, account);
        return isThere ? default : Unknown(Elsewhere);
    }

    /// <summary>
    /// It was not sealed here. Where the model has one account alone it can only lie there; where requests stay together by the model's word, they do; else
    /// nobody knows. Where it has none that could, the request goes its way and is refused by who cannot translate it.
    /// </summary>
    private static EdgeError FindOnly(Exchange exchange, RequestFacts facts)
    {
        ProviderModel? provider = null;
        AccountModel? only = null;
        foreach (var target in exchange.Model!.Targets)
        {
            if (target.Weight == 0 || target.Provider.IsDisabled || !target.Provider.Speaks(exchange.Dialect, exchange.Endpoint!.Shape)
                || !Residency.Allows(exchange.Key!, target))
                continue;
            foreach (var account in target.Provider.Accounts)
            {
                if (account.IsDisabled || ReferenceEquals(account, only))
                    continue;
                if (only is not null)
                    return exchange.Model.Sticky is not null ? default : Unknown(facts);
                (provider, only) = (target.Provider, account);
            }
        }

        if (only is not null)
            exchange.Stored.Pin(provider!, only);
        return default;
    }

    private static EdgeError Unknown(string? message = null) => EdgeError.Client(ErrorKind.UnknownResponse, message, Before);

    private static EdgeError Unknown(RequestFacts facts) => facts.StoredIdToken.IsPresent
        ? Unknown($"The response {Unplaced}")
        : EdgeError.Client(ErrorKind.UnknownConversation, $"The conversation {Unplaced}", "conversation");
}
