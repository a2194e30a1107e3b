using System.Collections;
using Microsoft.AspNetCore.Http.Features;

namespace AiEdge.DataPlane.Transport;

/// <summary>
/// What Kestrel keeps about a connection: a handful of entries, of which hardly one is ever looked for. One array holds them in a third
/// of what a dictionary for each connection takes. For one connection's own, which touches it from one thread at a time.
/// </summary>
internal sealed class ConnectionFeatures : IFeatureCollection
{
    private const int Grown = 4;

    private KeyValuePair<Type, object>[] _entries = [];
    private int _count;

    public bool IsReadOnly => false;

    public int Revision { get; private set; }

    public object? this[Type key]
    {
        get => IndexOf(key) is var i and >= 0 ? _entries[i].Value : null;
        set => Set(key, value);
    }

    public TFeature? Get<TFeature>() => (TFeature?)this[typeof(TFeature)];

    public void Set<TFeature>(TFeature? instance) => this[typeof(TFeature)] = instance;

    public IEnumerator<KeyValuePair<Type, object>> GetEnumerator()
    {
        for (var i = 0; i < _count; i++)
            yield return _entries[i];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private void Set(Type key, object? value)
    {
        Revision++;
        var i = IndexOf(key);
        if (value is null)
        {
            if (i < 0)
                return;
            _entries[i] = _entries[--_count];
            _entries[_count] = default;
            return;
        }

        if (i < 0)
            i = Append();
        _entries[i] = new KeyValuePair<Type, object>(key, value);
    }

    private int Append()
    {
        if (_count == _entries.Length)
            Array.Resize(ref _entries, _count + Grown);
        return _count++;
    }

    private int IndexOf(Type key)
    {
        for (var i = 0; i < _count; i++)
        {
            if (_entries[i].Key == key)
                return i;
        }

        return -1;
    }
}
