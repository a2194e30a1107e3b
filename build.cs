#!/usr/bin/env dotnet
#:property PublishAot=false
#:property RestorePackagesWithLockFile=false
#:property RestoreLockedMode=false
// The one build program; build.sh and build.ps1 only start it. `./build.sh --help` lists the verbs.
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using System.Xml.Linq;

Verb[] verbs =
[
    new("run", "[--once]", "start a scripted provider, a control plane and two data planes, make a streamed call, stay until Ctrl-C", SampleRun.Start),
    new("test", "[TEXT]...", "all tests, or the projects of that folder name, or the tests whose full name holds TEXT", TestRun.Start),
    new("check", "", "what a change must pass besides its tests: layout of the source, bench-gate, aot", Check),
    new("format", "[--check]", "put the source into shape, or only look whether it is", Format),
    new("aot", "[--probe]", "artifacts/native/aiedge-dataplane; --probe asks the feed again which framework to use", NativeBuild.Start),
    new("publish", "", "artifacts/controlplane/aiedge-controlplane", _ => Publish()),
    new("image", "", "a FROM scratch image, where buildah is installed", a => Shell.Run(Repo.File("deploy/build-image.sh"), a)),
    new("bench", "[STAGE]", "micro benchmarks, or those of stages that begin so", a => Tool("perf/Micro", a is [] ? ["bench"] : ["bench", "--stage", .. a])),
    new("bench-gate", "[--update]", "fails where a hot path allocates more than its baseline says", a => Tool("perf/Micro", ["gate", .. a])),
    new("compare", "[ARGS]", "the data plane and its peers in alternating rounds", a => Tool("perf/Compare", a)),
    new("fleet", "[SCENARIO]... [ARGS]", "a control plane and data planes as processes: is their one limit kept, and used", a => Tool("perf/Fleet", a)),
    new("faults", "[FAULT]... [WAY]... [ARGS]", "a provider of three goes bad under load: is what is promised kept", a => Tool("perf/Fleet", ["faults", .. a])),
    new("accounts", "[CASE]... [ARGS]", "planes that share an account: is its limit kept, and used", a => Tool("perf/Fleet", ["accounts", .. a])),
    new("aborts", "[ARGS]", "clients leave in the middle of streams: how soon the provider knows, and the bill", a => Tool("perf/Fleet", ["aborts", .. a])),
    new("compete", "[ARGS]", "clients that compete for a rate and come again when told: are they admitted then", a => Tool("perf/Fleet", ["compete", .. a])),
    new("fuzz", "[ARGS]", "mutates the corpora for a time; with differential the tokenizer beside npm tiktoken", a => Tool("tests/Fuzz", a)),
    new("stress", "[--seconds N]", "lock-free types under all cores, N seconds each", Stress),
];

Console.OutputEncoding = Encoding.UTF8;
if (args is [] or ["--help" or "-h" or "help", ..])
{
    Console.WriteLine("usage: ./build.sh VERB [ARGS]      (Windows: build.ps1)\n");
    foreach (var v in verbs)
        Console.WriteLine($"  {v.Name + " " + v.Arguments,-33} {v.Summary}");
    return args is [] ? 2 : 0;
}

if (Array.Find(verbs, v => v.Name == args[0]) is { } verb)
    return verb.Start(args[1..]);
Console.Error.WriteLine($"build: no verb '{args[0]}'; --help lists them");
return 2;

// Layout only: style is a matter of the analyzers, which every build runs.
static int Format(string[] arguments) =>
    Shell.Run("dotnet", ["format", "whitespace", Repo.Root, "--folder", .. arguments is ["--check"] ? (string[])["--verify-no-changes"] : []]);

static int Check(string[] arguments) => Math.Max(Format(["--check"]), Math.Max(NativeBuild.Start([]), Tool("perf/Micro", ["gate"])));

static int Stress(string[] arguments)
{
    if (arguments is ["--seconds", var seconds])
        Environment.SetEnvironmentVariable("AIEDGE_STRESS_SECONDS", seconds);
    return TestRun.Start(["Stress"]);
}

static int Publish() => Shell.Run("dotnet", ["publish", Repo.File("src/ControlPlane"), "-c", "Release", "-v", "q", "--nologo", "-nodeReuse:false",
    "-p:PublishDocumentationFiles=false", "-o", Repo.File("artifacts/controlplane")]);

static int Tool(string folder, string[] arguments)
{
    var project = Repo.File($"{folder}/{Path.GetFileName(folder)}.csproj");
    return Shell.Run("dotnet", ["run", "-c", "Release", "--project", project, "--", .. arguments]);
}

internal sealed record Verb(string Name, string Arguments, string Summary, Func<string[], int> Start);

/// <summary>Where the repository is: beside this file, wherever the caller stands.</summary>
internal static class Repo
{
    public static string Root { get; } = Path.GetDirectoryName(Here())!;

    public static string File(string relative) => Path.Combine(Root, relative);

    private static string Here([CallerFilePath] string path = "") => path;
}

/// <summary>Runs programs: argument lists only, never a command line that has to be quoted.</summary>
internal static class Shell
{
    /// <summary>The program's exit code, or -1 where it was ended after <paramref name="time"/>.</summary>
    public static int Run(string program, IEnumerable<string> arguments, Action<string>? onLine = null, TimeSpan? time = null)
    {
        using var process = Start(program, arguments, redirect: onLine is not null);
        if (onLine is not null)
        {
            process.OutputDataReceived += (_, e) => { if (e.Data is not null) onLine(e.Data); };
            process.ErrorDataReceived += (_, e) => { if (e.Data is not null) onLine(e.Data); };
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
        }

        var ended = process.WaitForExit(time ?? Timeout.InfiniteTimeSpan);
        if (!ended)
            process.Kill(entireProcessTree: true);
        process.WaitForExit();
        return ended ? process.ExitCode : -1;
    }

    public static Process Start(string program, IEnumerable<string> arguments, bool redirect, bool input = false)
    {
        var info = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = Repo.Root,
            RedirectStandardOutput = redirect,
            RedirectStandardError = redirect,
            RedirectStandardInput = input,
        };

        // A build server that outlives the command would keep the files of a fresh clone open.
        info.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        info.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
        info.Environment["DOTNET_NOLOGO"] = "1";
        return Process.Start(info) ?? throw new InvalidOperationException(program + " did not start");
    }

    public static int Build(string project, params string[] more) =>
        Run("dotnet", ["build", Repo.File(project), "-c", "Release", "-v", "q", "--nologo", "-nodeReuse:false", .. more]);
}

/// <summary><c>test</c>: builds once, runs the test assemblies side by side, adds up what their result files say.</summary>
internal static class TestRun
{
    private static readonly TimeSpan ProjectTime = TimeSpan.FromMinutes(15);
    private static readonly Lock Output = new();

    public static int Start(string[] words)
    {
        var projects = Projects();
        var folders = words.Where(w => projects.Exists(p => Name(p) == w)).ToHashSet(StringComparer.Ordinal);
        var filter = string.Join('|', words.Where(w => !folders.Contains(w)).Select(w => "FullyQualifiedName~" + w));
        if (folders.Count > 0)
            projects.RemoveAll(p => !folders.Contains(Name(p)));

        var built = folders.Count > 0
            ? projects.TrueForAll(p => Shell.Build(Path.GetRelativePath(Repo.Root, p)) == 0)
            : Shell.Build("AiEdge.sln") == 0;
        if (!built)
            return Close(new Tally(0, 1, 0), "the build failed");

        var results = Repo.File("artifacts/test-results");
        Directory.CreateDirectory(results);
        var tallies = new ConcurrentBag<Tally>();
        var lanes = Math.Clamp(Environment.ProcessorCount, 1, 4);
        // What races threads against each other needs the cores for itself.
        var alone = projects.Where(p => Name(p) == "Stress").ToList();
        Parallel.ForEach(Partitioner.Create(projects.Except(alone), EnumerablePartitionerOptions.NoBuffering),
            new ParallelOptions { MaxDegreeOfParallelism = lanes }, p => tallies.Add(RunOne(p, results, filter)));
        alone.ForEach(p => tallies.Add(RunOne(p, results, filter)));
        return Close(tallies.Aggregate(default(Tally), (a, b) => a + b), "no test ran");
    }

    private static List<string> Projects()
    {
        var all = Directory.GetFiles(Repo.File("tests"), "*.csproj", SearchOption.AllDirectories).ToList();
        all.RemoveAll(p => File.ReadAllText(p).Contains("<IsTestProject>false", StringComparison.Ordinal));

        // The long ones first, so that no lane is left with one at the end.
        string[] first = ["Conformance", "Functional"];
        return [.. all.OrderBy(p => first.Contains(Name(p)) ? 0 : 1).ThenBy(Name, StringComparer.Ordinal)];
    }

    private static string Name(string project) => Path.GetFileNameWithoutExtension(project);

    private static Tally RunOne(string project, string results, string filter)
    {
        var name = Name(project);
        var trx = Path.Combine(results, name + ".trx");
        File.Delete(trx);
        var assembly = Path.Combine(Path.GetDirectoryName(project)!, "bin/Release/net10.0", $"AiEdge.{name}.Tests.dll");
        List<string> arguments = ["vstest", assembly, "--nologo", "--logger:console;verbosity=minimal",
            $"--logger:trx;LogFileName={name}.trx", "--ResultsDirectory:" + results, .. filter.Length > 0 ? ["--TestCaseFilter:" + filter] : (string[])[]];
        arguments.AddRange(Directory.GetFiles(Path.GetDirectoryName(project)!, "*.runsettings").Select(f => "--Settings:" + f));

        var watch = Stopwatch.StartNew();
        var text = new StringBuilder();
        var code = Shell.Run("dotnet", arguments, line => { lock (text) text.AppendLine(line); }, ProjectTime);
        var tally = Read(trx);
        // A run that crashed or hung is a failure even if its result file is silent about it.
        tally = tally.Failed == 0 && code != 0 ? tally with { Failed = 1 } : tally;
        lock (Output)
        {
            Console.WriteLine($"{name,-16} {tally}  ({watch.Elapsed.TotalSeconds:F0} s){(code < 0 ? "  did not end in time" : "")}");
            if (tally.Failed > 0)
                Console.WriteLine(text);
        }

        return tally;
    }

    private static Tally Read(string trx)
    {
        if (!File.Exists(trx))
            return default;
        var counters = XDocument.Load(trx).Descendants().FirstOrDefault(e => e.Name.LocalName == "Counters");
        int Of(string name) => int.Parse(counters?.Attribute(name)?.Value ?? "0", CultureInfo.InvariantCulture);
        return new(Of("passed"), Of("failed") + Of("error") + Of("timeout") + Of("aborted"), Of("total") - Of("executed"));
    }

    private static int Close(Tally sum, string whyNone)
    {
        if (sum.Passed == 0)
            Console.WriteLine("build: " + whyNone);
        Console.WriteLine(sum);
        return sum is { Failed: 0, Passed: > 0 } ? 0 : 1;
    }

    private readonly record struct Tally(int Passed, int Failed, int Skipped)
    {
        public static Tally operator +(Tally a, Tally b) => new(a.Passed + b.Passed, a.Failed + b.Failed, a.Skipped + b.Skipped);

        public override string ToString() => $"{Passed} passed, {Failed} failed" + (Skipped > 0 ? $", {Skipped} skipped" : "");
    }
}

/// <summary><c>aot</c>: picks the framework, publishes, and refuses trim and AOT warnings of our own code.</summary>
internal static class NativeBuild
{
    private const string Rid = "linux-x64";

    public static int Start(string[] arguments)
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.OSArchitecture != Architecture.X64)
            return Fail("the native data plane is built for " + Rid + " on " + Rid);
        if (Shell.Run("sh", ["-c", "command -v gcc"], _ => { }) != 0 || !File.Exists("/usr/include/zlib.h"))
            return Fail("the native linker needs gcc and zlib's headers: apt-get install gcc zlib1g-dev (or your system's names of them)");

        var framework = Framework(again: arguments.Contains("--probe"));
        Console.WriteLine($"framework of the native publish: {framework}");
        var output = Repo.File("artifacts/native");
        if (Directory.Exists(output))
            Directory.Delete(output, recursive: true);
        // Warnings are judged below: those of packages are reported, those of our own code end the build.
        List<string> publish = ["publish", Repo.File("src/DataPlane"), "-c", "Release", "-v", "m", "--nologo", "-nodeReuse:false",
            "-p:AotPublish=true", "-p:AotFramework=" + framework, "-p:TreatWarningsAsErrors=false",
            "-p:PublishDocumentationFiles=false", "-p:AllowedReferenceRelatedFileExtensions=none", "-o", output];
        var own = new HashSet<string>(StringComparer.Ordinal);
        var code = Shell.Run("dotnet", publish, line =>
        {
            Console.WriteLine(line);
            if (IsOwnWarning(line))
                lock (own)
                    own.Add(line.Trim());
        });
        if (code != 0)
            return code;
        if (own.Count > 0)
            return Fail($"{own.Count} trim or AOT warnings come from our own code:\n" + string.Join('\n', own));

        foreach (var file in new DirectoryInfo(output).GetFiles("aiedge-dataplane*"))
            Console.WriteLine($"{Path.GetRelativePath(Repo.Root, file.FullName)}  {file.Length / 1048576.0:F1} MiB");
        return 0;
    }

    private static bool IsOwnWarning(string line)
    {
        var at = line.IndexOf("warning IL", StringComparison.Ordinal);
        return at >= 0 && line.Length > at + 10 && line[at + 10] is '2' or '3'
            && (line.Contains("AiEdge", StringComparison.Ordinal) || line.Contains("aiedge-dataplane", StringComparison.Ordinal)
                || line.Contains(Repo.File("src"), StringComparison.Ordinal));
    }

    /// <summary>Asks the feed once for the framework package that NativeAOT needs from .NET 10 on; the answer is kept per SDK.</summary>
    private static string Framework(bool again)
    {
        var folder = Repo.File("artifacts/probe");
        var sdk = "";
        Shell.Run("dotnet", ["--version"], line => sdk += line);
        var answer = Path.Combine(folder, $"aot-framework-{sdk}.txt");
        if (!again && File.Exists(answer))
            return File.ReadAllText(answer).Trim();

        Directory.CreateDirectory(folder);
        // Empty files of these names keep the repository's own settings out of the question.
        foreach (var name in (string[])["Directory.Build.props", "Directory.Packages.props"])
            File.WriteAllText(Path.Combine(folder, name), "<Project />");
        File.WriteAllText(Path.Combine(folder, "Probe.csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup><TargetFramework>net10.0</TargetFramework><NuGetAudit>false</NuGetAudit></PropertyGroup>
              <ItemGroup>
                <PackageDownload Include="Microsoft.NETCore.App.Runtime.NativeAOT.{Rid}" Version="[$(BundledNETCoreAppPackageVersion)]" />
                <PackageDownload Include="runtime.{Rid}.Microsoft.DotNet.ILCompiler" Version="[$(BundledNETCoreAppPackageVersion)]" />
              </ItemGroup>
            </Project>
            """);
        var found = Shell.Run("dotnet", ["restore", Path.Combine(folder, "Probe.csproj"), "-v", "q", "--nologo"], _ => { }) == 0;
        File.WriteAllText(answer, found ? "net10.0" : "net9.0");
        return found ? "net10.0" : "net9.0";
    }

    private static int Fail(string why)
    {
        Console.Error.WriteLine("build: " + why);
        return 1;
    }
}

/// <summary><c>run</c>: builds what a newcomer sees first; deploy/Sample starts it.</summary>
internal static class SampleRun
{
    public static int Start(string[] arguments)
    {
        foreach (var project in (string[])["perf/FakeUpstream", "src/DataPlane", "src/ControlPlane", "deploy/Sample"])
        {
            if (Shell.Build(project, project == "src/DataPlane" ? ["-f", "net10.0"] : []) != 0)
                return 1;
        }

        // Signals of the terminal go to both; what is started ends by itself, and this with it.
        using var onInterrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, c => c.Cancel = true);
        return Shell.Run("dotnet", [Repo.File("deploy/Sample/bin/Release/net10.0/AiEdge.Sample.dll"), Repo.Root, .. arguments]);
    }
}
