namespace AiEdge.DataPlane.Core;

/// <summary>How a provider is asked whether it is there, besides its requests (<c>probe:</c>), compiled.</summary>
/// <param name="Path">What is asked for, in ASCII, from the host's root on.</param>
/// <param name="Interval">From one question to the next, give or take a tenth.</param>
/// <param name="Timeout">How long one answer may take, the connection included.</param>
/// <param name="Failures">In a row, by which the provider is taken to be gone; at least 1.</param>
internal sealed record ProbeModel(byte[] Path, TimeSpan Interval, TimeSpan Timeout, int Failures);
