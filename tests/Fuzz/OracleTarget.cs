namespace AiEdge.Fuzz;

/// <summary>A property of the data plane's readers that throws where it does not hold.</summary>
internal sealed class OracleTarget(string name, Action<byte[], int> property, IReadOnlyList<string> dictionary) : FuzzTarget
{
    /// <summary>Pieces of JSON, of requests and of answers.</summary>
    public static IReadOnlyList<string> Json { get; } =
    [
        "\"", "\\", "\\u0000", "\\ud800", "\\u00e9", "{", "}", "[", "]", ":", ",", "null", "true", "false", "-0", "1e5", "0.5", "\0", "\n",
        "\u00C3\u00A9", "\u00E2\u0082", "\u00F0\u009F\u0098\u0080", "\"model\":\"m\",", "\"mod\\u0065l\":\"x\",", "\"stream\":true,",
        "\"stream_options\":{},", "\"include_usage\":false,", "\"usage\":null", ",\"usage\":{\"prompt_tokens\":1}", "\"choices\":[],",
        "\"finish_reason\":\"stop\"", "\"delta\":{\"content\":\"x\"},", "\"text\":\"x\",", "\"index\":1,", "\"error\":{\"code\":\"c\"},",
        "\"messages\":[", "{\"role\":\"user\",\"content\":\"x\"},", "\"content\":[{\"type\":\"text\",\"text\":\"x\"}],", "\"input\":",
        "\"tool_calls\":[{\"function\":{\"name\":\"x\"}}],", "\"tools\":[{}],", "\"image_url\":{\"detail\":\"low\"}",
        "                                  ", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    ];

    /// <summary>Pieces of forms.</summary>
    public static IReadOnlyList<string> Form { get; } =
    [
        "\r\n", "--XyZ", "\r\n--XyZ\r\n", "\r\n--XyZ--", "Content-Disposition: form-data; name=\"model\"\r\n\r\n", "; name=stream",
        "; filename=\"x\"", "true", "\r", "\n", "\"", "\\",
    ];

    /// <summary>Pieces of metrics.</summary>
    public static IReadOnlyList<string> Metrics { get; } =
    [
        "\n", "\r\n", "vllm:num_requests_waiting", "vllm:kv_cache_usage_perc", "sglang:num_queue_reqs", "tgi_queue_size", "llamacpp:requests_deferred",
        "{model_name=\"a\"}", "{model_name=\"b/c\",", "model_name=", "engine=\"0\"", "{", "}", "\"", "\\", "\\\"", "=", ",", " ", "\t", "#", "# HELP ",
        " 5", " 0.5", " 1e9", " NaN", " +Inf", " -1", "_", ":",
    ];

    public override string Name => name;

    public override IReadOnlyList<string> Dictionary => dictionary;

    public override string? Check(byte[] input, Random random)
    {
        property(input, random.Next());
        return null;
    }
}
