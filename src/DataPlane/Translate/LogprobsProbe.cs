using System.Buffers.Text;
using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Translate;

/// <summary>
/// Stands before who writes an answer for a client, and reads how probable its tokens are: also where the client's dialect has no place for it, or the
/// client has not asked and is not told.
/// </summary>
internal sealed class LogprobsProbe : AnswerWriter
{
    private const int ScratchBytes = 64;

    private readonly TextBuffer _source = new();
    private AnswerWriter _to = null!;
    private bool _hides;

    /// <summary>What was read.</summary>
    public LogprobMeans Means { get; } = new();

    public override int ChoicesMax => _to.ChoicesMax;

    public override bool TakesCustomCalls => _to.TakesCustomCalls;

    public override bool HidesLogprobs => _hides;

    /// <summary>A new answer, which goes on to <paramref name="to"/>; without log-probabilities where it <paramref name="hides"/> them.</summary>
    public LogprobsProbe Over(AnswerWriter to, bool hides)
    {
        (_to, _hides) = (to, hides);
        Losses = to.Losses;
        Means.Reset();
        return this;
    }

    public override void Take(in NeutralEvent item)
    {
        if (item.Kind is (NeutralKind.Text or NeutralKind.Logprobs) && !item.Logprobs.IsEmpty)
            Add(item);
        if (!_hides || item.Logprobs.IsEmpty)
            _to.Take(item);
        else if (!item.Text.IsEmpty)
            _to.Take(new NeutralEvent(item.Kind, item.Text) { Choice = item.Choice, Call = item.Call });
    }

    public override void End() => _to.End();

    /// <summary>Gives back what it holds itself.</summary>
    public override void Release() => _source.Release();

    protected override void OnBegin(in AnswerFacts facts) => throw new NotSupportedException("The answer is begun by who writes it.");

    private void Add(in NeutralEvent item)
    {
        _source.Clear();
        TokenLogprobs.WriteArray(_source, item.Logprobs);
        var (sum, tokens) = (0.0, 0);
        var walk = new JsonWalk(_source.Written, stackalloc byte[ScratchBytes]);
        for (var isIn = walk.TryBeginArray(); isIn && walk.NextElement();)
        {
            if (!walk.TryEnter(JsonToken.StartObject))
                continue;
            while (walk.NextMember())
            {
                if (walk.Is("logprob"u8) && walk.Token == JsonToken.Number && Utf8Parser.TryParse(walk.TextBytes, out double number, out _))
                    (sum, tokens) = (sum + number, tokens + 1);
            }
        }

        Means.Add(item.Choice, sum, tokens);
    }
}
