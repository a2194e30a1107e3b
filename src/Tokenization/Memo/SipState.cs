using System.Numerics;
using System.Runtime.CompilerServices;

namespace AiEdge.Tokenization.Memo;

/// <summary>SipHash-2-4 with 128 bits of result: the state between words of 64 bits.</summary>
internal struct SipState
{
    private ulong _v0;
    private ulong _v1;
    private ulong _v2;
    private ulong _v3;

    public SipState(ulong low, ulong high)
    {
        _v0 = low ^ 0x736f6d6570736575;
        _v1 = high ^ 0x646f72616e646f6d ^ 0xee;
        _v2 = low ^ 0x6c7967656e657261;
        _v3 = high ^ 0x7465646279746573;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Take(ulong word)
    {
        _v3 ^= word;
        Round();
        Round();
        _v0 ^= word;
    }

    public TextKey Finish()
    {
        _v2 ^= 0xee;
        for (int i = 0; i < 4; i++)
            Round();
        ulong low = _v0 ^ _v1 ^ _v2 ^ _v3;
        _v1 ^= 0xdd;
        for (int i = 0; i < 4; i++)
            Round();
        return new TextKey(low, _v0 ^ _v1 ^ _v2 ^ _v3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Round()
    {
        _v0 += _v1;
        _v1 = BitOperations.RotateLeft(_v1, 13) ^ _v0;
        _v0 = BitOperations.RotateLeft(_v0, 32);
        _v2 += _v3;
        _v3 = BitOperations.RotateLeft(_v3, 16) ^ _v2;
        _v0 += _v3;
        _v3 = BitOperations.RotateLeft(_v3, 21) ^ _v0;
        _v2 += _v1;
        _v1 = BitOperations.RotateLeft(_v1, 17) ^ _v2;
        _v2 = BitOperations.RotateLeft(_v2, 32);
    }
}
