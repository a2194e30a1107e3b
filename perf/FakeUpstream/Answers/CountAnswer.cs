using System.Text;

namespace AiEdge.FakeUpstream;

/// <summary>How many tokens a prompt has: as many as the script says.</summary>
internal static class CountAnswer
{
    /// <summary>What makes the answer.</summary>
    /// <param name="before">What stands before the number.</param>
    public static Func<AnswerContext, Answer> By(string before)
    {
        var text = Encoding.ASCII.GetBytes(before);
        return context => Answer.Json(to => to.Add(text).Add(context.Script.InputTokens).Add("}"u8));
    }
}
