using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Tree;

namespace AiEdge.Contracts.Source;

/// <summary>Names that stand twice in a map, kept until the tree is whole: only then has each map its path.</summary>
internal sealed class DuplicateNames
{
    private readonly List<(ConfigMap Map, string Name, int Line, int Column)> _found = [];

    public void Add(ConfigMap map, string name, int line, int column)
    {
        if (_found.Count <= FaultList.FaultsMax)
            _found.Add((map, name, line, column));
    }

    public void Report(FaultList faults)
    {
        foreach (var (map, name, line, column) in _found)
            faults.Add(ConfigPath.Of(map, name), line, column, "is there twice");
    }
}
