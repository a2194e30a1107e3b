using System.Globalization;

namespace AiEdge.DataPlane.Link;

/// <summary>
/// How many planes there were when the control plane last said so, kept over a restart: a plane that starts while the control plane is away
/// goes on with its part of the limits. A file that cannot be read or written is as good as none.
/// </summary>
internal sealed class PlaneCount(string folder)
{
    private readonly string _path = Path.Combine(folder, "plane.count");

    /// <summary>0 if it is not known.</summary>
    public int Read()
    {
        try
        {
            return File.Exists(_path) && int.TryParse(File.ReadAllText(_path), NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }

    public void Write(int count)
    {
        try
        {
            File.WriteAllText(_path + ".new", count.ToString(CultureInfo.InvariantCulture));
            File.Move(_path + ".new", _path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next answer that says another number tries again.
        }
    }
}
