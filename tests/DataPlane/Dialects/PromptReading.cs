using System.Globalization;
using System.Text;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Parse;

namespace AiEdge.DataPlane.Tests.Dialects;

/// <summary>Reads a body in pieces and puts what was noted of its prompt into one line.</summary>
internal static class PromptReading
{
    /// <summary>The noted texts as <c>kind:text</c>, a <c>!</c> before escaped ones, then the facts that are not zero.</summary>
    public static string Describe(RequestShape shape, IReadOnlyList<byte[]> pieces)
    {
        byte[] body = [.. pieces.SelectMany(p => p)];
        var prompt = new PromptText();
        EdgeError error = Read(shape, pieces, prompt);
        return error.IsError ? $"error {error.Message}" : Describe(body, prompt);
    }

    public static EdgeError Read(RequestShape shape, IReadOnlyList<byte[]> pieces, PromptText prompt)
    {
        var reader = new RequestReader();
        prompt.Reset(isWanted: true);
        reader.Begin(new RequestFacts(), shape, prompt, SpokenShape.FormOf(shape).PromptReader());
        foreach (byte[] piece in pieces)
            reader.Feed(piece);
        return reader.Finish();
    }

    public static PromptText Read(RequestShape shape, string body)
    {
        var prompt = new PromptText();
        EdgeError error = Read(shape, [Encoding.UTF8.GetBytes(body)], prompt);
        return error.IsError ? throw new InvalidOperationException(error.Message) : prompt;
    }

    public static string Describe(byte[] body, PromptText prompt)
    {
        var line = new StringBuilder();
        foreach (PromptSpan span in prompt.Spans)
        {
            string text = Encoding.UTF8.GetString(body, (int)span.Start, span.Length);
            line.Append(CultureInfo.InvariantCulture, $"{(span.IsEscaped ? "!" : "")}{span.Kind}:{text} ");
        }

        line.Append('|');
        Append("messages", prompt.Messages);
        Append("roles", prompt.KnownRoles);
        Append("names", prompt.Names);
        Append("tools", prompt.Tools);
        Append("calls", prompt.ToolCalls);
        Append("images", prompt.Images);
        Append("low", prompt.ImagesLow);
        Append("audios", prompt.Audios);
        Append("files", prompt.Files);
        Append("ids", prompt.TokenIds);
        return line.Append(" | ").Append(prompt.Doubts).ToString();

        void Append(string name, long value)
        {
            if (value != 0)
                line.Append(CultureInfo.InvariantCulture, $" {name}={value}");
        }
    }
}
