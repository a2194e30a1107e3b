using AiEdge.ControlPlane.Store;
using AiEdge.ControlPlane.Tests.Api;
using AiEdge.ControlPlane.Tests.Hosting;

namespace AiEdge.ControlPlane.Tests.Usage;

/// <summary>Back to a backup, over sockets: planes report again what they keep, and nothing is counted twice or lost.</summary>
public sealed class RestoreTests
{
    [Fact]
    public async Task After_a_restore_planes_report_again_what_the_backup_lacks()
    {
        var backup = Directory.CreateTempSubdirectory("aiedge-backup-").FullName;
        try
        {
            ReportingPlane plane;
            byte[] id;
            await using (var rig = await ControlRig.WithModelAsync())
            {
                plane = new("edge", await rig.JoinAsync("edge"));
                plane.Add(Some(1, 30));
                await plane.ReportAsync(rig);
                id = rig.Store.Id.ToArray();
                Assert.Equal("", await RunAsync("backup", "--data-dir", rig.DataDir, "--to", Path.Combine(backup, "b")));

                // What comes later is not in the backup: 12 records and a team.
                plane.Add(Some(31, 12));
                await plane.ReportAsync(rig);
                using var rest = new RestClient(rig);
                await rest.DoAsync("PUT", "teams/late", "{}");
                Assert.Equal(42, await RequestsAsync(rig, rest));
            }

            var folder = Directory.CreateTempSubdirectory("aiedge-restored-").FullName;
            Assert.Equal("", await RunAsync("restore", "--from", Path.Combine(backup, "b"), "--data-dir", folder));
            await using var restored = await ControlRig.StartAsync(folder);
            using var again = new RestClient(restored);
            Assert.NotEqual(id, restored.Store.Id.ToArray());
            Assert.Equal(30, await RequestsAsync(restored, again));
            Assert.Equal(System.Net.HttpStatusCode.NotFound, (await again.GetAsync("teams/late")).Status);
            await plane.ReportAsync(restored);
            await plane.ReportAsync(restored);
            Assert.Equal([1UL, 31, 31], plane.Wanted);
            Assert.Equal(42, await RequestsAsync(restored, again));
            Assert.Equal("", await RunAsync("verify", "--data-dir", folder));
        }
        finally
        {
            Directory.Delete(backup, recursive: true);
        }
    }

    private static Contracts.Wire.UsageRecord[] Some(int from, int count) =>
        [.. Enumerable.Range(from, count).Select(i => UsageRig.Record(DateTimeOffset.UtcNow.AddMinutes(-i), cost: i))];

    private static async Task<int> RequestsAsync(ControlRig rig, RestClient rest)
    {
        // The sums follow a moment behind the acknowledgement, on the ledger's thread: the next work waits for them.
        await rig.Store.Ledger.ReleaseAsync(0, default);
        await rig.Store.Ledger.ReleaseAsync(0, default);
        return (await rest.GetAsync("usage?from=2020-01-01&to=2100-01-01")).Json["rows"]!.AsArray().Sum(r => (int)r!["requests"]!);
    }

    private static async Task<string> RunAsync(params string[] arguments)
    {
        var error = new StringWriter();
        var code = await StoreCommands.RunAsync(arguments, TextWriter.Null, error);
        Assert.Equal(code == 0, error.ToString().Length == 0);
        return error.ToString();
    }
}
