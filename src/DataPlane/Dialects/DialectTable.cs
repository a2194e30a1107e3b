using System.Runtime.CompilerServices;
using System.Text;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Parse;
using AiEdge.Http;

namespace AiEdge.DataPlane.Dialects;

/// <summary>The dialects that are spoken here, one line each, in the order of <see cref="Dialect"/>.</summary>
internal static class DialectTable
{
    /// <summary>What stands for a dialect where a provider's own path is called.</summary>
    public const string Passthrough = "passthrough";

    private static readonly DialectForm[] All =
    [
        new OpenAi.OpenAiForm(),
        new Anthropic.AnthropicForm(),
        new Gemini.GeminiForm(),
    ];

    private static readonly Endpoint[] Endpoints = EndpointsOfAll();

    /// <summary>Every dialect.</summary>
    public static ReadOnlySpan<DialectForm> Forms => All;

    public static DialectForm Of(Dialect dialect) => All[(int)dialect];

    /// <summary>The dialect of a name out of a configuration that was found to be without faults.</summary>
    public static Dialect Named(string name)
    {
        foreach (var form in All)
        {
            if (form.Name == name)
                return form.Id;
        }

        throw new ArgumentException("not a dialect", nameof(name));
    }

    /// <summary>Hands down what lower layers have to know of each, before anything else is done.</summary>
    [ModuleInitializer]
    internal static void Publish()
    {
        foreach (var form in All)
        {
            DialectTraits.Use(form.Traits);
            ShapeTraits.Use(form.Shapes);
            RequestForm.Use(form.Requests);
        }
    }

    /// <summary>The row of a path, in whatever dialect it is, or null.</summary>
    public static Endpoint? Find(ReadOnlySpan<byte> path)
    {
        foreach (var endpoint in Endpoints)
        {
            if (endpoint.Takes(path))
                return endpoint;
        }

        return null;
    }

    /// <summary>The name of the dialect that a served path is called in; of native paths that they are.</summary>
    public static string NameOf(string path)
    {
        if (path.StartsWith(PassthroughModel.Prefix, StringComparison.Ordinal))
            return Passthrough;
        var utf8 = Encoding.UTF8.GetBytes(path);
        return Of(Find(utf8)?.Dialect ?? Owner(utf8)).Name;
    }

    /// <summary>Whose client asks, where the same path lists models to clients of several dialects.</summary>
    public static Dialect Speaker(RequestHead head, Dialect otherwise)
    {
        foreach (var form in All)
        {
            if (form.IsSpokenBy(head))
                return form.Id;
        }

        return otherwise;
    }

    /// <summary>In which dialect the caller of a path that is not served is told so: the first, unless another owns it.</summary>
    public static Dialect Owner(ReadOnlySpan<byte> path)
    {
        foreach (var form in All)
        {
            if (form.Owns(path))
                return form.Id;
        }

        return All[0].Id;
    }

    private static Endpoint[] EndpointsOfAll()
    {
        var endpoints = new List<Endpoint>();
        foreach (var form in All)
            endpoints.AddRange(form.Endpoints);
        return [.. endpoints];
    }
}
