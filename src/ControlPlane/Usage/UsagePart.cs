using System.Text.Json;
using AiEdge.ControlPlane.Domain;
using AiEdge.ControlPlane.Store;
using AiEdge.Grpc.Server;

namespace AiEdge.ControlPlane.Usage;

/// <summary>All of usage in one, for the host: the sums, the report service, the endpoints, the alerts.</summary>
internal sealed class UsagePart : IAsyncDisposable
{
    private const string StoredPrefix = "${store:";

    private readonly EdgeState _state;
    private readonly UsageReport _report;
    private readonly Webhook _webhook;
    private readonly WebhookHosts _hosts;
    private readonly Func<string, byte[]?> _secretOf;
    private readonly Action<string> _onFault;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _alerts;
    private IReadOnlyList<AlertRule> _rules = [];
    private ulong _rulesVersion = ulong.MaxValue;

    private UsagePart(
        IEdgeStore store, EdgeState state, UsageBook book, AlertMemory memory, Func<string, byte[]?> secretOf, Action<string> onFault, WebhookHosts hosts)
    {
        _hosts = hosts;
        _state = state;
        _secretOf = secretOf;
        _onFault = onFault;
        Book = book;
        Spend = new(book.Ledger, () => state.Current);
        _report = new(store, UsageReport.PlaneBy(state), state.Time)
        {
            OnReported = (plane, epoch, isClosed) => OnReported?.Invoke(plane, epoch, isClosed),
            OnMissing = (plane, epoch, from, through) =>
                onFault($"records {from} to {through} of data plane {plane}, epoch {epoch:x32}, are neither in the ledger nor kept by the plane"),
        };
        _webhook = new(state.Time, hosts: hosts);
        var budgets = new BudgetSums(book.Rollups, () => state.Current, state.Time);
        _alerts = new AlertEngine(book, Rules, budgets.Read, _webhook, memory, state.Time) { OnFault = onFault }.RunAsync(_stop.Token);
    }

    public UsageBook Book { get; }

    /// <summary>What starts of data planes have used of budgets.</summary>
    public EpochSpend Spend { get; }

    /// <summary>Told with each batch that is durable: plane, epoch, and whether no more of the epoch will come.</summary>
    public Action<string, UInt128, bool>? OnReported { get; set; }

    /// <summary>Brings the sums to where the ledger is, and begins to look after them.</summary>
    /// <param name="store">An open store of which nothing has been reported to yet.</param>
    /// <param name="state">The document.</param>
    /// <param name="folder">The store's.</param>
    /// <param name="secretOf">The bytes of a stored secret by its name, which alerts refer to as <c>${store:NAME}</c>; null where there is none.</param>
    /// <param name="onFault">Told, in words, what did not succeed and is tried again, and what is lost.</param>
    /// <param name="options">How sums are kept; null for the defaults by the document's clock.</param>
    /// <param name="hosts">Whom alerts may be sent to; null for all that are public.</param>
    /// <exception cref="StoreFault">What lies in the folder is damaged, or lacks what the ledger has dropped.</exception>
    public static UsagePart Open(
        IEdgeStore store,
        EdgeState state,
        string folder,
        Func<string, byte[]?> secretOf,
        Action<string> onFault,
        RollupOptions? options = null,
        WebhookHosts? hosts = null)
    {
        var memory = AlertMemory.Open(folder);
        var book = UsageBook.Open(store, folder, options ?? new() { Time = state.Time }, e => onFault(e.Message));
        return new(store, state, book, memory, secretOf, onFault, hosts ?? WebhookHosts.Any);
    }

    /// <summary>See <see cref="UsageReport.JournalAgeMs"/>.</summary>
    public long? JournalAgeMs(string planeId) => _report.JournalAgeMs(planeId);

    /// <summary>Adds <c>Usage.Report</c> to a server whose gate leaves the plane's identity with the call.</summary>
    public void AddTo(GrpcServer server) => _report.AddTo(server);

    /// <summary>The endpoints, for whoever has found out whose the call is.</summary>
    public UsageEndpoints Endpoints(TeamOfCaller teamOf) => new(Book, teamOf, _state.Time);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _alerts;
        _webhook.Dispose();
        await Book.DisposeAsync();
        _stop.Dispose();
    }

    private byte[]? SecretOf(string reference) =>
        reference.StartsWith(StoredPrefix, StringComparison.Ordinal) && reference.EndsWith('}') ? _secretOf(reference[StoredPrefix.Length..^1]) : null;

    private IReadOnlyList<AlertRule> Rules()
    {
        var document = _state.Current;
        if (document.Version == _rulesVersion)
            return _rules;
        var rules = new List<AlertRule>();
        foreach (var (name, entry) in document.Section(Sections.Alerts))
        {
            var faults = new List<(string Path, string Message)>();
            using var json = JsonDocument.Parse(entry.Value.Json);
            if (AlertRuleReader.Read(name, json.RootElement, SecretOf, _hosts, faults) is { } rule)
                rules.Add(rule);
            else
                _onFault($"alert {name}: {faults[0].Path} {faults[0].Message}");
        }

        (_rules, _rulesVersion) = (rules, document.Version);
        return rules;
    }
}
