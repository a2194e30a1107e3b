using System.Text;
using AiEdge.FakeUpstream;
using OpenAI.Audio;
using OpenAI.Embeddings;
using OpenAI.Images;

namespace AiEdge.Sdk.Tests;

/// <summary>Everything besides text generation, through the .NET client: vectors, classifications, binary and multipart bodies, models.</summary>
public sealed class EndpointTests
{
    [Fact]
    public async Task Embeddings_come_one_for_each_input_with_every_number_right()
    {
        await using var plane = await Plane.StartAsync();
        OpenAIEmbeddingCollection answer = await plane.Client().GetEmbeddingClient("fake-embed")
            .GenerateEmbeddingsAsync(["one", "zwei", "三"], new EmbeddingGenerationOptions { Dimensions = 300 });
        Assert.Equal(3, answer.Count);
        for (var vector = 0; vector < 3; vector++)
        {
            var expected = Enumerable.Range(0, 300).Select(i => ((vector * 31 + i * 7) % 1023 - 511) / 1024f);
            Assert.Equal(expected, answer[vector].ToFloats().ToArray());
        }

        Assert.Equal(212, answer.Usage.InputTokenCount);
        Assert.Equal(212, Assert.Single(await plane.StopAsync()).GetProperty("inputTokens").GetInt32());
    }

    [Fact]
    public async Task Moderations_come_one_for_each_input()
    {
        await using var plane = await Plane.StartAsync();
        var answer = (await plane.Client().GetModerationClient("fake-moderation").ClassifyTextAsync(["a", "b"])).Value;
        Assert.Equal(2, answer.Count);
        Assert.All(answer, result => Assert.False(result.Flagged));
        Assert.Equal(0.00012f, answer[1].Violence.Score, 0.000001f);
    }

    [Fact]
    public async Task Images_are_made()
    {
        await using var plane = await Plane.StartAsync();
        var answer = (await plane.Client().GetImageClient("fake-image").GenerateImagesAsync("A pixel", 2)).Value;
        Assert.Equal(2, answer.Count);
        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], answer[1].ImageBytes.ToArray()[..4]);
    }

    [Fact]
    public async Task An_image_to_edit_reaches_the_provider_byte_for_byte_in_its_form()
    {
        await using var plane = await Plane.StartAsync();
        var bytes = Bytes(150_000);
        var answer = (await plane.Client().GetImageClient("gpt-4o-mini")
            .GenerateImageEditAsync(new MemoryStream(bytes), "photo.png", "Make it blue", new ImageEditOptions())).Value;
        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], answer.ImageBytes.ToArray()[..4]);
        var seen = await plane.Provider.NextRequestAsync();
        Assert.StartsWith("multipart/form-data", seen.Header("content-type"), StringComparison.Ordinal);
        Assert.Equal("fake-n9", seen.Model);
        Assert.True(seen.Body.Span.IndexOf(bytes) > 0);
        Assert.Contains("Make it blue", seen.BodyText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Speech_is_binary_and_arrives_byte_for_byte()
    {
        await using var plane = await Plane.StartAsync();
        BinaryData audio = await plane.Client().GetAudioClient("fake-speech-binary=300000").GenerateSpeechAsync("Hello", GeneratedSpeechVoice.Alloy);
        Assert.Equal(Enumerable.Range(0, 300_000).Select(i => (byte)(i % 251)), audio.ToArray());
    }

    [Theory]
    [InlineData("fake-n30", "fake-n30", 30)]
    [InlineData("gpt-4o-mini", "fake-n9", 9)]
    public async Task A_recording_is_transcribed_and_its_form_passes_byte_for_byte(string asked, string sent, int count)
    {
        await using var plane = await Plane.StartAsync();
        var bytes = Bytes(200_000);
        AudioTranscription answer = await plane.Client().GetAudioClient(asked).TranscribeAudioAsync(
            new MemoryStream(bytes), "räume.wav", new AudioTranscriptionOptions { Language = "de", Prompt = "Wörter" });
        Assert.Equal(FakeText.All(count), answer.Text);
        var seen = await plane.Provider.NextRequestAsync();
        Assert.Equal(sent, seen.Model);
        Assert.True(seen.Body.Span.IndexOf(bytes) > 0);
        Assert.True(seen.Body.Span.IndexOf(Encoding.UTF8.GetBytes("Wörter")) > 0);
        var record = Assert.Single(await plane.StopAsync());
        Assert.Equal(count, record.GetProperty("outputTokens").GetInt32());
    }

    [Fact]
    public async Task A_translation_is_carried_too()
    {
        await using var plane = await Plane.StartAsync();
        AudioTranslation answer = await plane.Client().GetAudioClient("fake-n6").TranslateAudioAsync(new MemoryStream(Bytes(500)), "a.wav");
        Assert.Equal(FakeText.All(6), answer.Text);
    }

    [Fact]
    public async Task Models_are_those_of_the_configuration_that_the_key_may_use()
    {
        await using var plane = await Plane.StartAsync();
        var client = plane.Client().GetOpenAIModelClient();
        var models = (await client.GetModelsAsync()).Value;
        Assert.Equal("gpt-4o-mini", Assert.Single(models).Id);
        Assert.Equal("fake-any", (await client.GetModelAsync("fake-any")).Value.Id);

        // The provider is not asked: its list says nothing about what the key may use.
        Assert.Equal(0, plane.Provider.RequestCount);
    }

    private static byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        new Random(20240521).NextBytes(bytes);
        return bytes;
    }
}
