using System.Globalization;

namespace AiEdge.ControlPlane.Tests.Crash;

/// <summary>Writes by REST, one after the other, and knows of each name what was acknowledged and what may be there besides.</summary>
internal sealed class CrashWriter(int index, CrashFaults faults)
{
    private const int Names = 6;
    private readonly Dictionary<string, string?> _known = [];
    private readonly Random _random = new();
    private (string Name, string? Value)? _underWay;
    private int _count;

    /// <summary>Writes that are there, by name: each has a line in the audit.</summary>
    public Dictionary<string, int> Applied { get; } = [];

    /// <summary>Writes until the control plane is gone.</summary>
    public async Task RunAsync(HttpClient http, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            _count++;
            var name = $"w{index}-{_count % Names}";
            var isRemoval = _known.GetValueOrDefault(name) is not null && _random.Next(8) == 0;
            var value = isRemoval ? null : _count.ToString(CultureInfo.InvariantCulture);
            _underWay = (name, value);
            try
            {
                using var answer = isRemoval
                    ? await http.DeleteAsync($"teams/{name}", stop)
                    : await http.PutAsync($"teams/{name}", ControlProcess.Json($$$"""{"tags":{"n":"{{{value}}}"}}"""), stop);
                if (!answer.IsSuccessStatusCode)
                    faults.Add($"{name}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(stop)}");
                else
                    Take(name, value);
            }
            catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
            {
                return;
            }
        }
    }

    /// <summary>Holds what is there against what was acknowledged; the write that was under way may be there or not.</summary>
    public void Check(IReadOnlyDictionary<string, string> found)
    {
        if (_underWay is { } under && found.GetValueOrDefault(under.Name) == under.Value)
            Take(under.Name, under.Value);
        _underWay = null;
        foreach (var (name, value) in _known)
        {
            if (found.GetValueOrDefault(name) != value)
                faults.Add($"{name} is {found.GetValueOrDefault(name) ?? "gone"}, acknowledged was {value ?? "its removal"}");
        }

        foreach (var name in found.Keys)
        {
            if (name.StartsWith($"w{index}-", StringComparison.Ordinal) && !_known.ContainsKey(name))
                faults.Add($"{name} was never written");
        }
    }

    /// <summary>Each write that is there stands in the audit once.</summary>
    public async Task CheckAuditAsync(ControlProcess control)
    {
        foreach (var (name, applied) in Applied)
        {
            var lines = 0;
            for (var before = ulong.MaxValue; ;)
            {
                var page = (await control.GetAsync($"audit?limit=1000&target=teams/{name}&before={before}"))["items"]!.AsArray();
                lines += page.Count(line => (string?)line!["target"] == $"teams/{name}");
                if (page.Count < 1000)
                    break;
                before = (ulong)page[^1]!["version"]!;
            }

            if (lines != applied)
                faults.Add($"{name} has {lines} lines in the audit, {applied} writes were applied");
        }
    }

    /// <summary>The value of every name that writers have.</summary>
    public static async Task<Dictionary<string, string>> ReadAsync(ControlProcess control) =>
        (await control.GetAsync("teams?limit=1000"))["items"]!.AsArray().ToDictionary(i => (string)i!["name"]!, i => (string)i!["entry"]!["tags"]!["n"]!);

    private void Take(string name, string? value)
    {
        _known[name] = value;
        Applied[name] = Applied.GetValueOrDefault(name) + 1;
        _underWay = null;
    }
}

/// <summary>What must not be; from any thread.</summary>
internal sealed class CrashFaults
{
    private readonly List<string> _all = [];

    public void Add(string fault)
    {
        lock (_all)
            _all.Add(fault);
    }

    public void ThrowIfAny(int run)
    {
        lock (_all)
            Assert.True(_all.Count == 0, $"kill {run}: {string.Join("\n", _all.Take(20))}");
    }
}
