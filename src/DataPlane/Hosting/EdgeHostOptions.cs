using AiEdge.DataPlane.Link;
using AiEdge.DataPlane.Snapshot;

namespace AiEdge.DataPlane.Hosting;

/// <summary>How a data plane is started.</summary>
internal sealed class EdgeHostOptions
{
    /// <summary>The configuration file; null where a control plane sends the configuration.</summary>
    public string? ConfigPath { get; init; }

    /// <summary>The control plane; null where there is a file.</summary>
    public LinkOptions? ControlPlane { get; init; }

    public ConfigOverrides Overrides { get; init; } = ConfigOverrides.None;

    /// <summary>The environment that <c>${env:…}</c> is resolved in.</summary>
    public Func<string, string?> Environment { get; init; } = System.Environment.GetEnvironmentVariable;

    /// <summary>The folder of the usage journal; null keeps none.</summary>
    public string? DataDir { get; init; }

    /// <summary>Where records go, one JSON object a line; it is not closed.</summary>
    public Stream Records { get; init; } = Stream.Null;

    /// <summary>Where warnings and what happens to the process go.</summary>
    public TextWriter Log { get; init; } = TextWriter.Null;

    /// <summary>The time that limits live by.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>File descriptors that the process may have open.</summary>
    public long DescriptorsMax { get; init; } = long.MaxValue;
}
