using Google.Protobuf.Reflection;

namespace AiEdge.Contracts.Wire.Tests;

/// <summary>What other versions know of aiedge.v1 stays true: released.txt holds every number with its name and type.</summary>
public sealed class ReleasedTests
{
    private static readonly FileDescriptor[] Files =
        [PlaneReflection.Descriptor, EnrolmentReflection.Descriptor, ConfigReflection.Descriptor, QuotaReflection.Descriptor, UsageReflection.Descriptor];

    [Fact]
    public void Numbers_names_and_types_are_as_released()
    {
        var released = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "released.txt"));
        Assert.Equal(released.Order(StringComparer.Ordinal), Lines().Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_first_number_of_an_enumeration_says_nothing() =>
        Assert.All(Files.SelectMany(f => f.EnumTypes), e => Assert.EndsWith("_UNSPECIFIED", e.FindValueByNumber(0).Name, StringComparison.Ordinal));

    [Fact]
    public void Methods_are_those_of_the_protos()
    {
        var protos = Files.SelectMany(f => f.Services).SelectMany(s => s.Methods)
            .Select(m => $"/{m.Service.FullName}/{m.Name} {m.InputType.ClrType.Name} {m.OutputType.ClrType.Name}");
        string[] ours = [Of(PlaneMethods.Join), Of(PlaneMethods.Watch), Of(PlaneMethods.Sync), Of(PlaneMethods.Report)];
        Assert.Equal(protos.Order(StringComparer.Ordinal), ours.Order(StringComparer.Ordinal));

        static string Of<TUp, TDown>(AiEdge.Grpc.GrpcMethod<TUp, TDown> method)
            where TUp : class
            where TDown : class => $"{method.Path} {typeof(TUp).Name} {typeof(TDown).Name}";
    }

    private static IEnumerable<string> Lines()
    {
        foreach (var message in Files.SelectMany(f => f.MessageTypes))
        {
            foreach (var field in message.Fields.InDeclarationOrder())
                yield return $"{message.FullName}.{field.Name} {field.FieldNumber} {TypeOf(field)}";
        }

        foreach (var value in Files.SelectMany(f => f.EnumTypes).SelectMany(e => e.Values))
            yield return $"{value.EnumDescriptor.FullName}.{value.Name} {value.Number}";
    }

    private static string TypeOf(FieldDescriptor field) => field switch
    {
        { IsMap: true } => "map",
        { FieldType: FieldType.Message } => field.MessageType.FullName + Many(field),
        { FieldType: FieldType.Enum } => field.EnumType.FullName + Many(field),
        _ => field.FieldType.ToString().ToLowerInvariant() + Many(field),
    };

    private static string Many(FieldDescriptor field) => field.IsRepeated ? " repeated" : "";
}
