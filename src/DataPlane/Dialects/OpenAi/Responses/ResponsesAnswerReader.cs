using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Dialects.OpenAi.Responses;

/// <summary>
/// Reads OpenAI's responses: the events of a stream, or a whole one. A stream begins to be told with its first text, thought or call: until then it
/// may still fail, and somebody else be asked.
/// </summary>
internal sealed class ResponsesAnswerReader : AnswerReader
{
    private const int ScratchBytes = 64;

    private readonly ResponseItemReader _items = new();
    private readonly TextBuffer _model = new();
    private bool _isBegun;

    /// <summary>What matters of an event or of a response.</summary>
    private struct Fields
    {
        public Piece Type;
        public Piece Delta;
        public Piece Logprobs;
        public Piece Item;
        public Piece Model;
        public Piece Status;
        public Piece Output;
        public Piece Reason;
        public Piece Code;
        public Piece Message;
        public long Index;
        public long Number;
    }

    public override void Reset()
    {
        _items.Reset();
        _model.Release();
        _isBegun = false;
    }

    public override bool OnEvent(ReadOnlySpan<byte> data, AnswerWriter to)
    {
        if (!TryRead(data, out var fields))
            return false;
        var type = fields.Type.Of(data);
        if (type.EndsWith(".delta"u8))
            TellDelta(type, fields, data, to);
        else if (type.SequenceEqual("response.output_item.added"u8) && fields.Item.IsPresent)
        {
            if (ResponseItemReader.Opens(data, fields.Item))
                Begin(to);
            _items.Open(data, fields.Item, fields.Index, to);
        }
        else if (type.SequenceEqual("response.output_item.done"u8) && fields.Item.IsPresent)
        {
            if (_items.Tells(data, fields.Item, fields.Index))
                Begin(to);
            _items.Close(data, fields.Item, fields.Index, to);
        }
        else if (type.SequenceEqual("response.reasoning_summary_part.added"u8))
            _items.BeginSummary(fields.Index);
        else if (type.SequenceEqual("response.output_text.annotation.added"u8))
            to.Losses?.Add("answer.annotations"u8);
        else
            TellState(type, fields, data, to);
        return true;
    }

    public override bool OnWhole(ReadOnlySpan<byte> body, AnswerWriter to)
    {
        Fields whole = default;
        var walk = new JsonWalk(body, stackalloc byte[ScratchBytes]);
        if (!walk.TryBegin())
            return false;
        ReadResponse(ref walk, ref whole);
        var status = whole.Status.Of(body);
        var isEnded = status.SequenceEqual("completed"u8) || status.SequenceEqual("incomplete"u8);
        if (!walk.IsWhole() || !whole.Output.IsPresent || !isEnded)
            return false;
        to.Take(new NeutralEvent(NeutralKind.Start) { Name = whole.Model.Of(body) });
        var items = new JsonWalk(body, whole.Output, stackalloc byte[ScratchBytes]);
        items.TryBeginArray();
        for (long i = 0; items.NextElement(); i++)
        {
            var item = items.Value();
            _items.Open(body, item, i, to);
            _items.Close(body, item, i, to);
        }

        TellFinish(status.SequenceEqual("incomplete"u8), whole.Reason.Of(body), to);
        return true;
    }

    /// <summary>What a response has failed in, in an event or a whole answer; no error where it has not.</summary>
    public static EdgeError FailureIn(ReadOnlySpan<byte> data)
    {
        if (data.IndexOf("\"error\""u8) < 0 || !TryRead(data, out var fields))
            return default;
        var type = fields.Type.Of(data);
        var isFailure = type.SequenceEqual("error"u8) || type.SequenceEqual("response.failed"u8) || fields.Status.Of(data).SequenceEqual("failed"u8)
            || (type.IsEmpty && fields.Code.Length + fields.Message.Length > 0);
        return isFailure ? ResponseFailure.Of(fields.Number, fields.Code.Of(data), fields.Message.Of(data)) : default;
    }

    private static bool TryRead(ReadOnlySpan<byte> data, out Fields fields)
    {
        fields = default;
        var walk = new JsonWalk(data, stackalloc byte[ScratchBytes]);
        if (!walk.TryBegin())
            return false;
        while (walk.NextMember())
        {
            if (walk.Is("type"u8) && walk.Token == JsonToken.String)
                fields.Type = walk.Text;
            else if (walk.Is("delta"u8) && walk.Token == JsonToken.String)
                fields.Delta = walk.Text;
            else if (walk.Is("logprobs"u8) && walk.Token == JsonToken.StartArray)
                fields.Logprobs = walk.Value();
            else if (walk.Is("output_index"u8))
                _ = walk.TryNumber(out fields.Index);
            else if (walk.Is("item"u8) && walk.Token == JsonToken.StartObject)
                fields.Item = walk.Value();
            else if (walk.Is("response"u8) && walk.TryEnter(JsonToken.StartObject))
                ReadResponse(ref walk, ref fields);
            else
                ReadMember(ref walk, ref fields);
        }

        return walk.IsWhole();
    }

    private static void ReadResponse(ref JsonWalk walk, ref Fields fields)
    {
        while (walk.NextMember())
            ReadMember(ref walk, ref fields);
    }

    private static void ReadMember(ref JsonWalk walk, ref Fields fields)
    {
        if (walk.Is("model"u8) && walk.Token == JsonToken.String)
            fields.Model = walk.Text;
        else if (walk.Is("status"u8) && walk.Token == JsonToken.String)
            fields.Status = walk.Text;
        else if (walk.Is("output"u8) && walk.Token == JsonToken.StartArray)
            fields.Output = walk.Value();
        else if (walk.Is("code"u8))
            ReadCode(ref walk, ref fields);
        else if (walk.Is("message"u8) && walk.Token == JsonToken.String)
            fields.Message = walk.Text;
        else if (walk.Is("incomplete_details"u8) && walk.TryEnter(JsonToken.StartObject))
        {
            while (walk.NextMember())
            {
                if (walk.Is("reason"u8) && walk.Token == JsonToken.String)
                    fields.Reason = walk.Text;
            }
        }
        else if (walk.Is("error"u8) && walk.TryEnter(JsonToken.StartObject))
        {
            while (walk.NextMember())
            {
                if (walk.Is("message"u8) && walk.Token == JsonToken.String)
                    fields.Message = walk.Text;
                else if (walk.Is("code"u8))
                    ReadCode(ref walk, ref fields);
                else if (walk.Is("type"u8) && !fields.Code.IsPresent && walk.Token == JsonToken.String)
                    fields.Code = walk.Text;
            }
        }
    }

    /// <summary>OpenAI's is a word; others who speak its dialect have a status there.</summary>
    private static void ReadCode(ref JsonWalk walk, ref Fields fields)
    {
        if (walk.Token == JsonToken.String)
            fields.Code = walk.Text;
        else
            _ = walk.TryNumber(out fields.Number);
    }

    private void TellDelta(ReadOnlySpan<byte> type, in Fields fields, ReadOnlySpan<byte> data, AnswerWriter to)
    {
        var logprobs = TokenLogprobs.Inside(data, fields.Logprobs);
        if (fields.Delta.Length == 0 && logprobs.IsEmpty)
            return;
        var kind = type.SequenceEqual("response.output_text.delta"u8) ? NeutralKind.Text
            : type.SequenceEqual("response.function_call_arguments.delta"u8) || type.SequenceEqual("response.custom_tool_call_input.delta"u8)
            ? NeutralKind.Arguments
            : type.SequenceEqual("response.refusal.delta"u8) ? NeutralKind.Refusal
            : type.SequenceEqual("response.reasoning_summary_text.delta"u8) || type.SequenceEqual("response.reasoning_text.delta"u8) ? NeutralKind.Thinking
            : NeutralKind.Start;

        if (kind == NeutralKind.Start)
        {
            to.Losses?.Add("answer"u8, type);
            return;
        }

        Begin(to);
        _items.Add(kind, fields.Delta.Of(data), fields.Index, to, kind == NeutralKind.Text ? logprobs : default);
    }

    private void TellState(ReadOnlySpan<byte> type, in Fields fields, ReadOnlySpan<byte> data, AnswerWriter to)
    {
        var isIncomplete = type.SequenceEqual("response.incomplete"u8);
        if (isIncomplete || type.SequenceEqual("response.completed"u8))
        {
            Learn(fields.Model.Of(data));
            Begin(to);
            TellFinish(isIncomplete, fields.Reason.Of(data), to);
            to.Take(new NeutralEvent(NeutralKind.End));
        }
        else if (type.SequenceEqual("response.failed"u8) || type.SequenceEqual("response.cancelled"u8) || type.SequenceEqual("error"u8)
            || (type.IsEmpty && fields.Message.IsPresent))
            to.Take(new NeutralEvent(NeutralKind.Error, fields.Message.Of(data)) { Name = ErrorText.KindOf(fields.Number, fields.Code.Of(data)) });
        else
            Learn(fields.Model.Of(data));
    }

    /// <summary>Keeps the name of the model, which the first events bring.</summary>
    private void Learn(ReadOnlySpan<byte> model)
    {
        if (_isBegun || model.IsEmpty)
            return;
        _model.Clear();
        _model.Add(model);
    }

    private void Begin(AnswerWriter to)
    {
        if (_isBegun)
            return;
        _isBegun = true;
        to.Take(new NeutralEvent(NeutralKind.Start) { Name = _model.Written });
        _model.Release();
    }

    private void TellFinish(bool isIncomplete, ReadOnlySpan<byte> reason, AnswerWriter to) => to.Take(new NeutralEvent(NeutralKind.Finish)
    {
        Reason = isIncomplete ? reason.SequenceEqual("content_filter"u8) ? FinishReason.Filtered : FinishReason.Length
            : _items.Calls > 0 ? FinishReason.ToolCalls : FinishReason.Stop,
    });
}
