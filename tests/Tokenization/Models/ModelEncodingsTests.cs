using System.Text;
using AiEdge.Tokenization.Models;

namespace AiEdge.Tokenization.Tests.Models;

public sealed class ModelEncodingsTests
{
    [Theory]
    [InlineData("gpt-4o", TokenEncoding.O200kBase)]
    [InlineData("gpt-4o-2024-08-06", TokenEncoding.O200kBase)]
    [InlineData("gpt-4o-mini", TokenEncoding.O200kBase)]
    [InlineData("gpt-4o-audio-preview", TokenEncoding.O200kBase)]
    [InlineData("chatgpt-4o-latest", TokenEncoding.O200kBase)]
    [InlineData("gpt-4.1", TokenEncoding.O200kBase)]
    [InlineData("gpt-4.1-nano-2025-04-14", TokenEncoding.O200kBase)]
    [InlineData("gpt-4.5-preview", TokenEncoding.O200kBase)]
    [InlineData("gpt-5", TokenEncoding.O200kBase)]
    [InlineData("gpt-5.1-codex", TokenEncoding.O200kBase)]
    [InlineData("o1", TokenEncoding.O200kBase)]
    [InlineData("o1-preview", TokenEncoding.O200kBase)]
    [InlineData("o3-mini", TokenEncoding.O200kBase)]
    [InlineData("o4-mini-2025-04-16", TokenEncoding.O200kBase)]
    [InlineData("gpt-4", TokenEncoding.Cl100kBase)]
    [InlineData("gpt-4-0613", TokenEncoding.Cl100kBase)]
    [InlineData("gpt-4-32k", TokenEncoding.Cl100kBase)]
    [InlineData("gpt-4-turbo-2024-04-09", TokenEncoding.Cl100kBase)]
    [InlineData("gpt-3.5-turbo", TokenEncoding.Cl100kBase)]
    [InlineData("gpt-3.5-turbo-instruct", TokenEncoding.Cl100kBase)]
    [InlineData("gpt-35-turbo", TokenEncoding.Cl100kBase)]
    [InlineData("gpt-35-turbo-16k", TokenEncoding.Cl100kBase)]
    [InlineData("text-embedding-3-small", TokenEncoding.Cl100kBase)]
    [InlineData("text-embedding-ada-002", TokenEncoding.Cl100kBase)]
    [InlineData("davinci-002", TokenEncoding.Cl100kBase)]
    [InlineData("gpt-oss-120b", TokenEncoding.O200kHarmony)]
    [InlineData("openai/gpt-oss-20b", TokenEncoding.O200kHarmony)]
    [InlineData("ft:gpt-4o-mini-2024-07-18:org:name:id", TokenEncoding.O200kBase)]
    [InlineData("ft:gpt-4o:org::id", TokenEncoding.O200kBase)]
    [InlineData("ft:gpt-3.5-turbo:org::id", TokenEncoding.Cl100kBase)]
    [InlineData("ft:gpt-4:org::id", TokenEncoding.Cl100kBase)]
    [InlineData("openai/gpt-4o", TokenEncoding.O200kBase)]
    [InlineData("openai/gpt-4", TokenEncoding.Cl100kBase)]
    [InlineData("azure/gpt-35-turbo", TokenEncoding.Cl100kBase)]
    [InlineData("openrouter/openai/gpt-4.1-mini", TokenEncoding.O200kBase)]
    [InlineData("openai/ft:gpt-4o:org::id", TokenEncoding.O200kBase)]
    [InlineData("GPT-4o", TokenEncoding.O200kBase)]
    public void A_known_model_has_its_encoding(string name, TokenEncoding encoding)
    {
        ModelEncoding model = ModelEncodings.Find(name);
        Assert.Equal(encoding, model.Encoding);
        Assert.True(model.IsExact);
        Assert.Equal(1.0, model.PriorRatio);
    }

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("gpt")]
    [InlineData("gpt-4x")]
    [InlineData("gpt-40")]
    [InlineData("o1x")]
    [InlineData("o10")]
    [InlineData("o2")]
    [InlineData("text-davinci-003")]
    [InlineData("llama-3.1-70b")]
    [InlineData("my-gpt-4o")]
    [InlineData("gpt-4o/other")]
    [InlineData("模型")]
    public void An_unknown_model_is_counted_as_o200k_and_is_an_estimate(string name)
    {
        Assert.Equal(ModelEncodings.Unknown, ModelEncodings.Find(name));
        Assert.False(ModelEncodings.Unknown.IsExact);
        Assert.Equal(TokenEncoding.O200kBase, ModelEncodings.Unknown.Encoding);
    }

    [Theory]
    [InlineData("claude-sonnet-4-5", ModelFamily.Claude, 1.10)]
    [InlineData("claude-3-opus-20240229", ModelFamily.Claude, 1.10)]
    [InlineData("anthropic/claude-3.5-sonnet", ModelFamily.Claude, 1.10)]
    [InlineData("anthropic.claude-3-5-sonnet-20241022-v2:0", ModelFamily.Claude, 1.10)]
    [InlineData("us.anthropic.claude-sonnet-4-20250514-v1:0", ModelFamily.Claude, 1.10)]
    [InlineData("bedrock/us.anthropic.claude-sonnet-4-20250514-v1:0", ModelFamily.Claude, 1.10)]
    [InlineData("claude-sonnet-4@20250514", ModelFamily.Claude, 1.10)]
    [InlineData("gemini-2.5-pro", ModelFamily.Gemini, 1.08)]
    [InlineData("models/gemini-1.5-flash", ModelFamily.Gemini, 1.08)]
    public void A_model_without_a_public_tokenizer_is_an_estimate_with_a_prior(string name, ModelFamily family, double prior)
    {
        ModelEncoding model = ModelEncodings.Find(name);
        Assert.Equal(family, model.Family);
        Assert.Equal(prior, model.PriorRatio);
        Assert.False(model.IsExact);
        Assert.False(model.Chat.IsExact);
    }

    [Theory]
    [InlineData("gpt-4o", 3, 1, 3, true)]
    [InlineData("gpt-4", 3, 1, 3, true)]
    [InlineData("gpt-4.1-mini", 3, 1, 3, true)]
    [InlineData("o3", 3, 1, 3, false)]
    [InlineData("gpt-5", 3, 1, 3, false)]
    [InlineData("gpt-6.1-sol", 3, 1, 3, false)]
    [InlineData("ft:gpt-9-x:org::id", 3, 1, 3, false)]
    [InlineData("text-embedding-3-small", 0, 0, 0, true)]
    public void The_overhead_goes_with_the_family(string name, int message, int author, int reply, bool isExact) =>
        Assert.Equal(new ChatOverhead(message, author, reply, isExact), ModelEncodings.Find(name).Chat);

    [Fact]
    public void An_image_never_costs_less_in_full_than_in_low_detail_and_never_more_than_the_most()
    {
        foreach (ModelFamily family in Enum.GetValues<ModelFamily>())
        {
            ImageCost cost = ImageCost.Of(family);
            Assert.True(cost.Low > 0 && cost.Low <= cost.Typical && cost.Typical <= cost.Most, family.ToString());
        }
    }

    [Fact]
    public void Any_bytes_are_a_name_and_finding_allocates_nothing()
    {
        byte[] ft = Encoding.UTF8.GetBytes("ft:gpt-4o-mini:org::id");
        ModelEncodings.Find(ft);
        long before = GC.GetAllocatedBytesForCurrentThread();
        ModelEncodings.Find(ft);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        for (int seed = 0; seed < 2000; seed++)
        {
            var random = new Random(seed);
            byte[] name = new byte[random.Next(400)];
            random.NextBytes(name);
            Assert.Equal(ModelEncodings.Unknown, ModelEncodings.Find(name));
        }
    }
}
