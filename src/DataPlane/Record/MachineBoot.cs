using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace AiEdge.DataPlane.Record;

/// <summary>
/// Which run of the machine this is. What a process has written survives its end in the memory of the system, without any sync; what
/// is read back during the same run is all of it.
/// </summary>
internal static class MachineBoot
{
    private const string File = "/proc/sys/kernel/random/boot_id";

    /// <summary>A number that is another after each start of the machine; 0 where the system says none.</summary>
    public static ulong Id { get; } = Read();

    private static ulong Read()
    {
        try
        {
            if (!OperatingSystem.IsLinux() || !Guid.TryParse(System.IO.File.ReadAllText(File), out var id))
                return 0;
            ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(new ReadOnlySpan<Guid>(in id));
            return BinaryPrimitives.ReadUInt64LittleEndian(bytes) ^ BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }
}
