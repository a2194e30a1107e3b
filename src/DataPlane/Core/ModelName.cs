using System.Text;

namespace AiEdge.DataPlane.Core;

/// <summary>A model's name that a request may be given in the place of the one that it came with.</summary>
internal sealed class ModelName(string name)
{
    /// <summary>The name in UTF-8.</summary>
    public byte[] Utf8 { get; } = Encoding.ASCII.GetBytes(name);

    /// <summary>The name as a JSON string token with its quotes; it is printable ASCII, so that two characters need an escape.</summary>
    public byte[] Json { get; } =
        Encoding.ASCII.GetBytes("\"" + name.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal) + "\"");
}
