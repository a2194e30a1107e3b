using AiEdge.Fuzz;

// fuzz [--seconds N] [--executions N] [--seed S] [--target NAME] [--replay FILE]
// fuzz golden --into FOLDER                                      writes what npm tiktoken says of the golden inputs
// fuzz differential [--strings N] [--seed S] [--encoding NAME] [--ways NAME,NAME]     the tokenizer beside npm tiktoken
if (args is ["golden", "--into", var folder]) return GoldenWriter.Run(folder);

var isDifferential = args is ["differential", ..];
var options = new Dictionary<string, string>(StringComparer.Ordinal);
for (var i = isDifferential ? 1 : 0; i + 1 < args.Length; i += 2) options[args[i].TrimStart('-')] = args[i + 1];
string Option(string name, string otherwise) => options.GetValueOrDefault(name, otherwise);

if (isDifferential) return Differential.Run(Option);

var seconds = double.Parse(Option("seconds", "10"));
var executions = long.Parse(Option("executions", long.MaxValue.ToString()));
var seed = int.Parse(Option("seed", Random.Shared.Next().ToString()));
var targets = FuzzTargets.All.Where(t => !options.TryGetValue("target", out var name) || t.Name == name).ToArray();
if (targets.Length == 0)
{
    Console.Error.WriteLine($"No such target. There are: {string.Join(", ", FuzzTargets.All.Select(t => t.Name))}");
    return 2;
}

if (options.TryGetValue("replay", out var file))
{
    var failures = targets.Select(t => (t.Name, Reason: Fuzzer.Explain(t, File.ReadAllBytes(file), new Random(seed)))).ToArray();
    foreach (var (name, reason) in failures) Console.WriteLine($"{name}: {reason ?? "fine"}");
    return failures.Any(f => f.Reason is not null) ? 1 : 0;
}

var failed = false;
foreach (var target in targets)
{
    var fuzzer = new Fuzzer(target, seed);
    var fine = fuzzer.Run(executions, TimeSpan.FromSeconds(seconds / targets.Length));
    Console.WriteLine($"{target.Name}: {fuzzer.Executions} executions, seed {seed}: {(fine ? "nothing found" : "FAILED")}");
    if (fuzzer.Failure is not { } failure) continue;
    failed = true;
    var path = Path.Combine(Directory.CreateDirectory("artifacts").FullName, $"fuzz-{target.Name}-{seed}.bin");
    File.WriteAllBytes(path, failure.Input);
    Console.WriteLine(failure.Reason);
    Console.WriteLine($"Input: {path} (again with --replay FILE --target {target.Name})");
    Console.WriteLine(Convert.ToHexString(failure.Input));
}
return failed ? 1 : 0;
