using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using AiEdge.ControlPlane.Tests.Store;
using AiEdge.ControlPlane.Usage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;

namespace AiEdge.ControlPlane.Tests.Usage;

/// <summary>Each finding is told once, signed, again until it is taken, and to public hosts only.</summary>
public sealed class AlertTests
{
    private static readonly DateTimeOffset Noon = UsageRig.Noon;

    /// <summary>How long who never answers is waited for, and who does answer has on a busy machine.</summary>
    private static readonly TimeSpan Hasty = TimeSpan.FromSeconds(5);

    private static readonly byte[] Secret = Encoding.ASCII.GetBytes("0123456789abcdef");

    [Fact]
    public async Task A_budget_is_told_once_at_each_threshold_and_signed()
    {
        await using var rig = await UsageRig.OpenAsync();
        await using var receiver = await Receiver.StartAsync();
        using var folder = new StoreRig();
        var used = 0L;
        using var alerts = new Alerts(rig, folder, receiver, () => [new("blue-budget", "team", "blue", Noon.ToUnixTimeMilliseconds(), used, 200)]);
        foreach (var (now, thresholds) in (IEnumerable<(long, int[])>)[(99, []), (100, [50]), (130, [50]), (250, [50, 100]), (260, [50, 100])])
        {
            used = now;
            await alerts.Engine.StepAsync(default);
            Assert.Equal(thresholds, receiver.Taken.Select(m => (int)JsonNode.Parse(m.Body)!["thresholdPercent"]!));
        }

        var (_, body, headers) = receiver.Taken[0];
        Assert.Equal(("budget", "blue-budget", "blue", "100", "200"), ((string)JsonNode.Parse(body)!["type"]!, (string)JsonNode.Parse(body)!["limit"]!,
            (string)JsonNode.Parse(body)!["value"]!, (string)JsonNode.Parse(body)!["usedNanodollars"]!, (string)JsonNode.Parse(body)!["allowedNanodollars"]!));
        var timestamp = headers[Webhook.TimestampHeader];
        Assert.Equal(Noon.ToUnixTimeSeconds().ToString(System.Globalization.CultureInfo.InvariantCulture), timestamp);
        var mac = System.Security.Cryptography.HMACSHA256.HashData(Secret, Encoding.UTF8.GetBytes($"{timestamp}.{body}"));
        Assert.Equal("v1=" + Convert.ToHexStringLower(mac), headers[Webhook.SignatureHeader]);
    }

    [Fact]
    public async Task A_message_is_tried_again_with_the_same_id_also_over_a_restart_and_then_given_up()
    {
        await using var rig = await UsageRig.OpenAsync();
        await using var receiver = await Receiver.StartAsync();
        using var folder = new StoreRig();
        receiver.Status = 500;
        for (var start = 0; start < 2; start++)
        {
            using var alerts = new Alerts(rig, folder, receiver, () => [new("b", "", "", 1, 60, 100)]);
            await alerts.Engine.StepAsync(default);
            await alerts.Engine.StepAsync(default);
            rig.Time.Now += TimeSpan.FromSeconds(10);
        }

        Assert.Equal(2, receiver.Taken.Count);
        Assert.Single(receiver.Taken.Select(m => m.Headers[Webhook.MessageHeader]).Distinct());
        using var last = new Alerts(rig, folder, receiver, () => [new("b", "", "", 1, 60, 100)]);
        for (var i = 0; i < 10; i++)
        {
            rig.Time.Now += TimeSpan.FromHours(21);
            await last.Engine.StepAsync(default);
        }

        Assert.Equal(7, receiver.Taken.Count);
        Assert.Equal((1, 0), (last.Memory.GivenUp, last.Memory.Messages.Count));
    }

    [Fact]
    public async Task Whatever_goes_wrong_once_the_next_minute_is_looked_at_again()
    {
        await using var rig = await UsageRig.OpenAsync();
        await using var receiver = await Receiver.StartAsync();
        using var folder = new StoreRig();
        using var alerts = new Alerts(rig, folder, receiver, () => [new("b", "", "", 1, 60, 100)]);

        // What is written beside the file cannot be opened: a folder stands in its place.
        Directory.CreateDirectory(Path.Combine(folder.Folder, AlertMemory.FileName + ".new"));
        using var stop = new CancellationTokenSource();
        var run = alerts.Engine.RunAsync(stop.Token);
        Assert.Single(alerts.Faults);
        Assert.False(run.IsCompleted);
        await stop.CancelAsync();
        await run;
    }

    [Fact]
    public async Task A_receiver_that_does_not_answer_holds_up_no_other()
    {
        await using var rig = await UsageRig.OpenAsync();
        await using var receiver = await Receiver.StartAsync();
        using var folder = new StoreRig();
        using var dead = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        dead.Start();
        using var alerts = new Alerts(
            rig, folder, receiver, () => [new("b", "", "", 1, 60, 100), new("c", "", "", 1, 60, 100)],
            first: new($"http://{dead.LocalEndpoint}/"), patience: TimeSpan.FromMinutes(10));
        using var stop = new CancellationTokenSource();
        var step = alerts.Engine.StepAsync(stop.Token).AsTask();
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (receiver.Taken.Count < 2)
            await Task.Delay(20, late.Token);
        Assert.False(step.IsCompleted);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => step);
    }

    [Fact]
    public async Task What_is_for_a_receiver_that_does_not_answer_counts_as_tried_with_the_first()
    {
        await using var rig = await UsageRig.OpenAsync();
        await using var receiver = await Receiver.StartAsync();
        using var folder = new StoreRig();
        using var dead = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        dead.Start();
        using var alerts = new Alerts(
            rig, folder, receiver, () => [.. Enumerable.Range(0, 9).Select(i => new BudgetUse($"b{i}", "", "", 1, 60, 100))],
            first: new($"http://{dead.LocalEndpoint}/"), patience: Hasty);
        await alerts.Engine.StepAsync(default);
        Assert.Equal(9, receiver.Taken.Count);
        Assert.Equal(9, alerts.Memory.Messages.Count(m => m is { Rule: "0", Tries: 1 }));
        Assert.Equal("alert 0: the webhook did not answer in time", Assert.Single(alerts.Faults));
    }

    [Fact]
    public async Task A_receiver_that_does_not_answer_keeps_nothing_from_another_on_its_host()
    {
        await using var rig = await UsageRig.OpenAsync();
        await using var receiver = await Receiver.StartAsync();
        using var folder = new StoreRig();
        using var alerts = new Alerts(
            rig, folder, receiver, () => [new("b", "", "", 1, 60, 100)], first: new(receiver.Address, "/hang"), patience: Hasty);
        await alerts.Engine.StepAsync(default);
        Assert.Equal("/hook", Assert.Single(receiver.Taken).Path);
        Assert.Equal(("0", 1), Assert.Single(alerts.Memory.Messages.Select(m => (m.Rule, m.Tries))));
        Assert.Equal("alert 0: the webhook did not answer in time", Assert.Single(alerts.Faults));
    }

    [Fact]
    public async Task A_redirect_is_not_followed()
    {
        await using var rig = await UsageRig.OpenAsync();
        await using var receiver = await Receiver.StartAsync();
        using var folder = new StoreRig();
        receiver.Status = 307;
        using var alerts = new Alerts(rig, folder, receiver, () => [new("b", "", "", 1, 60, 100)]);
        await alerts.Engine.StepAsync(default);
        Assert.Equal("/hook", Assert.Single(receiver.Taken).Path);
        Assert.Equal("alert a: the webhook answered with 307", Assert.Single(alerts.Faults));
    }

    [Theory]
    [InlineData("http://example.com/", "is not an address that begins with https://")]
    [InlineData("https://user:word@example.com/", "carries a name or a password")]
    [InlineData("https://169.254.169.254/latest", "is no public address")]
    [InlineData("https://[::1]/", "is no public address")]
    [InlineData("https://localhost:7/", "localhost has no public address")]
    public async Task What_is_not_public_is_not_called(string address, string why)
    {
        using var webhook = new Webhook(TimeProvider.System);
        var rule = new AlertRule { Name = "a", Webhook = new(address), Secret = Secret };
        Assert.Equal((WebhookEnd.Failed, why), await webhook.SendAsync(rule, new("1", "a", [], 0, 0), default));
    }

    [Theory]
    [InlineData("8.8.8.8", true)]
    [InlineData("2606:4700::1111", true)]
    [InlineData("10.1.2.3", false)]
    [InlineData("172.31.0.1", false)]
    [InlineData("192.168.1.1", false)]
    [InlineData("100.100.100.200", false)]
    [InlineData("0.0.0.0", false)]
    [InlineData("255.255.255.255", false)]
    [InlineData("::ffff:127.0.0.1", false)]
    [InlineData("fd00:ec2::254", false)]
    [InlineData("fe80::1", false)]
    [InlineData("64:ff9b::a00:1", false)]
    [InlineData("2002:a00:1::", false)]
    public void Addresses_are_public_or_not(string address, bool isPublic) => Assert.Equal(isPublic, PublicHosts.IsPublic(IPAddress.Parse(address)));

    [Fact]
    public async Task An_hour_that_costs_more_than_thrice_the_median_of_the_same_hour_is_told_once()
    {
        await using var rig = await UsageRig.OpenAsync();
        await using var receiver = await Receiver.StartAsync();
        using var folder = new StoreRig();
        for (var day = 1; day <= 9; day++)
        {
            await rig.AddAsync(UsageRig.Record(Noon.AddDays(-day), "old", cost: day == 4 ? 5_000 : 100));
            if (day <= 3)
                await rig.AddAsync(UsageRig.Record(Noon.AddDays(-day), "young", cost: 100));
        }

        using var alerts = new Alerts(rig, folder, receiver, () => [], anomalyBy: "key", costMin: 200);
        foreach (var (cost, found) in (IEnumerable<(long, int)>)[(300, 0), (1, 1), (500, 1)])
        {
            await rig.AddAsync(UsageRig.Record(Noon, "old", cost: cost), UsageRig.Record(Noon, "young", cost: 1_000), UsageRig.Record(Noon, "new", cost: 9_000));
            await alerts.Engine.StepAsync(default);
            Assert.Equal(found, receiver.Taken.Count);
        }

        var message = JsonNode.Parse(receiver.Taken[0].Body)!;
        Assert.Equal(("anomaly", "old", "301", "100", 9), ((string)message["type"]!, (string)message["value"]!, (string)message["costNanodollars"]!,
            (string)message["medianNanodollars"]!, (int)message["days"]!));
    }

    [Theory]
    [InlineData("""{"webhook":"https://h.example/x","secret":"s","thresholds":[50,80,100],"limits":["a"]}""", "")]
    [InlineData("""{"webhook":"https://h.example/x","secret":"s","anomaly":{"by":"team","costMinNanodollars":"5"}}""", "")]
    [InlineData("""{"webhook":"http://h.example/x","secret":"none","thresholds":[80,50],"colour":1}""", "colour secret thresholds webhook")]
    [InlineData("""{"secret":"s","limits":[1],"anomaly":{"by":"mood","costMinNanodollars":5,"x":1}}""", "anomaly.by anomaly.costMinNanodollars anomaly.x limits webhook")]
    [InlineData("""{"webhook":"https://h.example/x","secret":"s"}""", " ")]
    [InlineData("[]", " ")]
    public void A_rule_is_read_with_all_its_faults(string json, string faulty)
    {
        var faults = new List<(string Path, string Message)>();
        using var document = System.Text.Json.JsonDocument.Parse(json);
        var rule = AlertRuleReader.Read("a", document.RootElement, secret => secret == "s" ? Secret : null, WebhookHosts.Any, faults);
        Assert.Equal(faulty.Length == 0, rule is not null);
        Assert.Equal(faulty.Trim(), string.Join(' ', faults.Select(f => f.Path).Order(StringComparer.Ordinal)));
    }

    [Theory]
    [InlineData("hooks.example.com, *.corp.example", "HOOKS.example.com", true)]
    [InlineData("hooks.example.com,*.corp.example", "a.b.corp.example", true)]
    [InlineData("hooks.example.com,*.corp.example", "corp.example", false)]
    [InlineData("hooks.example.com,*.corp.example", "evilcorp.example", false)]
    [InlineData("hooks.example.com", "hooks.example.com.evil.example", false)]
    public void Only_hosts_of_the_list_are_sent_to(string list, string host, bool isAllowed)
    {
        var hosts = WebhookHosts.Parse(list)!;
        Assert.Equal(isAllowed, hosts.Allows(host));
        Assert.Equal(isAllowed, Webhook.Fault(new($"https://{host}/x"), hosts) is null);
    }

    [Fact]
    public void Where_no_list_is_given_all_hosts_are_sent_to() => Assert.Null(Webhook.Fault(new("https://anything.example/x"), WebhookHosts.Any));

    [Theory]
    [InlineData("")]
    [InlineData(" , ")]
    [InlineData("https://hooks.example.com")]
    [InlineData("10.0.0.1")]
    [InlineData("a.example,*")]
    public void What_names_no_host_is_no_list(string list) => Assert.Null(WebhookHosts.Parse(list));

    private sealed class Alerts : IDisposable
    {
        private readonly Webhook _webhook;

        public Alerts(UsageRig rig, StoreRig folder, Receiver receiver, Func<IEnumerable<BudgetUse>> budgets, string? anomalyBy = null, long costMin = 0,
            Uri? first = null, TimeSpan? patience = null)
        {
            _webhook = new(rig.Time, _ => true, patience);
            Memory = AlertMemory.Open(folder.Folder);
            var rule = new AlertRule
            {
                Name = "a",
                Webhook = new(receiver.Address, "/hook"),
                Secret = Secret,
                Thresholds = [50, 80, 100],
                AnomalyBy = anomalyBy is null ? null : new UsageDimension(anomalyBy),
                AnomalyCostMin = costMin,
            };
            var before = first is null ? [] : (AlertRule[])[new() { Name = "0", Webhook = first, Secret = Secret, Thresholds = [50] }];
            Engine = new(rig.Book, () => [.. before, rule], budgets, _webhook, Memory, rig.Time) { OnFault = Faults.Add };
        }

        public List<string> Faults { get; } = [];

        public AlertMemory Memory { get; }

        public AlertEngine Engine { get; }

        public void Dispose() => _webhook.Dispose();
    }

    /// <summary>Takes messages, or answers them with another status.</summary>
    private sealed class Receiver : IAsyncDisposable
    {
        private readonly WebApplication _app;

        private Receiver(WebApplication app)
        {
            _app = app;
            app.Run(async http =>
            {
                if (http.Request.Path == "/hang")
                    await Task.Delay(Timeout.InfiniteTimeSpan, http.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
                if (http.RequestAborted.IsCancellationRequested)
                    return;
                var body = await new StreamReader(http.Request.Body).ReadToEndAsync();
                Taken.Add((http.Request.Path, body, http.Request.Headers.ToDictionary(h => h.Key.ToLowerInvariant(), h => h.Value.ToString())));
                http.Response.StatusCode = Status;
                http.Response.Headers.Location = "/elsewhere";
            });
        }

        public List<(string Path, string Body, Dictionary<string, string> Headers)> Taken { get; } = [];

        public int Status { get; set; } = 200;

        public Uri Address => new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());

        public static async Task<Receiver> StartAsync()
        {
            var builder = WebApplication.CreateEmptyBuilder(new());
            builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
            var receiver = new Receiver(builder.Build());
            await receiver._app.StartAsync();
            return receiver;
        }

        public ValueTask DisposeAsync() => _app.DisposeAsync();
    }
}
