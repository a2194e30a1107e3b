using AiEdge.DataPlane.Transport;

namespace AiEdge.Stress.Tests;

/// <summary>
/// Finds blocks that went back twice, or never: two threads rent more than are about, and no block may turn up twice among
/// theirs; and the number of different blocks stays small, for each lost one is replaced by a new one sooner or later.
/// </summary>
internal sealed class BlockLedger(BlockPool pool)
{
    /// <summary>What the test's threads rent and hold, and what the pool may keep for each of them, and room.</summary>
    public const int BlocksMax = 256;

    private const int RentedByEach = 48;

    private readonly Block[][] _rented = [new Block[RentedByEach], new Block[RentedByEach]];
    private readonly HashSet<Block> _ever = [];

    public BlockPool Pool => pool;

    /// <summary>On the thread that may have given blocks back: a pool may keep them for it.</summary>
    public void RentSome(int renter)
    {
        for (var i = 0; i < RentedByEach; i++)
            _rented[renter][i] = pool.RentSmall();
    }

    /// <summary>Compares what was rented and gives it back.</summary>
    public string? Judge()
    {
        var blocks = _rented.SelectMany(rented => rented).ToList();
        _ever.UnionWith(blocks);
        if (blocks.Distinct().Count() < blocks.Count)
            return "a block came back twice";
        blocks.ForEach(pool.Return);
        return _ever.Count <= BlocksMax ? null : "blocks do not come back";
    }
}
