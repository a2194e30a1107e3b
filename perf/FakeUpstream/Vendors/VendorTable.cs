namespace AiEdge.FakeUpstream;

/// <summary>Which vendors are imitated, a line each.</summary>
internal static class VendorTable
{
    private static readonly Vendor[] All =
    [
        new OpenAiVendor(),
        new AnthropicVendor(),
        new GeminiVendor(),
    ];

    /// <summary>Whose answers those are that are no vendor's own.</summary>
    public static Vendor First => All[0];

    /// <summary>Whose path it is; the first's where it is nobody's.</summary>
    /// <param name="path">The path.</param>
    /// <param name="post">What is posted to it, or null.</param>
    public static Vendor Find(string path, out PostPath? post)
    {
        foreach (var vendor in All)
        {
            foreach (var one in vendor.Posts)
            {
                post = one;
                if (path.EndsWith(one.End, StringComparison.Ordinal))
                    return vendor;
            }
        }

        post = null;
        return First;
    }
}
