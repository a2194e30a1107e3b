using System.Text;

namespace AiEdge.FakeUpstream;

/// <summary>The fields of a multipart/form-data body (RFC 7578); of files, the name is kept under `file` and their length under `file.bytes`.</summary>
internal static class MultipartForm
{
    public static Dictionary<string, string> Read(ReadOnlySpan<byte> body, string contentType, out string? fault)
    {
        var form = new Dictionary<string, string>();
        fault = null;
        var at = contentType.IndexOf("boundary=", StringComparison.OrdinalIgnoreCase);
        if (at < 0)
        {
            fault = "The multipart body has no boundary.";
            return form;
        }

        var boundary = contentType[(at + 9)..].Split(';')[0].Trim().Trim('"');
        var dash = Encoding.Latin1.GetBytes("--" + boundary);
        if (!body.StartsWith(dash))
        {
            fault = "The multipart body does not begin with its boundary.";
            return form;
        }

        var delimiter = Encoding.Latin1.GetBytes("\r\n--" + boundary);
        body = body[dash.Length..];
        while (body.StartsWith("\r\n"u8))
        {
            body = body[2..];
            var end = body.IndexOf(delimiter);
            var headEnd = body.IndexOf("\r\n\r\n"u8);
            if (end < 0 || headEnd < 0 || headEnd > end)
            {
                fault = "A multipart part does not end.";
                return form;
            }

            AddPart(form, Encoding.UTF8.GetString(body[..headEnd]), body[(headEnd + 4)..end]);
            body = body[(end + delimiter.Length)..];
        }

        if (!body.StartsWith("--"u8))
            fault = "The multipart body does not end with its boundary.";
        return form;
    }

    private static void AddPart(Dictionary<string, string> form, string head, ReadOnlySpan<byte> content)
    {
        var name = Parameter(head, "; name=");
        if (name is null)
            return;
        if (Parameter(head, "; filename=") is { } file)
        {
            form[name] = file;
            form[name + ".bytes"] = content.Length.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }
        else
        {
            form[name] = Encoding.UTF8.GetString(content);
        }
    }

    private static string? Parameter(string head, string prefix)
    {
        var at = head.IndexOf(prefix, StringComparison.OrdinalIgnoreCase);
        if (at < 0)
            return null;
        var rest = head[(at + prefix.Length)..];
        return rest.StartsWith('"') ? rest[1..rest.IndexOf('"', 1)] : rest.Split(';', '\r')[0];
    }
}
