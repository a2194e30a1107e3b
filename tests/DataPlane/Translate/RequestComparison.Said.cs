using System.Text.Json;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Tests.Translate;

/// <summary>What is said in a request, and by whom.</summary>
internal sealed partial class RequestComparison
{
    /// <summary>Pictures of results stand behind all of these.</summary>
    private const int BehindRank = 5_000;

    /// <summary>What is compared of a text that says which result a picture is of: ids and names may be others.</summary>
    private const string PictureText = "Picture in the result of";

    private readonly Dictionary<string, int> _calls = [];

    /// <summary>Those of custom tools are counted backwards, for they may be lost.</summary>
    private int _custom;

    /// <summary>A call, a result with what is in it, or another part.</summary>
    private sealed record Block(int Rank, List<Thing> Things);

    /// <summary>How many things the system prompt's first message says.</summary>
    private int _firstSystem;
    private bool _hasUserBehindTool;

    /// <summary>Whether a user may not stand right behind a tool.</summary>
    private bool IsUserBarred => _upstream.Has(Dialects.Asks.WordBehindTool) && !_model.Takes(RequestFeatures.UserAfterTool);

    private void ReadMessages()
    {
        var (system, turns, isTurned) = (new List<Thing>(), new List<Thing>(), false);
        for (var m = 0; m < _request.Messages.Count;)
        {
            var (role, run) = (_request.Messages[m].Role, new List<Block>());
            for (; m < _request.Messages.Count && _request.Messages[m].Role is var next && (next == role || next == NeutralRole.System || IsBetween(m)); m++)
            {
                if (IsBetween(m))
                    continue;
                _hasUserBehindTool |= next != NeutralRole.Assistant && m > 0 && EndsWithResult(m - 1) && !BeginsWithResult(m);

                // A system prompt goes to the top, and those beside it are of one turn.
                _hasLateSystem |= next == NeutralRole.System && (isTurned || run.Count > 0);
                if (next == NeutralRole.System)
                    system.AddRange(Blocks(m).SelectMany(block => block.Things));
                else
                    run.AddRange(Blocks(m));
                _firstSystem = m == 0 ? system.Count : _firstSystem;
                if (role == NeutralRole.System)
                {
                    m++;
                    break;
                }
            }

            isTurned |= role != NeutralRole.System;

            // Results stand first, in the order of their calls; calls last where a dialect has them beside the text.
            var sorted = role == NeutralRole.User || !_upstream.Has(Dialects.Says.Order) ? run.OrderBy(block => block.Rank) : (IEnumerable<Block>)run;
            turns.AddRange(sorted.SelectMany(block => block.Things));
        }

        _said.AddRange(system);
        _said.AddRange(turns);
    }

    /// <summary>The assistant's word between a tool and the user, whom the model does not take right behind it.</summary>
    private bool IsBetween(int m)
    {
        if (!IsUserBarred || m == 0 || m + 1 == _request.Messages.Count || _request.Messages[m + 1].Role == NeutralRole.Assistant || !EndsWithResult(m - 1))
            return false;
        var message = _request.Messages[m];
        return message is { Role: NeutralRole.Assistant, Count: 1 } && _request.Parts[message.From] is { Kind: PartKind.Text } part && Plain(part.Text) == "Done.";
    }

    private bool BeginsWithResult(int m) => _request.Messages[m] is { Count: > 0 } message && _request.Parts[message.From].Kind == PartKind.ToolResult;

    private bool EndsWithResult(int m) => _request.Messages[m] is { Count: > 0 } message
        && _request.Parts[message.From + message.Count - 1] is var part && (part.IsOfResult || part.Kind == PartKind.ToolResult);

    /// <summary>What some write as one string, with an empty line between its parts, is of the message with this number.</summary>
    private int JoinedAs(int m) => !_upstream.Has(Dialects.Asks.JoinedTexts) || _request.Messages[m].Role == NeutralRole.Assistant ? 0
        : _request.Messages[m].Role == NeutralRole.System && _upstream.Has(Dialects.Asks.OneSystem) && IsInFirst(m) ? 1 : m + 1;

    /// <summary>Whether what the system says is of its first message where it has one.</summary>
    private bool IsInFirst(int m) => !_model.Takes(RequestFeatures.LateSystem) || _request.Messages.Take(m).All(message => message.Role == NeutralRole.System);

    private bool JoinsResults => _upstream.Has(Dialects.Asks.JoinedResults) && !(_upstream.Has(Dialects.Asks.ResultTexts) && _model.IsOpenAi);

    private bool PutsBehind(in NeutralPart part) => ResultParts.IsPicture(part) && _upstream.Has(Dialects.Asks.PicturesBehind)
        && !(part.Kind == PartKind.Image && _model.ResultsHaveMedia && !_upstream.Has(Dialects.Asks.ResultTexts));

    private List<Block> Blocks(int m)
    {
        var (message, blocks) = (_request.Messages[m], new List<Block>());
        for (var p = message.From; p < message.From + message.Count; p++)
        {
            var part = _request.Parts[p];
            if (part.Kind != PartKind.ToolResult)
            {
                var things = new List<Thing>();
                Add(things, $"{message.Role}", part, [], JoinedAs(m));
                blocks.Add(new Block(part.Kind == PartKind.ToolCall ? 20_000 : 10_000, things));
                continue;
            }

            var call = part.Id.IsPresent ? _calls.GetValueOrDefault(Plain(part.Id), -1) : part.Ordinal;
            var (of, losses) = ($"result {call}{(part.IsCustom ? " custom" : "")}", Array.Empty<string>());
            var result = new List<Thing> { new(of, "", losses) };
            var isError = part.IsError;
            var behind = new List<Thing>();
            AddMark(result, part, losses);
            while (p + 1 < message.From + message.Count && _request.Parts[p + 1].IsOfResult)
            {
                if (PutsBehind(_request.Parts[++p]))
                    AddBehind(behind, _request.Parts[p], losses);
                else
                    isError |= AddOfResult(result, of, _request.Parts[p], losses);
            }

            if (isError)
                result.Add(new Thing("error", "", "ResultIsError"));
            blocks.Add(new Block(call, result));
            if (behind.Count > 0)
                blocks.Add(new Block(BehindRank, behind));
        }

        return blocks;
    }

    [System.Text.RegularExpressions.GeneratedRegex("(?<=^|\n\n)" + PictureText + " .*?:(?=\n\n|$)")]
    private static partial System.Text.RegularExpressions.Regex WithoutName();

    private void AddBehind(List<Thing> things, in NeutralPart picture, string[] losses)
    {
        if (things.Count == 0)
            things.Add(new Thing("User Text", PictureText, [.. losses, "ResultContent"]));
        Add(things, "", picture, [.. losses, "ResultContent"]);
    }

    /// <summary>Of results that are objects, the text stands in one; true if as an error.</summary>
    private bool AddOfResult(List<Thing> things, string of, in NeutralPart part, string[] losses)
    {
        if (part is { Kind: PartKind.Text, IsObject: true })
        {
            var json = JsonElement.Parse(Raw(part.Text));
            var isOne = !_upstream.Has(Dialects.Asks.ResultTexts) && json.EnumerateObject().Count() == 1;
            var inner = isOne ? json.EnumerateObject().First() : default;
            var isOurs = isOne && inner.Name is "result" or "error";
            things.Add(new Thing(of + " Text", isOurs ? inner.Value.GetString()! : Raw(part.Text), losses));
            AddMark(things, part, losses);
            return isOurs && inner.Name == "error";
        }

        Add(things, of, part, part.Kind == PartKind.Text ? losses : [.. losses, "ResultContent"], JoinsResults ? 1 : 0);
        return false;
    }

    private void Add(List<Thing> things, string of, in NeutralPart part, string[] losses, int joined = 0)
    {
        switch (part.Kind)
        {
            case PartKind.Text or PartKind.Refusal:
                if (part.Text.Length > 0)
                    things.Add(new Thing($"{of} Text", WithoutName().Replace(Plain(part.Text), PictureText), losses) { Joined = joined });
                break;
            case PartKind.Audio:
                // A format has more than one name.
                var format = Plain(part.Media) is "mpeg" ? "mp3" : Plain(part.Media) is "x-wav" or "wave" ? "wav" : Plain(part.Media);
                things.Add(new Thing("audio", $"{format} {Plain(part.Text)}", [.. losses, "Audio"]));
                break;
            case PartKind.Image or PartKind.ImageUrl:
                things.Add(new Thing(part.Kind == PartKind.Image ? "image" : "image url", Of(part), [.. losses, "ImageUrl"]));
                if (part.Detail.IsPresent)
                    things.Add(new Thing("detail", Plain(part.Detail), [.. losses, "ImageUrl", "Detail"]));
                break;
            case PartKind.File or PartKind.FileUrl:
                things.Add(new Thing(part.Kind == PartKind.File ? "file" : "file url", Of(part), [.. losses, "File"]));
                if (part.Name.IsPresent && Plain(part.Name) != "document")
                    things.Add(new Thing("file name", Plain(part.Name), [.. losses, "File", "FileName"]));
                break;
            case PartKind.Thinking or PartKind.HiddenThinking:
                var proof = _upstream.Has(Dialects.Asks.UnreadThoughtProofs) ? "" : $"{Plain(part.Signature)} {part.IsSealed}";
                things.Add(new Thing("thought", $"{part.Kind} {Plain(part.Text)} {proof}", "Thinking"));
                break;
            default:
                AddCall(things, part, losses);
                break;
        }

        AddMark(things, part, losses);
    }

    private string Of(in NeutralPart part) =>
        part.Kind is PartKind.ImageUrl or PartKind.FileUrl ? Plain(part.Text) : $"{Plain(part.Media)} {Plain(part.Text)}";

    private void AddCall(List<Thing> things, in NeutralPart part, string[] losses)
    {
        var number = part.IsCustom ? --_custom : _calls.Count + _custom;
        _calls[part.Id.IsPresent ? Plain(part.Id) : $" {part.Ordinal}"] = number;
        var arguments = part.IsObject ? Raw(part.Text) : Plain(part.Text);
        things.Add(new Thing($"call{(part.IsCustom ? " custom" : "")}", $"{number} {Plain(part.Name)}", losses));
        things.Add(part.IsCustom ? new Thing("input", arguments, losses)
            : arguments.StartsWith('{') ? new Thing("arguments", Canonical(JsonElement.Parse(arguments)))
            : new Thing("arguments", arguments, "Arguments"));
        if (part.Signature.IsPresent && !_upstream.Has(Dialects.Asks.UnreadCallProofs))
            things.Add(new Thing("proof", Plain(part.Signature), "CallProof"));
    }

    private void AddMark(List<Thing> things, in NeutralPart part, string[] losses)
    {
        if (part.CacheMark.IsPresent)
            things.Add(new Thing("mark", Raw(part.CacheMark), [.. losses, "ImageUrl", "File", "Audio", "PartCache"]));
    }
}
