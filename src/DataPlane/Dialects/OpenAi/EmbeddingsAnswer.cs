using System.Buffers.Binary;
using System.Buffers.Text;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Dialects.OpenAi;

/// <summary>Reads a list of OpenAI's embeddings, which are numbers and in the order that was asked.</summary>
internal sealed class EmbeddingsAnswerReader : WholeAnswerReader
{
    public override bool OnWhole(ReadOnlySpan<byte> body, AnswerWriter to)
    {
        var walk = new JsonWalk(body, stackalloc byte[64]);
        if (!walk.TryBegin())
            return false;
        var count = -1;
        while (walk.NextMember())
        {
            if (walk.Is("model"u8) && walk.Token == JsonToken.String)
                to.Take(new NeutralEvent(NeutralKind.Start) { Name = walk.TextBytes });
            else if (walk.Is("data"u8) && walk.TryEnter(JsonToken.StartArray))
            {
                count = 0;
                while (walk.NextElement())
                {
                    if (!TryTell(ref walk, body, count++, to))
                        return false;
                }
            }
        }

        return walk.IsWhole() && count > 0;
    }

    private static bool TryTell(ref JsonWalk walk, ReadOnlySpan<byte> body, int place, AnswerWriter to)
    {
        if (!walk.TryEnter(JsonToken.StartObject))
            return false;
        Piece numbers = default;
        long index = place;
        while (walk.NextMember())
        {
            if (walk.Is("index"u8))
                _ = walk.TryNumber(out index);
            else if (walk.Is("embedding"u8) && walk.Token == JsonToken.StartArray)
                numbers = walk.Value();
        }

        if (numbers.Length <= 2 || index != place)
            return false;
        to.Take(new NeutralEvent(NeutralKind.Vector, numbers.Of(body)[1..^1]));
        return true;
    }
}

/// <summary>Writes a list of embeddings for OpenAI's clients, as numbers or in base64 of little-endian floats.</summary>
internal sealed class EmbeddingsAnswerWriter : AnswerWriter
{
    private const int FloatsAtOnce = 12;

    private readonly byte[] _floats = new byte[FloatsAtOnce * sizeof(float)];
    private readonly byte[] _base64 = new byte[FloatsAtOnce * sizeof(float) / 3 * 4];
    private bool _isBase64;
    private long _promptTokens;
    private int _count;

    public override void Take(in NeutralEvent item)
    {
        switch (item.Kind)
        {
            case NeutralKind.Start:
                Rename(item.Name);
                break;
            case NeutralKind.Vector:
                Out.Add(_count > 0 ? ","u8 : default).Add("{\"object\":\"embedding\",\"index\":"u8).Add(_count++).Add(",\"embedding\":"u8);
                if (_isBase64)
                    WriteBase64(item.Text);
                else
                    Out.Add("["u8).Add(item.Text).Add("]"u8);
                Out.Add("}"u8);
                break;
            case NeutralKind.Error:
                IsFaulted = true;
                break;
        }
    }

    public override void End()
    {
        if (IsEnded)
            return;
        IsEnded = true;
        var tokens = Usage.IsPresent ? Math.Max(Usage.InputTokens, Usage.TotalTokens) : _promptTokens;
        Out.Add("],\"model\":\""u8).Add(Model.Written).Add("\",\"usage\":{\"prompt_tokens\":"u8).Add(tokens).Add(",\"total_tokens\":"u8).Add(tokens)
            .Add("}}"u8);
    }

    protected override void OnBegin(in AnswerFacts facts)
    {
        (_isBase64, _promptTokens, _count) = (facts.WantsBase64, facts.PromptTokens, 0);
        Out.Add("{\"object\":\"list\",\"data\":["u8);
    }

    private void WriteBase64(ReadOnlySpan<byte> numbers)
    {
        Out.Add("\""u8);
        var length = 0;
        foreach (var range in numbers.Split((byte)','))
        {
            var digits = numbers[range].Trim(" \t\r\n"u8);
            if (!Utf8Parser.TryParse(digits, out float number, out var used) || used != digits.Length)
            {
                IsFaulted = true;
                return;
            }

            BinaryPrimitives.WriteSingleLittleEndian(_floats.AsSpan(length), number);
            length += sizeof(float);
            if (length == _floats.Length)
                length = Flush(length);
        }

        Flush(length);
        Out.Add("\""u8);
    }

    private int Flush(int length)
    {
        Base64.EncodeToUtf8(_floats.AsSpan(0, length), _base64, out _, out var written);
        Out.Add(_base64.AsSpan(0, written));
        return 0;
    }
}
