using System.Text;
using System.Text.Unicode;
using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Source;
using AiEdge.Contracts.Tree;

namespace AiEdge.DataPlane.Snapshot;

/// <summary>
/// Puts the environment's and files' texts in the place of <c>${env:NAME}</c> and <c>${file:PATH}</c> within values, and what a control
/// plane keeps in that of <c>${store:NAME}</c>; <c>$${</c> stands for <c>${</c> itself. A text put in is not looked through again. Faults
/// name the reference, never what it holds.
/// </summary>
internal sealed class ReferenceResolver
{
    private readonly ReferenceScope _scope;
    private readonly ReferencedFiles _files;
    private readonly FaultList _faults;

    /// <param name="scope">What may be referred to.</param>
    /// <param name="files">Takes the files named.</param>
    /// <param name="faults">Takes the faults.</param>
    public ReferenceResolver(ReferenceScope scope, ReferencedFiles files, FaultList faults)
    {
        _scope = scope;
        _files = files;
        _faults = faults;
    }

    /// <summary>Resolves every value below a node.</summary>
    public void Resolve(ConfigNode node)
    {
        switch (node)
        {
            case ConfigMap map:
                for (var i = 0; i < map.Entries.Count; i++)
                {
                    var entry = map.Entries[i];
                    if (entry.Name.Contains("${", StringComparison.Ordinal))
                        _faults.Add(map, entry.Name, "references are read in values, not in names");
                    if (Replacement(entry.Value) is { } value)
                        map.Replace(i, value);
                    else
                        Resolve(entry.Value);
                }

                break;
            case ConfigSequence list:
                for (var i = 0; i < list.Items.Count; i++)
                {
                    if (Replacement(list.Items[i]) is { } value)
                        list.Replace(i, value);
                    else
                        Resolve(list.Items[i]);
                }

                break;
        }
    }

    private ConfigScalar? Replacement(ConfigNode node)
    {
        if (node is not ConfigScalar { Kind: ScalarKind.Text } scalar || !scalar.Text.Contains("${", StringComparison.Ordinal))
            return null;
        var text = new StringBuilder();
        var rest = scalar.Text.AsSpan();
        var byReference = false;
        for (var at = rest.IndexOf("${"); at >= 0; at = rest.IndexOf("${"))
        {
            if (at > 0 && rest[at - 1] == '$')
            {
                text.Append(rest[..(at - 1)]).Append("${");
                rest = rest[(at + 2)..];
                continue;
            }

            text.Append(rest[..at]);
            rest = rest[(at + 2)..];
            var close = rest.IndexOf('}');
            if (close < 0)
                return Broken(scalar, "holds \"${\" without its \"}\" (write $${ for the characters themselves)");
            if (!TryFollow(rest[..close].ToString(), out var value, out var complaint))
                return Broken(scalar, complaint);
            text.Append(value);
            rest = rest[(close + 1)..];
            byReference = true;
        }

        return new ConfigScalar(ScalarKind.Text, text.Append(rest).ToString(), scalar.Line, scalar.Column, byReference);
    }

    private bool TryFollow(string reference, out string value, out string complaint)
    {
        value = "";
        var shown = ConfigText.Quote("${" + reference + "}", 200);
        if (reference.StartsWith("env:", StringComparison.Ordinal))
        {
            var name = reference[4..];
            if (IsEnvironmentName(name))
                return _scope.TryVariable(name, out value, out complaint);
            complaint = $"{shown} does not name an environment variable";
            return false;
        }

        if (reference.StartsWith("store:", StringComparison.Ordinal))
        {
            var isThere = _scope.TryStored(reference[6..], out value, out complaint);
            complaint = isThere ? "" : $"{shown}: {complaint}";
            return isThere;
        }

        if (reference.StartsWith("file:", StringComparison.Ordinal))
            return TryFile(reference[5..], shown, out value, out complaint);
        complaint = reference.StartsWith("vault:", StringComparison.Ordinal)
            ? "references to a vault are not supported yet"
            : $"holds \"${{\" without env: or file: behind it; write ${{env:NAME}} or ${{file:PATH}}, or $${{ for the characters themselves";
        return false;
    }

    private bool TryFile(string path, string shown, out string value, out string complaint)
    {
        value = "";
        if (path.Length == 0 || path.Contains('\0', StringComparison.Ordinal))
        {
            complaint = $"{shown} does not name a file";
            return false;
        }

        if (_files.Complaint(path) is { } refusal)
        {
            complaint = $"{shown}: {refusal}";
            return false;
        }

        if (!SourceFile.TryRead(_files.Add(path), SourceFile.SecretBytesMax, out var content, out complaint))
        {
            complaint = $"the file of {shown} {complaint}";
            return false;
        }

        var bytes = SourceText.WithoutMark(content);
        if (!Utf8.IsValid(bytes))
        {
            complaint = $"the file of {shown} is not valid UTF-8";
            return false;
        }

        value = Encoding.UTF8.GetString(bytes).TrimEnd('\r', '\n');
        complaint = value.Length == 0 ? $"the file of {shown} is empty" : "";
        return complaint.Length == 0;
    }

    private ConfigScalar Broken(ConfigScalar scalar, string complaint)
    {
        _faults.Add(scalar, complaint);
        return new ConfigScalar(ScalarKind.Text, "", scalar.Line, scalar.Column, byReference: true) { IsBroken = true };
    }

    private static bool IsEnvironmentName(string name)
    {
        foreach (var c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c != '_')
                return false;
        }

        return name.Length > 0 && !char.IsAsciiDigit(name[0]);
    }
}
