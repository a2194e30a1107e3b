using System.Text;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Forward;

namespace AiEdge.DataPlane.Tests.Forward;

/// <summary>Of a server's metrics is read how busy it is, and nothing else.</summary>
public sealed class ExpositionReaderTests
{
    private const string Two = """
        # HELP vllm:num_requests_running Number of requests in model execution batches.
        # TYPE vllm:num_requests_running gauge
        vllm:num_requests_running{engine="0",model_name="a"} 8.0
        vllm:num_requests_running{engine="1",model_name="a"} 4.0
        vllm:num_requests_running{model_name="b/c",engine="0"} 2
        vllm:num_requests_waiting{engine="0",model_name="a"} 3.0
        vllm:num_requests_waiting{engine="1",model_name="a"} 0.0
        vllm:num_requests_waiting_by_reason{engine="0",model_name="a",reason="capacity"} 70.0
        vllm:kv_cache_usage_perc{engine="0",model_name="a"} 0.875
        vllm:kv_cache_usage_perc{engine="1",model_name="a"} 0.25
        vllm:gpu_cache_usage_perc{engine="1",model_name="a"} 0.25
        vllm:prompt_tokens_total{engine="0",model_name="a"} 1.234e+06 1700000000000

        """;

    [Theory]
    [InlineData("a", 3, 12, 875_000)]
    [InlineData("b/c", -1, 2, -1)]
    [InlineData("another", 3, 14, 875_000)]
    [InlineData("", 3, 14, 875_000)]
    public void Of_several_series_those_of_the_model_count_and_of_a_model_that_none_names_all(string model, long waiting, long running, long cache) =>
        Assert.Equal(new ReportedLoad(waiting, running, cache), ExpositionOracles.Read(Encoding.UTF8.GetBytes(Two), 1000).Of(Encoding.UTF8.GetBytes(model)));

    [Theory]
    [InlineData("vllm:num_requests_waiting 5", 5, -1, -1)]
    [InlineData("vllm_num_requests_waiting 5", 5, -1, -1)]
    [InlineData("vllm:gpu_cache_usage_perc{model_name=\"m\"} 0.5", -1, -1, 500_000)]
    [InlineData("sglang:num_queue_reqs{tp_rank=\"0\"} 4\nsglang:num_running_reqs 7\nsglang:token_usage 0.28", 4, 7, 280_000)]
    [InlineData("tgi_queue_size 9\r\ntgi_batch_current_size 2\r\n", 9, 2, -1)]
    [InlineData("llamacpp:requests_deferred 6\nllamacpp:requests_processing 4\nllamacpp:kv_cache_usage_ratio 1", 6, 4, 1_000_000)]
    [InlineData("  vllm:num_requests_waiting\t{ model_name = \"m\" , x=\"\" , }\t5 1700000000000 ", 5, -1, -1)]
    [InlineData("vllm:num_requests_waiting{model_name=\"a\\\"}b\\\\\"} 5", 5, -1, -1)]
    [InlineData("vllm:num_requests_waiting 1e3", 1000, -1, -1)]
    [InlineData("vllm:num_requests_waiting 1e300\nvllm:kv_cache_usage_perc 97", 1_000_000_000, -1, 1_000_000)]
    public void The_words_of_each_server_are_known(string text, long waiting, long running, long cache) =>
        Assert.Equal(new ReportedLoad(waiting, running, cache), ExpositionOracles.Read(Encoding.UTF8.GetBytes(text), 1000).Of(default));

    [Theory]
    [InlineData("vllm:num_requests_waiting")]
    [InlineData("vllm:num_requests_waiting NaN")]
    [InlineData("vllm:num_requests_waiting +Inf")]
    [InlineData("vllm:num_requests_waiting -1")]
    [InlineData("vllm:num_requests_waiting 5x")]
    [InlineData("vllm:num_requests_waiting{model_name=\"m\" 5")]
    [InlineData("vllm:num_requests_waiting{model_name=\"m\\\"} 5")]
    [InlineData("vllm:num_requests_waiting{model_name=m} 5")]
    [InlineData("vllm:num_requests_waiting{model_name} 5")]
    [InlineData("vllm:num_requests_waiting_total 5")]
    [InlineData("xvllm:num_requests_waiting 5")]
    [InlineData("vllm 5")]
    [InlineData("#vllm:num_requests_waiting 5")]
    [InlineData("<html>vllm:num_requests_waiting 5</html>")]
    [InlineData("{} 5")]
    [InlineData("")]
    public void What_is_none_of_it_is_passed_over_and_what_stands_behind_it_is_read(string text)
    {
        Assert.False(ExpositionOracles.Read(Encoding.UTF8.GetBytes(text), 1000).IsAny);
        var behind = ExpositionOracles.Read(Encoding.UTF8.GetBytes(text + "\ntgi_queue_size 1"), 1000);
        Assert.Equal(new ReportedLoad(1, -1, -1), behind.Of(default));
    }

    [Fact]
    public void However_it_is_cut_the_same_is_read()
    {
        var bytes = Encoding.UTF8.GetBytes(Two);
        for (var at = 0; at <= bytes.Length; at++)
        {
            var (reader, loads) = (new ExpositionReader(), new ReportedLoads());
            reader.Read(bytes.AsSpan(0, at).ToArray(), loads);
            reader.Read(bytes.AsSpan(at).ToArray(), loads);
            reader.End(loads);
            Assert.Equal("3 14 875000 a: 3 12 875000 b/c: -1 2 -1", ExpositionOracles.Print(loads));
        }

        ExpositionOracles.MetricsAreReadAlike(bytes, 7);
    }

    [Theory]
    [InlineData(0, 2)]
    [InlineData(1, 1)]
    public void A_line_that_is_too_long_is_passed_over_whole_however_it_comes(int beyond, long waiting)
    {
        const string Name = "vllm:num_requests_waiting{model_name=\"";
        var line = Name + new string('m', ExpositionReader.LineBytesMax + beyond - Name.Length - "\"} 1".Length) + "\"} 1";
        var bytes = Encoding.UTF8.GetBytes(line + "\nvllm:num_requests_waiting 1\n");
        Assert.Equal(waiting, ExpositionOracles.Read(bytes, bytes.Length).Of(default).Waiting);
        ExpositionOracles.MetricsAreReadAlike(bytes, 11);
    }

    [Fact]
    public void Models_are_told_apart_up_to_a_bound_and_others_count_among_all()
    {
        var text = new StringBuilder();
        for (var i = 0; i <= ReportedLoads.ModelsMax; i++)
            text.Append("vllm:num_requests_waiting{model_name=\"m").Append(i).Append("\"} 2\n");
        var loads = ExpositionOracles.Read(Encoding.UTF8.GetBytes(text.ToString()), 4096);
        Assert.Equal(2, loads.Of("m0"u8).Waiting);
        Assert.Equal(2 * (ReportedLoads.ModelsMax + 1), loads.Of("m64"u8).Waiting);
        loads.Clear();
        Assert.False(loads.IsAny);
        Assert.Equal(ReportedLoad.Nothing, loads.Of("m0"u8));
    }
}
