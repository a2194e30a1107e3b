using System.Text;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects;

namespace AiEdge.DataPlane.Tests.Dialects;

/// <summary>Which events only say that an answer begins; whatever a dialect does not have is none of them. Each dialect tries its own.</summary>
public abstract class EventPreludeTests
{
    /// <summary>Whether what is counted is looked at besides makes no difference, nor does what was read before.</summary>
    private protected static void Check(Dialect dialect, RequestShape shape, string data, bool isPrelude)
    {
        var reader = DialectTable.Of(dialect).NewEventReader();
        var bytes = Encoding.UTF8.GetBytes(data);
        foreach (var wantsTexts in (bool[])[false, true])
        {
            reader.Reset(shape, stripUsage: false, wantsTexts);
            for (var i = 0; i < 2; i++)
            {
                reader.OnEvent(Encoding.UTF8.GetBytes($"data: {data}\n\n"), bytes, out _, out _);
                Assert.Equal(isPrelude, reader.IsPrelude(bytes));
                if (!isPrelude)
                    break;
            }
        }
    }
}
