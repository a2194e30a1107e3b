using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace AiEdge.FakeUpstream;

/// <summary>An answer that a test has put into the queue for the next request: knobs, or bytes as they are.</summary>
internal sealed record QueuedAnswer(string? Script, byte[]? Raw, bool Close);

/// <summary>Puts a request's script together: the server's default, then the model's name, the callback, the header, the queue.</summary>
internal sealed class ScriptFinder(FakeUpstreamServer server)
{
    private string? _cachedModel;
    private FakeScript? _cached;

    /// <summary>Whether to answer without the body; the model's name is not known at that time.</summary>
    public bool IsEarly(RequestHead head, QueuedAnswer? queued)
    {
        var header = head.Value("x-fake"u8);
        if (header.IsEmpty && queued?.Script is null)
            return server.DefaultScript.Early;
        var script = server.DefaultScript.Copy();
        return ScriptParser.TryApplyList(script, Encoding.Latin1.GetString(header), out _)
            && ScriptParser.TryApplyList(script, queued?.Script ?? "", out _) && script.Early;
    }

    public bool TryFind(
        RequestHead head, ReceivedRequest? log, string? model, QueuedAnswer? queued,
        [NotNullWhen(true)] out FakeScript? script, [NotNullWhen(false)] out string? fault)
    {
        var header = head.Value("x-fake"u8);
        var isPlain = header.IsEmpty && queued is null && (log is null || server.Options.ScriptFor is null);
        if (isPlain && _cached is not null && model == _cachedModel)
        {
            (script, fault) = (_cached, null);
            return true;
        }

        script = server.DefaultScript.Copy();
        var called = log is null ? null : server.Options.ScriptFor?.Invoke(log);
        var isGood = ScriptParser.TryApplyModel(script, model, out fault)
            && ScriptParser.TryApplyList(script, called ?? "", out fault)
            && ScriptParser.TryApplyList(script, Encoding.Latin1.GetString(header), out fault)
            && ScriptParser.TryApplyList(script, queued?.Script ?? "", out fault);
        if (isPlain)
            (_cachedModel, _cached) = (model, isGood ? script : null);
        fault = isGood ? null : fault ?? "bad knob";
        return isGood;
    }
}
