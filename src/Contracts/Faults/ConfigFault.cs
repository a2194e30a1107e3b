using System.Globalization;

namespace AiEdge.Contracts.Faults;

/// <summary>One thing that is wrong with a configuration document, and where.</summary>
/// <param name="Path">
/// Dotted path of the value (<c>models.gpt-4o.targets[0].provider</c>), or a flag (<c>--listen</c>); empty for the whole document.
/// </param>
/// <param name="Line">Line, counted from 1; 0 where there is none.</param>
/// <param name="Column">Column, counted from 1; 0 where there is none.</param>
/// <param name="Message">What is wrong, in words. Never holds a secret.</param>
public sealed record ConfigFault(string Path, int Line, int Column, string Message)
{
    /// <summary>The line that is printed: <c>aiedge.yaml:12: models.gpt-4o: what is wrong</c>.</summary>
    /// <param name="file">Name of the file as the user wrote it.</param>
    public string Format(string file)
    {
        var path = Path.Length == 0 ? "" : Path + ": ";
        if (Line == 0 && Path.StartsWith("--", StringComparison.Ordinal))
            return path + Message;
        return Line == 0
            ? $"{file}: {path}{Message}"
            : string.Create(CultureInfo.InvariantCulture, $"{file}:{Line}: {path}{Message}");
    }
}
