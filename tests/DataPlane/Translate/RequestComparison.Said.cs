using System.Text.Json;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Tests.Translate;

/// <summary>What is said in a request, and by whom.</summary>
internal sealed partial class RequestComparison
{
    private readonly Dictionary<string, int> _calls = [];

    /// <summary>Those of custom tools are counted backwards, for they may be lost.</summary>
    private int _custom;

    /// <summary>A call, a result with what is in it, or another part.</summary>
    private sealed record Block(int Rank, List<Thing> Things);

    private void ReadMessages()
    {
        var (system, turns, isTurned) = (new List<Thing>(), new List<Thing>(), false);
        for (var m = 0; m < _request.Messages.Count;)
        {
            var (role, run) = (_request.Messages[m].Role, new List<Block>());
            for (; m < _request.Messages.Count && _request.Messages[m].Role is var next && (next == role || next == NeutralRole.System); m++)
            {
                // A system prompt goes to the top, and those beside it are of one turn.
                _hasLateSystem |= next == NeutralRole.System && (isTurned || run.Count > 0);
                if (next == NeutralRole.System)
                    system.AddRange(Blocks(_request.Messages[m]).SelectMany(block => block.Things));
                else
                    run.AddRange(Blocks(_request.Messages[m]));
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

    private List<Block> Blocks(NeutralMessage message)
    {
        var blocks = new List<Block>();
        for (var p = message.From; p < message.From + message.Count; p++)
        {
            var part = _request.Parts[p];
            if (part.Kind != PartKind.ToolResult)
            {
                var things = new List<Thing>();
                Add(things, $"{message.Role}", part, part.Kind == PartKind.ToolCall && part.IsCustom ? ["CustomCall"] : []);
                blocks.Add(new Block(part.Kind == PartKind.ToolCall ? 20_000 : 10_000, things));
                continue;
            }

            var call = part.Id.IsPresent ? _calls.GetValueOrDefault(Plain(part.Id), -1) : part.Ordinal;
            var (of, losses) = ($"result {call}{(part.IsCustom ? " custom" : "")}", part.IsCustom ? new[] { "CustomResult" } : []);
            var result = new List<Thing> { new(of, "", losses) };
            var isError = part.IsError;
            AddMark(result, part, losses);
            while (p + 1 < message.From + message.Count && _request.Parts[p + 1].IsOfResult)
                isError |= AddOfResult(result, of, _request.Parts[++p], losses);
            if (isError)
                result.Add(new Thing("error", "", "ResultIsError"));
            blocks.Add(new Block(call, result));
        }

        return blocks;
    }

    /// <summary>Gemini's results are objects, in which the text stands; true if as an error.</summary>
    private bool AddOfResult(List<Thing> things, string of, in NeutralPart part, string[] losses)
    {
        if (part is { Kind: PartKind.Text, IsObject: true })
        {
            var json = JsonElement.Parse(Raw(part.Text));
            var isOne = _upstream.Shape == RequestShape.Contents && json.EnumerateObject().Count() == 1;
            var inner = isOne ? json.EnumerateObject().First() : default;
            var isOurs = isOne && inner.Name is "result" or "error";
            things.Add(new Thing(of + " Text", isOurs ? inner.Value.GetString()! : Raw(part.Text), losses));
            AddMark(things, part, losses);
            return isOurs && inner.Name == "error";
        }

        Add(things, of, part, part.Kind == PartKind.Text ? losses : [.. losses, "ResultContent"]);
        return false;
    }

    private void Add(List<Thing> things, string of, in NeutralPart part, string[] losses)
    {
        switch (part.Kind)
        {
            case PartKind.Text or PartKind.Refusal:
                if (part.Text.Length > 0)
                    things.Add(new Thing($"{of} Text", Plain(part.Text), losses));
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
                // What OpenAI has sealed means nothing where a client of its own brings it: that goes to OpenAI as it is.
                var proof = _upstream.Shape == RequestShape.Responses ? "" : $"{Plain(part.Signature)} {part.IsSealed}";
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
        if (part.Signature.IsPresent && _upstream.Shape != RequestShape.Contents)
            things.Add(new Thing("proof", Plain(part.Signature), "CallProof"));
    }

    private void AddMark(List<Thing> things, in NeutralPart part, string[] losses)
    {
        if (part.CacheMark.IsPresent)
            things.Add(new Thing("mark", Raw(part.CacheMark), [.. losses, "ImageUrl", "File", "PartCache"]));
    }
}
