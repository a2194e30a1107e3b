namespace AiEdge.FakeUpstream;

/// <summary>Which vendors are imitated: whoever has a folder, and in it a <see cref="Vendor"/>.</summary>
internal static class VendorTable
{
    private static readonly Vendor[] All =
    [
        .. typeof(Vendor).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(Vendor))).OrderBy(type => type.Name, StringComparer.Ordinal)
            .Select(type => (Vendor)Activator.CreateInstance(type)!),
    ];

    /// <summary>Whose answers those are that are no vendor's own.</summary>
    public static Vendor First { get; } = All.First(vendor => vendor is OpenAiVendor);

    /// <summary>Whose path it is; <see cref="First"/>'s where it is nobody's.</summary>
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
