using System.Text;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects.OpenAi;
using AiEdge.DataPlane.Meter;

namespace AiEdge.DataPlane.Tests.Meter;

/// <summary>Runs the answer reader over pieces of an answer and puts all that it says into one line.</summary>
internal static class AnswerReading
{
    public static string Describe(IReadOnlyList<byte[]> pieces)
    {
        var reader = new JsonAnswerReader();
        reader.Reset(OpenAiAnswerWords.Shared);
        foreach (byte[] piece in pieces)
            reader.Feed(piece);
        return Describe(reader);
    }

    public static string Describe(Usage u) => u.IsPresent
        ? FormattableString.Invariant($"usage {u.InputTokens} ({u.CachedInputTokens} cached, {u.AudioInputTokens} audio)")
            + FormattableString.Invariant($" {u.OutputTokens} ({u.ReasoningTokens} reasoning, {u.AudioOutputTokens} audio) {u.TotalTokens}")
        : "no usage";

    public static string Describe(JsonAnswerReader reader) => (reader.IsComplete ? "whole " : "part ") + Describe(reader.Usage)
        + (reader.HasError ? $" error {Encoding.UTF8.GetString(reader.ErrorCode)}/{Encoding.UTF8.GetString(reader.ErrorType)}" : "");
}
