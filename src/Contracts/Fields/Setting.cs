using AiEdge.Contracts.Tree;

namespace AiEdge.Contracts.Fields;

/// <summary>A value that a user may have written, with the node it came from. The default value is "not written".</summary>
/// <typeparam name="T">Type of the value.</typeparam>
public readonly struct Setting<T> : IEquatable<Setting<T>>
{
    private readonly T _value;

    /// <summary>Makes a setting that was written.</summary>
    public Setting(T value, ConfigNode source)
    {
        ArgumentNullException.ThrowIfNull(source);
        _value = value;
        Source = source;
    }

    /// <summary>Where it stands; null where it was not written, or not readable.</summary>
    public ConfigNode? Source { get; }

    /// <summary>Whether it was written and could be read.</summary>
    public bool IsSet => Source is not null;

    /// <summary>The value; meaningful only where <see cref="IsSet"/>.</summary>
    public T Value => _value;

    /// <summary>Whether the value came out of the environment or a file.</summary>
    public bool ByReference => Source is ConfigScalar { ByReference: true };

    /// <summary>The value, or another one where it was not written.</summary>
    public T Or(T other) => IsSet ? _value : other;

    /// <summary>This setting where it was written, else another one.</summary>
    public Setting<T> Or(Setting<T> other) => IsSet ? this : other;

    /// <inheritdoc/>
    public bool Equals(Setting<T> other) => ReferenceEquals(Source, other.Source) && EqualityComparer<T>.Default.Equals(_value, other._value);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Setting<T> other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Source?.GetHashCode() ?? 0;

    /// <summary>Equality of value and place.</summary>
    public static bool operator ==(Setting<T> left, Setting<T> right) => left.Equals(right);

    /// <summary>Difference of value or place.</summary>
    public static bool operator !=(Setting<T> left, Setting<T> right) => !left.Equals(right);
}
