using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Fields;
using AiEdge.Contracts.Tree;

namespace AiEdge.Contracts.Options;

/// <summary>Files of a TLS section (PEM). Paths that are not absolute start at the configuration's folder.</summary>
public sealed class TlsOptions
{
    /// <summary>Authorities trusted besides the system's.</summary>
    public static readonly StringField CaFileField = new("caFile", TextRules.FilePath);

    /// <summary>Certificate to show, with its chain.</summary>
    public static readonly StringField CertificateField = new("certificate", TextRules.FilePath);

    /// <summary>Private key of the certificate.</summary>
    public static readonly StringField KeyField = new("key", TextRules.FilePath);

    /// <summary>The fields of a provider's section.</summary>
    public static readonly FieldTable ProviderTable = new("a provider's tls", CaFileField, CertificateField, KeyField);

    /// <summary>The fields of the server's section.</summary>
    public static readonly FieldTable ServerTable = new("the server's tls", CertificateField, KeyField);

    /// <summary>The section; null where there is none.</summary>
    public ConfigMap? Node { get; init; }

    /// <summary>See <see cref="CaFileField"/>.</summary>
    public Setting<string> CaFile { get; init; }

    /// <summary>See <see cref="CertificateField"/>.</summary>
    public Setting<string> Certificate { get; init; }

    /// <summary>See <see cref="KeyField"/>.</summary>
    public Setting<string> Key { get; init; }

    /// <summary>Reads the section.</summary>
    public static TlsOptions Read(ConfigNode? node, FieldTable table, FaultList faults)
    {
        var reader = node is null ? null : FieldReader.Open(node, table, faults);
        return reader is null ? new TlsOptions() : new TlsOptions
        {
            Node = reader.Map,
            CaFile = table == ProviderTable ? reader.Get(CaFileField) : default,
            Certificate = reader.Get(CertificateField),
            Key = reader.Get(KeyField),
        };
    }
}
