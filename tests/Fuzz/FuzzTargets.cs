using AiEdge.DataPlane.Tests.Dialects;
using AiEdge.DataPlane.Tests.Flow;
using AiEdge.DataPlane.Tests.Forward;
using AiEdge.DataPlane.Tests.Meter;
using AiEdge.DataPlane.Tests.Parse;
using AiEdge.DataPlane.Tests.Translate;

namespace AiEdge.Fuzz;

/// <summary>The table of targets: one line each.</summary>
public static class FuzzTargets
{
    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new RequestHeadTarget(),
        new ResponseHeadTarget(),
        new ChunkedTarget(),
        new SseTarget(),
        new GrpcFrameTarget(),
        new OracleTarget("json", ParseOracles.ScannerAgreesWithUtf8JsonReader, OracleTarget.Json),
        new OracleTarget("request-body", (input, seed) => ParseOracles.RequestIsReadAlikeAndPatchedExactly(input, seed), OracleTarget.Json),
        new OracleTarget("prompt", (input, seed) => PromptOracles.PromptIsNotedAlike(input, seed), OracleTarget.Json),
        new OracleTarget("dialect-events", EventOracles.EventsAreRead, OracleTarget.Json),
        new OracleTarget("translation", TranslateOracles.WhatComesOutIsJson, OracleTarget.Json),
        new OracleTarget("form", (input, seed) => ParseOracles.MultipartIsReadAlike(input, seed), OracleTarget.Form),
        new OracleTarget("answer", MeterOracles.AnswerIsReadAlike, OracleTarget.Json),
        new OracleTarget("stored-ids", StoredIdOracles.IdsAreSealedAlike, OracleTarget.Json),
        new OracleTarget("chunks", MeterOracles.ChunksAreReadAlike, OracleTarget.Json),
        new OracleTarget("deltas", DeltaOracles.TextsAreThoseOfTheTree, OracleTarget.Json),
        new OracleTarget("metrics", ExpositionOracles.MetricsAreReadAlike, OracleTarget.Metrics),
        new TokenTarget(),
        new TokenJsonTarget(),
    ];
}
