namespace AiEdge.ControlPlane.Domain;

/// <summary>Who did what, when and from where. Kept with the change itself, in one command: there is none without the other.</summary>
/// <param name="AtUnixMs">When, by the control plane's wall clock.</param>
/// <param name="Actor">Name of the token, or <c>plane:ID</c>, or <c>control-plane</c>.</param>
/// <param name="From">Address that the request came from; empty where there is none.</param>
/// <param name="Action">What: <c>put</c>, <c>patch</c>, <c>delete</c>, <c>rotate</c>, <c>rollback</c> …</param>
/// <param name="Target">On what: <c>keys/checkout</c>. Holds no secret.</param>
internal sealed record AuditRecord(long AtUnixMs, string Actor, string From, string Action, string Target);

/// <summary>An audit record with its place in the log.</summary>
/// <param name="Version">The command.</param>
/// <param name="Generation">The generation that it made, or 0 where it made none.</param>
/// <param name="Record">The record.</param>
internal sealed record AuditLine(ulong Version, ulong Generation, AuditRecord Record);
