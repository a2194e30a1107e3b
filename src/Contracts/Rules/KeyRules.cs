using System.Globalization;
using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Fields;
using AiEdge.Contracts.Options;
using AiEdge.Contracts.Tree;

namespace AiEdge.Contracts.Rules;

/// <summary>What must hold for keys, each by itself and all together.</summary>
public sealed class KeyRules
{
    private readonly ConfigOptions _document;
    private readonly FaultList _faults;
    private readonly Dictionary<string, int> _lineOfName = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _lineOfDigest = new(StringComparer.Ordinal);
    private readonly Dictionary<string, bool> _isListed = new(StringComparer.Ordinal);
    private readonly Dictionary<string, bool> _isPlace = new(StringComparer.Ordinal);
    private readonly HashSet<string> _regions = new(StringComparer.Ordinal);

    /// <summary>Makes the rules of one document.</summary>
    public KeyRules(ConfigOptions document, FaultList faults)
    {
        _document = document;
        _faults = faults;
        foreach (var provider in document.Providers)
            AddRegion(provider.Region);
        foreach (var model in document.Models)
        {
            foreach (var target in model.Targets)
                AddRegion(target.Region);
        }
    }

    /// <summary>All rules for one key.</summary>
    public void Check(KeyOptions key)
    {
        ArgumentNullException.ThrowIfNull(key);
        CheckNameIsUnique(key);
        CheckDigestIsUnique(key.Sha256);
        if (key.Previous is { } previous)
            CheckDigestIsUnique(previous.Sha256);
        CheckReferences(key);
    }

    /// <summary>Those that look at no other key: what it names is there.</summary>
    public void CheckReferences(KeyOptions key)
    {
        ArgumentNullException.ThrowIfNull(key);
        CheckTeam(key);
        CheckModels(key);
        CheckMap(key);
        CheckPassthrough(key);
    }

    /// <summary>What keeps a key from what it was given for, and is no fault of the document: it locks a client out.</summary>
    public void Warn(KeyOptions key, FaultList warnings)
    {
        ArgumentNullException.ThrowIfNull(key);
        WarnOfRegions(key.Regions, warnings);
        if (!key.Models.IsSet)
            return;
        foreach (var (_, to) in key.ModelMap.Or([]))
        {
            if (ModelRules.NameOf(to.Value, _document) is { } name && !MayAsk(key, name))
                warnings.Add(to.Source!, "is none of the key's models, so that whoever asks for it is refused");
        }
    }

    /// <summary>Regions in which nobody is lead nowhere.</summary>
    public void WarnOfRegions(Setting<IReadOnlyList<Setting<string>>> regions, FaultList warnings)
    {
        ArgumentNullException.ThrowIfNull(warnings);
        foreach (var region in regions.Or([]))
        {
            if (!IsPlace(region.Value))
                warnings.Add(region.Source!, "is the region of no target");
        }
    }

    private static bool MayAsk(KeyOptions key, string name)
    {
        foreach (var pattern in key.Models.Value)
        {
            if (GlobPattern.Covers(pattern.Value, name))
                return true;
        }

        return false;
    }

    private void AddRegion(Setting<string> region)
    {
        if (region.IsSet)
            _regions.Add(region.Value);
    }

    private bool IsPlace(string pattern)
    {
        if (_isPlace.TryGetValue(pattern, out var isPlace))
            return isPlace;
        foreach (var region in _regions)
            isPlace |= GlobPattern.Covers(pattern, region);
        _isPlace.Add(pattern, isPlace);
        return isPlace;
    }

    private void CheckNameIsUnique(KeyOptions key)
    {
        if (!key.Name.IsSet || _lineOfName.TryAdd(key.Name.Value, key.Name.Source!.Line))
            return;
        var line = _lineOfName[key.Name.Value];
        _faults.Add(key.Name.Source!, string.Create(CultureInfo.InvariantCulture, $"the key on line {line} has the same name"));
    }

    private void CheckDigestIsUnique(Setting<byte[]> sha256)
    {
        if (!sha256.IsSet)
            return;
        var digest = Convert.ToHexString(sha256.Value);
        if (_lineOfDigest.TryAdd(digest, sha256.Source!.Line))
            return;
        var line = _lineOfDigest[digest];
        _faults.Add(sha256.Source!, string.Create(CultureInfo.InvariantCulture, $"the key on line {line} has the same digest"));
    }

    private void CheckTeam(KeyOptions key)
    {
        if (!key.Team.IsSet || _document.TeamNames.Contains(key.Team.Value))
            return;
        var source = (ConfigScalar)key.Team.Source!;
        var hint = source.ByReference ? "" : Suggestion.For(source.Text, _document.TeamNames);
        _faults.Add(source, source.ByReference ? "no team has the name referred to" : $"no team named {source.Shown}{hint}");
    }

    /// <summary>Each entry can match a model: one that cannot is a typing error that would lock a client out.</summary>
    private void CheckModels(KeyOptions key)
    {
        if (!key.Models.IsSet)
            return;
        foreach (var entry in key.Models.Value)
        {
            if (IsListed(entry.Value))
                continue;
            var source = (ConfigScalar)entry.Source!;
            var hint = source.ByReference ? "" : Suggestion.For(source.Text, _document.ModelNames);
            _faults.Add(source, source.ByReference ? "the model referred to is listed nowhere" : $"the model {source.Shown} is listed nowhere{hint}");
        }
    }

    /// <summary>What a name is mapped to is a model.</summary>
    private void CheckMap(KeyOptions key)
    {
        foreach (var (_, to) in key.ModelMap.Or([]))
        {
            if (ModelRules.RuleOf(to.Value, _document) is not null)
                continue;
            var source = (ConfigScalar)to.Source!;
            var hint = source.ByReference ? "" : Suggestion.For(source.Text, _document.ModelNames);
            _faults.Add(source, source.ByReference ? "no model has the name referred to" : $"no model answers to {source.Shown}{hint}");
        }
    }

    /// <summary>Each native path is one of a provider that is there, written as that one's dialect has it.</summary>
    private void CheckPassthrough(KeyOptions key)
    {
        foreach (var entry in key.Passthrough.Or([]))
        {
            if (!PassthroughText.TryParse(entry.Value, out var rule))
                continue;
            var source = (ConfigScalar)entry.Source!;
            var provider = Provider(rule.Provider);
            if (provider is null)
                _faults.Add(source, source.ByReference ? "no provider has the name referred to" : $"no provider named \"{rule.Provider}\"");
            else if (provider.Sheet is { BaseEndsIn: { Length: > 0 } end } && !rule.Path.StartsWith(end + "/", StringComparison.Ordinal))
                _faults.Add(source, $"has to name a path below {end}/, which stands for what baseUrl ends in");
        }
    }

    private ProviderOptions? Provider(string name)
    {
        foreach (var provider in _document.Providers)
        {
            if (provider.Name == name)
                return provider;
        }

        return null;
    }

    private bool IsListed(string pattern)
    {
        if (_isListed.TryGetValue(pattern, out var isListed))
            return isListed;
        isListed = _document.ModelNames.Contains(pattern);
        if (!isListed)
        {
            foreach (var name in _document.ModelNames)
            {
                if (name.Length <= TextRules.ModelCharsMax && GlobPattern.Overlaps(pattern, name))
                {
                    isListed = true;
                    break;
                }
            }
        }

        _isListed.Add(pattern, isListed);
        return isListed;
    }
}
