using System.Globalization;
using YamlDotNet.RepresentationModel;
using ControlCommand = AiEdge.ControlPlane.Hosting.CommandLine;
using PlaneCommand = AiEdge.DataPlane.Hosting.CommandLine;

namespace AiEdge.Functional.Tests.Fleet;

/// <summary>What lies in <c>deploy</c> and no test starts: its flags are the programs' own, and names, ports and paths fit each other.</summary>
public sealed class DeployTests
{
    private static readonly string Folder = FindFolder();

    public static TheoryData<string> Files =>
        [.. Directory.GetFiles(Folder, "compose*.yaml").Concat(Directory.GetFiles(Folder, "kubernetes*.yaml")).Select(static f => Path.GetFileName(f))];

    [Theory]
    [MemberData(nameof(Files))]
    public void Its_flags_and_variables_are_those_of_the_programs(string file)
    {
        var containers = Containers(file).ToList();
        Assert.NotEmpty(containers);
        foreach (var (image, arguments, variables) in containers)
        {
            var isControl = image.StartsWith("aiedge-controlplane", StringComparison.Ordinal);
            var usage = isControl ? ControlCommand.Usage : PlaneCommand.Usage;
            Assert.All(arguments.Where(static a => a.StartsWith('-')), flag => Assert.Contains(flag + " ", usage, StringComparison.Ordinal));
            Assert.All(variables.Keys.Where(static v => v.StartsWith("AIEDGE_", StringComparison.Ordinal)), name => Assert.Contains(name, usage, StringComparison.Ordinal));
            var complaint = isControl
                ? ControlCommand.Parse(arguments, variables.GetValueOrDefault).Complaint
                : PlaneCommand.Parse(arguments.Length > 0 ? arguments : ["--config", "/etc/aiedge/aiedge.yaml"], variables.GetValueOrDefault).Complaint;
            Assert.Null(complaint);
        }
    }

    [Theory]
    [InlineData("compose-fleet.yaml")]
    [InlineData("kubernetes-fleet.yaml")]
    public void Planes_ask_where_the_control_plane_listens_with_TLS_that_it_has(string file)
    {
        var containers = Containers(file).ToList();
        var control = Assert.Single(containers, static c => c.Image.StartsWith("aiedge-controlplane", StringComparison.Ordinal));
        var plane = Assert.Single(containers, static c => c.Image.StartsWith("aiedge-dataplane", StringComparison.Ordinal));
        var address = new Uri(PlaneCommand.Parse(plane.Arguments, plane.Variables.GetValueOrDefault).ControlPlane!);
        Assert.Equal("https", address.Scheme);
        Assert.EndsWith($":{address.Port}", control.Variables["AIEDGE_GRPC"], StringComparison.Ordinal);
        Assert.True(control.Variables.ContainsKey("AIEDGE_TLS_CERT") && control.Variables.ContainsKey("AIEDGE_CLIENT_CA"));
        Assert.True(plane.Variables.ContainsKey("AIEDGE_CONTROL_PLANE_CERT") && plane.Variables.ContainsKey("AIEDGE_CONTROL_PLANE_CA"));
        var names = file.StartsWith("compose", StringComparison.Ordinal)
            ? Mapping(Documents(file)[0], "services").Children.Keys.Select(static k => k.ToString())
            : Documents(file).Where(static d => Text(d, "kind") == "Service").Select(static d => Text(Mapping(d, "metadata"), "name"));
        Assert.Contains(address.Host, names);
    }

    [Theory]
    [InlineData("kubernetes-fleet.yaml")]
    [InlineData("kubernetes-sidecar.yaml")]
    public void Probes_ask_ports_that_are_there_and_mounts_are_of_volumes_that_are_there(string file)
    {
        foreach (var document in Documents(file).Where(static d => Text(d, "kind") is "Deployment" or "StatefulSet"))
        {
            var spec = Mapping(document, "spec");
            var pod = Mapping(Mapping(spec, "template"), "spec");
            var volumes = Items(pod, "volumes").Select(static v => Text(v, "name"))
                .Concat(Items(spec, "volumeClaimTemplates").Select(static c => Text(Mapping(c, "metadata"), "name"))).ToList();
            foreach (var container in Items(pod, "containers").Concat(Items(pod, "initContainers")))
            {
                Assert.All(Items(container, "volumeMounts"), mount => Assert.Contains(Text(mount, "name"), volumes));
                var ports = Items(container, "ports").ToDictionary(static p => Text(p, "name"), static p => Text(p, "containerPort"));
                foreach (var probe in (string[])["startupProbe", "readinessProbe", "livenessProbe"])
                {
                    if (!container.Children.ContainsKey(probe))
                        continue;
                    var get = Mapping(Mapping(container, probe), "httpGet");
                    Assert.Contains(Text(get, "path"), (string[])["/readyz", "/healthz"]);
                    var port = ports[Text(get, "port")];
                    Assert.Contains(container.AllNodes.OfType<YamlScalarNode>(), n => n.Value == $"0.0.0.0:{port}");
                }

                // What flags and variables name below a mount is there, or is written there.
                var mounts = Items(container, "volumeMounts").Select(static m => Text(m, "mountPath")).ToList();
                var (_, arguments, variables) = Read(container, "args");
                foreach (var path in arguments.Concat(variables.Values).Where(static v => v.StartsWith('/')))
                    Assert.Contains(mounts, mount => path == mount || path.StartsWith(mount + "/", StringComparison.Ordinal));
            }
        }
    }

    [Theory]
    [InlineData("Dockerfile.controlplane", ControlCommand.DefaultHttp, ControlCommand.DefaultGrpc)]
    [InlineData("Dockerfile", "127.0.0.1:8080", "127.0.0.1:8080")]
    public void An_image_exposes_the_ports_that_its_program_has(string file, string one, string other)
    {
        var line = Assert.Single(File.ReadAllLines(Path.Combine(Folder, file)), static l => l.StartsWith("EXPOSE", StringComparison.Ordinal));
        foreach (var port in line.Split(' ')[1..])
            Assert.Contains(int.Parse(port, CultureInfo.InvariantCulture), (int[])[Port(one), Port(other)]);
    }

    private static int Port(string address) => int.Parse(address.Split(':')[1], CultureInfo.InvariantCulture);

    /// <summary>Those of our images, wherever they stand.</summary>
    private static IEnumerable<(string Image, string[] Arguments, Dictionary<string, string> Variables)> Containers(string file) =>
        Documents(file).SelectMany(static d => d.AllNodes.OfType<YamlMappingNode>())
            .Where(static node => Text(node, "image").StartsWith("aiedge-", StringComparison.Ordinal))
            .Select(static node => Read(node, node.Children.ContainsKey("args") ? "args" : "command"));

    private static (string Image, string[] Arguments, Dictionary<string, string> Variables) Read(YamlMappingNode container, string arguments)
    {
        var variables = new Dictionary<string, string>();
        if (container.Children.TryGetValue("environment", out var map))
        {
            foreach (var (name, value) in ((YamlMappingNode)map).Children)
                variables[name.ToString()] = value.ToString();
        }

        foreach (var variable in Items(container, "env"))
            variables[Text(variable, "name")] = Text(variable, "value") is { Length: > 0 } value ? value : "of a secret";
        var given = container.Children.TryGetValue(arguments, out var list) ? ((YamlSequenceNode)list).Select(static a => a.ToString()).ToArray() : [];
        return (Text(container, "image"), given, variables);
    }

    private static List<YamlMappingNode> Documents(string file)
    {
        var stream = new YamlStream();
        using var reader = File.OpenText(Path.Combine(Folder, file));
        stream.Load(reader);
        return [.. stream.Documents.Select(static d => (YamlMappingNode)d.RootNode)];
    }

    private static string Text(YamlMappingNode node, string name) => node.Children.TryGetValue(name, out var value) && value is YamlScalarNode text ? text.Value ?? "" : "";

    private static YamlMappingNode Mapping(YamlMappingNode node, string name) => (YamlMappingNode)node.Children[name];

    private static IEnumerable<YamlMappingNode> Items(YamlMappingNode node, string name) =>
        node.Children.TryGetValue(name, out var list) && list is YamlSequenceNode items ? items.OfType<YamlMappingNode>() : [];

    private static string FindFolder()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "AiEdge.sln")))
            folder = Path.GetDirectoryName(folder) ?? throw new DirectoryNotFoundException("AiEdge.sln is in no folder above");
        return Path.Combine(folder, "deploy");
    }
}
