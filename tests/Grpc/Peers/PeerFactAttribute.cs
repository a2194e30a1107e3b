using AiEdge.Sdk.Tests;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace AiEdge.Grpc.Tests.Peers;

/// <summary>A test of <see cref="PeerContract"/>; before node's server it is skipped where node or npm is not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
[XunitTestCaseDiscoverer("AiEdge.Grpc.Tests.Peers.PeerFactDiscoverer", "AiEdge.Grpc.Tests")]
public sealed class PeerFactAttribute : FactAttribute;

/// <summary>Whether a test of the contract is skipped depends on the class that has it, which an attribute is not told.</summary>
public sealed class PeerFactDiscoverer(IMessageSink sink) : FactDiscoverer(sink)
{
    private readonly IMessageSink _sink = sink;

    protected override IXunitTestCase CreateTestCase(ITestFrameworkDiscoveryOptions discoveryOptions, ITestMethod testMethod, IAttributeInfo factAttribute) =>
        NodeFactAttribute.Lacking is { } reason && testMethod.TestClass.Class.Name == typeof(NodeServerTests).FullName
            ? new XunitSkippedDataRowTestCase(_sink, discoveryOptions.MethodDisplayOrDefault(), discoveryOptions.MethodDisplayOptionsOrDefault(), testMethod, reason)
            : base.CreateTestCase(discoveryOptions, testMethod, factAttribute);
}
