using System.Text;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects;
using AiEdge.DataPlane.Flow;
using AiEdge.DataPlane.Meter;
using AiEdge.Tokenization;
using AiEdge.Tokenization.Vocabularies;

namespace AiEdge.DataPlane.Tests.Flow;

public class StreamGuardTests
{
    private static readonly Tokenizer Tokens = new(Vocabulary.O200kBase);
    private static readonly TokenMeter Process = new();

    [Fact]
    public void What_passes_never_goes_beyond_the_credit_whatever_the_size_of_events()
    {
        for (int seed = 0; seed < 1000; seed++)
        {
            var random = new Random(seed);
            long allowed = random.Next(1, 400);
            var run = new Run(new FakeCredit(allowed, slice: random.Next(1, 80)));
            Passage passage = Passage.Pass;
            int most = random.Next(2, 120);
            string text = "";
            for (int i = 0; i < 5000 && passage == Passage.Pass; i++)
            {
                string piece = Piece(random, random.Next(1, most));
                passage = run.Take(piece);
                if (passage == Passage.Pass)
                    text += piece;
            }

            Assert.Equal(Passage.Withhold, passage);
            long delivered = Tokens.Count(Encoding.UTF8.GetBytes(text));
            Assert.True(delivered <= allowed, $"{delivered} of {allowed}, seed {seed}");
            Assert.Equal(delivered, run.Exchange.CountedOutputTokens);
            Assert.Equal("limit", run.Exchange.CutBy);
        }
    }

    [Fact]
    public void Credit_is_asked_for_a_slice_at_a_time_and_not_for_each_event()
    {
        var credit = new FakeCredit(100_000);
        var run = new Run(credit);
        for (int i = 0; i < 6400; i++)
            Assert.Equal(Passage.Pass, run.Take(" token"));
        Assert.InRange(credit.Asked, 90, 110);
    }

    [Fact]
    public void A_limit_that_overdraws_lets_everything_pass()
    {
        var run = new Run(new FakeCredit(10, overdraws: true));
        for (int i = 0; i < 500; i++)
            Assert.Equal(Passage.Pass, run.Take(" token"));
        run.Guard.End(isWhole: true);
        Assert.Equal(500, run.Exchange.CountedOutputTokens);
        Assert.False(run.Guard.MayCut);
    }

    [Fact]
    public void What_comes_for_a_client_that_has_left_is_counted_apart_and_never_cut()
    {
        var run = new Run(new FakeCredit(30));
        for (int i = 0; i < 20; i++)
            Assert.Equal(Passage.Pass, run.Take(" token"));
        run.Guard.Freeze();
        for (int i = 0; i < 50; i++)
            Assert.Equal(Passage.Pass, run.Take(" token"));
        run.Guard.End(isWhole: false);
        Assert.Equal((20, 50), (run.Exchange.CountedOutputTokens, run.Exchange.UndeliveredTokens));
    }

    [Theory]
    [InlineData(false, 25)]
    [InlineData(true, 100)]
    public void A_stream_without_end_is_ended_at_the_guard_s_bound_unless_it_only_watches(bool isShadow, int passed)
    {
        var run = new Run(new FakeCredit(1000), new RunawayModel(25, 0, isShadow));
        int count = 0;
        while (count < 100 && run.Take(" token") == Passage.Pass)
            count++;
        Assert.Equal(passed, count);
        Assert.True(run.Exchange.RanAway);
        Assert.Equal(isShadow ? null : "runaway", run.Exchange.CutBy);
    }

    [Fact]
    public void A_stream_that_repeats_itself_ends_behind_the_event_that_shows_it()
    {
        var run = new Run(new FakeCredit(100_000), new RunawayModel(0, 5, false));
        Passage passage = Passage.Pass;
        int count = 0;
        for (; count < 200 && passage == Passage.Pass; count++)
            passage = run.Take(" and I will say it again,");
        Assert.Equal(Passage.PassAndEnd, passage);
        Assert.InRange(count, 15, 30);
        run.Guard.Freeze();
        Assert.Equal(Tokens.Count(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(" and I will say it again,", count)))), run.Exchange.CountedOutputTokens);
    }

    private static string Piece(Random random, int length)
    {
        const string letters = "etaoin shrdlu,. 0123(){}日本é";
        return string.Concat(Enumerable.Range(0, length).Select(_ => letters[random.Next(letters.Length)]));
    }

    private sealed class Run
    {
        private readonly DeltaTexts _texts = new();

        public Run(FakeCredit credit, RunawayModel? runaway = null)
        {
            Exchange.Reset(null!);
            Exchange.SetAskedModel("gpt-4o"u8);
            Exchange.Model = new ModelModel { Name = "gpt-4o", NameUtf8 = [], IsGlob = false, Targets = [], Runaway = runaway };
            Exchange.Endpoint = DialectTable.Find("/v1/chat/completions"u8);
            Guard = new StreamGuard(credit, new ExchangeMeter(Process));
            Guard.Begin(Exchange, isJournaled: false);
        }

        public Exchange Exchange { get; } = new();

        public StreamGuard Guard { get; }

        public Passage Take(string text)
        {
            byte[] raw = Encoding.UTF8.GetBytes(text);
            _texts.Clear();
            _texts.Add(0, 0, TextKind.Content, 0, raw.Length);
            _texts.EndChoice(0);
            return Guard.Judge(_texts, raw);
        }
    }
}
