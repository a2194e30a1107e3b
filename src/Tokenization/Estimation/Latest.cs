namespace AiEdge.Tokenization.Estimation;

/// <summary>
/// The latest of the values that one thread at a time publishes; any number of threads read it whole, and none of them waits.
/// <para>
/// Requirements: what is read was published as it is; a writer that is stopped in the middle stops no reader. There are two
/// slots: publication n writes slot n mod 2 between raising <c>_begun</c> to n and raising <c>_published</c> to n. Argument: a
/// reader takes p from <c>_published</c> (acquire), so that it sees all of publication p, copies slot p mod 2, and looks at
/// <c>_begun</c> behind a full fence. Only publication p + 2 and later ones write that slot, and a fence stands between their
/// raising <c>_begun</c> and their first write: had the copy seen any such write, then <c>_begun</c> would be seen at p + 2 or
/// more, and the copy is thrown away. Two publications must pass during one copy for that.
/// </para>
/// </summary>
internal sealed class Latest<T>
    where T : struct
{
    private T _even;
    private T _odd;
    private long _begun;
    private long _published;

    public Latest(in T first) => _even = first;

    /// <summary>Replaces the value. The caller sees to it that there is one publisher at a time.</summary>
    public void Publish(in T value)
    {
        long turn = _published + 1;
        Interlocked.Exchange(ref _begun, turn);
        if ((turn & 1) == 0)
            _even = value;
        else
            _odd = value;
        Volatile.Write(ref _published, turn);
    }

    public void Read(out T value)
    {
        long turn;
        do
        {
            turn = Volatile.Read(ref _published);
            value = (turn & 1) == 0 ? _even : _odd;
            Interlocked.MemoryBarrier();
        }
        while (Volatile.Read(ref _begun) - turn >= 2);
    }
}
