using System.Globalization;
using System.Text;

namespace AiEdge.FakeUpstream;

/// <summary>Anthropic, and Claude at Google's Vertex.</summary>
internal sealed class AnthropicVendor : Vendor
{
    /// <summary>To how much it rounds what is left of tokens.</summary>
    private const long TokensRounded = 1000;

    private static readonly byte[] Fields = Encoding.ASCII.GetBytes(
        "anthropic-ratelimit-requests-limit: 4000\r\nanthropic-ratelimit-requests-remaining: 3999\r\nanthropic-ratelimit-requests-reset: 2030-01-01T00:00:00Z\r\n"
        + "anthropic-ratelimit-tokens-limit: 400000\r\nanthropic-ratelimit-tokens-remaining: 399000\r\nanthropic-ratelimit-tokens-reset: 2030-01-01T00:00:00Z\r\n"
        + "anthropic-organization-id: fake-org\r\nset-cookie: __cf_fake=abc; path=/; HttpOnly; Secure\r\nvia: 1.1 google\r\ncf-cache-status: DYNAMIC\r\n"
        + "strict-transport-security: max-age=31536000; includeSubDomains; preload\r\nx-robots-tag: none\r\nServer: fake\r\n");

    public override IReadOnlyList<PostPath> Posts { get; } =
    [
        new("/messages", MessagesAnswer.Make),
        new(":rawPredict", MessagesAnswer.Make),
        new(":streamRawPredict", MessagesAnswer.Make),
        new("/messages/count_tokens", CountAnswer.By("{\"input_tokens\":")),
    ];

    public override RequestWords Words { get; } = new(["max_tokens"], ["tools", "output_config"]);

    public override byte[] IdHeader { get; } = "request-id"u8.ToArray();

    public override byte[] Headers => Fields;

    public override Answer Fault(string message) => Told(400, "", "invalid_request_error", message);

    public override Answer Error(int status, Lack lack, string fields)
    {
        if (lack == Lack.Leave)
            return Told(status, fields, "invalid_request_error", "You have reached your specified API usage limits. You will regain access on 2030-01-01 at 00:00 UTC.");
        if (lack == Lack.Quota)
            return Told(status, fields, "invalid_request_error", "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing.");
        var (type, message) = status switch
        {
            400 => ("invalid_request_error", "messages: at least one message is required"),
            401 => ("authentication_error", "invalid x-api-key"),
            403 => ("permission_error", "Your API key does not have permission to use the specified resource."),
            404 => ("not_found_error", "model: fake"),
            413 => ("request_too_large", "Request exceeds the maximum size"),
            429 => ("rate_limit_error", "This request would exceed your organization's rate limit."),
            529 => ("overloaded_error", "Overloaded"),
            _ => ("api_error", "Internal server error"),
        };
        return Told(status, fields, type, message);
    }

    /// <summary>What is left of tokens is told to a thousand, and all times to a second.</summary>
    public override string LimitFields(string unit, KeptLimit limit)
    {
        var rounded = unit == "tokens" ? TokensRounded : 1;
        var reset = DateTimeOffset.UtcNow.AddMilliseconds(limit.ResetMs).ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
        var left = (long)Math.Round(limit.Remaining / (double)rounded) * rounded;
        return string.Create(CultureInfo.InvariantCulture,
            $"anthropic-ratelimit-{unit}-limit: {limit.Size}\r\nanthropic-ratelimit-{unit}-remaining: {left}\r\nanthropic-ratelimit-{unit}-reset: {reset}\r\n");
    }

    private static Answer Told(int status, string fields, string type, string message) => new()
    {
        Status = status,
        Fields = fields,
        Body = to => to.Add("{\"type\":\"error\",\"error\":{\"type\":"u8).AddJson(type).Add(",\"message\":"u8).AddJson(message).Add("},\"request_id\":\"req_fake\"}"u8),
    };
}
