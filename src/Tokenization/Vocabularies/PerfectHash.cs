using System.Runtime.CompilerServices;

namespace AiEdge.Tokenization.Vocabularies;

/// <summary>
/// A hash without collisions over a fixed set of keys: a small array of pilots, found when the vocabulary is compiled, sends
/// every key to a slot of its own. A lookup therefore reads one pilot, which is near, and one slot, which may be far, whether the
/// key is there or not; and the slots are almost all in use. Both matter where the caches hold other people's data.
/// </summary>
internal readonly unsafe struct PerfectHash
{
    private const ulong PilotFactor = 0xE703_7ED1_A0B4_28DB;
    private const ulong SlotFactor = 0x8EBC_6AF0_9C88_C6E3;

    private readonly ushort* _pilots;
    private readonly uint _pilotCount;
    private readonly uint _slotCount;

    public PerfectHash(ushort* pilots, uint pilotCount, uint slotCount, ulong seed)
    {
        _pilots = pilots;
        _pilotCount = pilotCount;
        _slotCount = slotCount;
        Seed = seed;
    }

    /// <summary>What keys are hashed with.</summary>
    public ulong Seed { get; }

    /// <summary>The only slot where a key of this hash can be.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Slot(ulong hash) => Slot(hash, _pilots[Pilot(hash, _pilotCount)], _slotCount);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Pilot(ulong hash, uint pilotCount) => (uint)(((hash & uint.MaxValue) * pilotCount) >> 32);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Slot(ulong hash, uint pilot, uint slotCount)
    {
        var mixed = (hash ^ (pilot * PilotFactor)) * SlotFactor;
        return (uint)(((mixed >> 32) * slotCount) >> 32);
    }
}
