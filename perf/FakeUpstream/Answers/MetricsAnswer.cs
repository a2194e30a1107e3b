using System.Globalization;

namespace AiEdge.FakeUpstream;

/// <summary>GET /metrics: how busy the server says that it is, in Prometheus' text format and the words of the server that is imitated.</summary>
internal static class MetricsAnswer
{
    public static Answer Make(AnswerContext context)
    {
        var script = context.Script;
        return new Answer { ContentType = "text/plain; version=0.0.4; charset=utf-8", Body = to => Write(to, script) };
    }

    private static void Write(ByteWriter to, FakeScript script)
    {
        var model = script.Served is "" ? "fake-model" : script.Served;
        var labels = $"engine=\"0\",model_name=\"{model}\"";
        var cache = (script.CacheUsePercent / 100.0).ToString(CultureInfo.InvariantCulture);
        switch (script.Engine)
        {
            case "sglang":
                Gauge(to, "sglang:num_queue_reqs", labels, script.WaitingCount);
                Gauge(to, "sglang:num_running_reqs", labels, script.RunningCount);
                Gauge(to, "sglang:token_usage", labels, cache);
                break;
            case "tgi":
                Gauge(to, "tgi_queue_size", "", script.WaitingCount);
                Gauge(to, "tgi_batch_current_size", "", script.RunningCount);
                break;
            case "llamacpp":
                Gauge(to, "llamacpp:requests_deferred", "", script.WaitingCount);
                Gauge(to, "llamacpp:requests_processing", "", script.RunningCount);
                Gauge(to, "llamacpp:kv_cache_usage_ratio", "", cache);
                break;
            case "none":
                Gauge(to, "process_open_fds", "", 57);
                break;
            default:
                Gauge(to, "vllm:num_requests_running", labels, script.RunningCount);
                Gauge(to, "vllm:num_requests_waiting", labels, script.WaitingCount);
                Gauge(to, script.Engine == "vllm-old" ? "vllm:gpu_cache_usage_perc" : "vllm:kv_cache_usage_perc", labels, cache);
                to.Add("# HELP vllm:prompt_tokens_total Number of prefill tokens processed.\n# TYPE vllm:prompt_tokens_total counter\n"u8);
                to.Add($"vllm:prompt_tokens_total{{{labels}}} 1.2345e+06\n");
                break;
        }
    }

    private static void Gauge(ByteWriter to, string name, string labels, int value) =>
        Gauge(to, name, labels, value.ToString(CultureInfo.InvariantCulture) + ".0");

    private static void Gauge(ByteWriter to, string name, string labels, string value) =>
        to.Add($"# HELP {name} As the script says.\n# TYPE {name} gauge\n{name}{(labels.Length > 0 ? "{" + labels + "}" : "")} {value}\n");
}
