using System.Xml.Linq;

namespace AiEdge.Tidy.Tests;

/// <summary>Which project may refer to which. A project that is not in the table has not been thought about.</summary>
public static class ProjectRule
{
    private static readonly Dictionary<string, string[]> Allowed = new(StringComparer.Ordinal)
    {
        ["src/Contracts"] = [],
        ["src/Http"] = [],
        ["src/Tokenization"] = [],
        ["src/Limits"] = [],
        ["src/Grpc"] = [],
        ["src/Contracts.Wire"] = ["src/Grpc"],
        ["src/VocabularyTool"] = ["src/Tokenization"],
        ["src/DataPlane"] = ["src/Contracts", "src/Http", "src/Tokenization", "src/Limits", "src/Grpc", "src/Contracts.Wire"],
        ["src/ControlPlane"] = ["src/Contracts", "src/Limits", "src/Grpc", "src/Contracts.Wire"],
    };

    /// <summary>Checks one project file's references.</summary>
    public static IEnumerable<string> Find(TextFile project)
    {
        var folder = project.Path[..project.Path.LastIndexOf('/')];
        if (!folder.StartsWith("src/", StringComparison.Ordinal))
            yield break;
        if (!Allowed.TryGetValue(folder, out var allowed))
        {
            yield return $"{project}: not in the table of {nameof(ProjectRule)}";
            yield break;
        }

        foreach (var reference in References(project))
        {
            if (!allowed.Contains(reference))
                yield return $"{project}: may not refer to {reference}";
        }
    }

    /// <summary>Projects that the solution lacks.</summary>
    public static IEnumerable<string> Missing(string solution, IEnumerable<string> projects)
    {
        var listed = solution.Replace('\\', '/');
        foreach (var project in projects)
        {
            // The peers that we are compared with are built with their own packages, by themselves.
            if (project.StartsWith("perf/Compare/peers/", StringComparison.Ordinal))
                continue;
            if (!listed.Contains($"\"{project}\"", StringComparison.Ordinal))
                yield return $"dotnet sln AiEdge.sln add --solution-folder {project.Split('/')[0]} {project}";
        }
    }

    /// <summary>Lock files that a locked restore needs and that are not there.</summary>
    public static IEnumerable<string> MissingLocks(TextFile project, Func<string, bool> exists)
    {
        var folder = project.Path[..project.Path.LastIndexOf('/')];
        if (folder.StartsWith("perf/Compare/peers/", StringComparison.Ordinal))
            yield break;
        if (!exists($"{folder}/packages.lock.json"))
            yield return $"{folder}/packages.lock.json is missing: restore and commit it";
    }

    private static IEnumerable<string> References(TextFile project)
    {
        var folder = Path.GetDirectoryName(project.Path)!;
        foreach (var reference in XDocument.Parse(project.Text).Descendants().Where(e => e.Name.LocalName == "ProjectReference"))
        {
            var target = Path.GetFullPath(Path.Combine("/", folder, reference.Attribute("Include")!.Value.Replace('\\', '/')));
            yield return Path.GetDirectoryName(target)!.TrimStart('/').Replace('\\', '/');
        }
    }
}
