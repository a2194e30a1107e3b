using System.Buffers;
using System.Text;
using System.Text.Json;

namespace AiEdge.ControlPlane.Usage;

/// <summary>The team that a caller is confined to; null where he may see all. Who may not call at all has been turned away before.</summary>
internal delegate string? TeamOfCaller(HttpContext http);

/// <summary>What of the API tells of use: <c>/api/v1/usage…</c> and <c>/api/v1/requests…</c>, all of them readings.</summary>
internal sealed class UsageEndpoints(UsageBook book, TeamOfCaller teamOf, TimeProvider time)
{
    private const int TopMax = 1_000;
    private const int SearchesMax = 2;
    private const int AskersMax = 2;
    private const int RowsPerFlush = 256;
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);
    private static readonly TimeSpan Ledger = TimeSpan.FromDays(35);

    /// <summary>A search reads segments of the ledger into memory: few at a time.</summary>
    private readonly SemaphoreSlim _searching = new(SearchesMax, SearchesMax);

    /// <summary>Sums are computed while the ledger's next batch waits for them: few at a time. A question takes one of these.</summary>
    public SemaphoreSlim Asking { get; init; } = new(AskersMax, AskersMax);

    public async Task UsageAsync(HttpContext http)
    {
        var ask = new UsageAsk(http.Request.Query, time);
        var (from, to) = ask.Span(Day);
        var stepName = ask.Word("step", "minute", "hour", "day");
        var step = stepName switch { "minute" => UsageStep.Minute, "hour" => UsageStep.Hour, "day" => UsageStep.Day, _ => Whole(from, to) };
        var query = Query(ask, http, from, to, step, ask.Dimensions("groupBy", UsageQuery.GroupByMax), isStepped: stepName is not null);
        var format = ask.Word("format", "json", "csv");
        ask.RefuseOthers();
        if (await RefusedAsync(http, ask))
            return;
        if (await AskAsync(http, () => UsageAnswer.Of(book.Rollups, query)) is not { } rows)
        {
            ask.Faults.Add(("groupBy", $"gives more than {query.AnswerRowsMax} rows: ask for a shorter time, a longer step or fewer dimensions"));
            await RefusedAsync(http, ask);
            return;
        }

        if (format == "csv" || (format is null && http.Request.Headers.Accept.ToString().Contains("text/csv", StringComparison.OrdinalIgnoreCase)))
            await AnswerAsync(http, "text/csv; charset=utf-8", Encoding.UTF8.GetBytes(UsageText.Csv(query, rows)));
        else
            await RowsAsync(http, query, rows);
    }

    public async Task TopAsync(HttpContext http)
    {
        var ask = new UsageAsk(http.Request.Query, time);
        var (from, to) = ask.Span(Day);
        var by = ask.Dimensions("by", 1);
        var limit = (int)ask.Number("limit", 10, 1, TopMax);
        var query = Query(ask, http, from, to, Whole(from, to), by.Count == 0 ? [new("key")] : by, isStepped: false);
        ask.RefuseOthers();
        if (await RefusedAsync(http, ask))
            return;
        var rows = await AskAsync(http, () => UsageAnswer.Of(book.Rollups, query)) ?? [];
        await JsonAsync(http, to => UsageText.Write(to, query, rows.Count > limit ? rows[..limit] : rows));
    }

    public async Task ForecastAsync(HttpContext http)
    {
        var ask = new UsageAsk(http.Request.Query, time);
        var period = ask.Word("period", "day", "week", "month") ?? "month";
        var filters = ask.Filters(teamOf(http));
        ask.RefuseOthers();
        if (await RefusedAsync(http, ask))
            return;
        var forecast = await AskAsync(http, () => UsageForecast.Of(book.Rollups, period, ask.NowUnixMs, filters));
        await JsonAsync(http, to =>
        {
            to.WriteStartObject();
            to.WriteString("period", period);
            to.WriteString("from", UsageText.Time(forecast.FromUnixMs));
            to.WriteString("to", UsageText.Time(forecast.ToUnixMs));
            to.WriteString("spentNanodollars", UsageText.Money(forecast.Spent));
            to.WriteString("forecastNanodollars", UsageText.Money(forecast.Expected));
            to.WriteNumber("historyHours", forecast.HistoryHours);
            to.WriteEndObject();
        });
    }

    public async Task RequestsAsync(HttpContext http)
    {
        var ask = new UsageAsk(http.Request.Query, time);
        var (from, to) = ask.Span(Day);
        var limit = (int)ask.Number("limit", 100, 1, RequestFilter.LimitMax);
        var filter = new RequestFilter
        {
            FromUnixMs = from,
            ToUnixMs = to,
            Values = ask.Filters(teamOf(http)),
            WithAttempts = ask.Word("attempts", "true", "false") == "true",
            Status = Status(ask),
            End = ask.Text("end"),
            Limit = ask.Text("limitName"),
            RequestId = ask.Text("requestId"),
            TotalMsMin = ask.Number("minTotalMs", 0, 0, long.MaxValue),
            CostMin = ask.Number("minCostNanodollars", long.MinValue, 0, long.MaxValue),
        };
        RequestCursor? cursor = null;
        if (ask.Text("cursor") is { } text)
        {
            if (RequestCursor.TryParse(text, out var parsed))
                cursor = parsed;
            else
                ask.Faults.Add(("cursor", "is none that was given out here"));
        }

        ask.RefuseOthers();
        if (!await RefusedAsync(http, ask))
            await SearchAsync(http, filter, limit, cursor);
    }

    /// <summary>One request: its exchange, and its attempts if it had several.</summary>
    public async Task RequestAsync(HttpContext http)
    {
        var ask = new UsageAsk(http.Request.Query, time);
        var (from, to) = ask.Span(Ledger);
        ask.RefuseOthers();
        if (await RefusedAsync(http, ask))
            return;
        var filter = new RequestFilter
        {
            FromUnixMs = from,
            ToUnixMs = to + 1,
            RequestId = (string)http.Request.RouteValues["id"]!,
            WithAttempts = true,
            Values = teamOf(http) is { } team ? [(new("team"), team)] : [],
        };
        await SearchAsync(http, filter, RequestFilter.LimitMax, null, isOne: true);
    }

    private async Task SearchAsync(HttpContext http, RequestFilter filter, int limit, RequestCursor? cursor, bool isOne = false)
    {
        List<FoundRequest> found;
        RequestCursor? next;
        await _searching.WaitAsync(http.RequestAborted);
        try
        {
            (found, next) = RequestSearch.Find(book.Ledger, filter, limit, cursor, http.RequestAborted);
            while (isOne && found.Count == 0 && next is not null)
                (found, next) = RequestSearch.Find(book.Ledger, filter, limit, next, http.RequestAborted);
        }
        finally
        {
            _searching.Release();
        }

        if (isOne && found.Count == 0)
        {
            await ProblemAsync(http, StatusCodes.Status404NotFound, "Not Found", "no request of this id is kept", []);
            return;
        }

        await JsonAsync(http, to =>
        {
            to.WriteStartObject();
            to.WriteStartArray("requests");
            foreach (var request in found)
                UsageText.Write(to, request.Record, request.PlaneId, request.Epoch);
            to.WriteEndArray();
            if (next is { } more && !isOne)
                to.WriteString("next", more.ToString());
            to.WriteEndObject();
        });
    }

    private async ValueTask<T> AskAsync<T>(HttpContext http, Func<T> answer)
    {
        await Asking.WaitAsync(http.RequestAborted);
        try
        {
            return answer();
        }
        finally
        {
            Asking.Release();
        }
    }

    private UsageQuery Query(
        UsageAsk ask, HttpContext http, long from, long to, UsageStep step, IReadOnlyList<UsageDimension> groupBy, bool isStepped)
    {
        var length = UsageSlots.LengthMs(step);
        return new()
        {
            FromUnixMs = (long)Math.Floor((double)from / length) * length,
            ToUnixMs = (long)Math.Ceiling((double)to / length) * length,
            Step = step,
            IsStepped = isStepped,
            GroupBy = groupBy,
            Filters = ask.Filters(teamOf(http)),
        };
    }

    /// <summary>For a sum over a whole time: the longest step that divides it, or else one that widens it little.</summary>
    private static UsageStep Whole(long from, long to)
    {
        foreach (var step in (UsageStep[])[UsageStep.Day, UsageStep.Hour])
        {
            var length = UsageSlots.LengthMs(step);
            if ((from % length == 0 && to % length == 0) || to - from > 100 * length)
                return step;
        }

        return to - from > UsageSlots.LengthMs(UsageStep.Day) ? UsageStep.Hour : UsageStep.Minute;
    }

    private static long Status(UsageAsk ask)
    {
        if (ask.Text("status") is not { } text)
            return 0;
        if (text is "4xx" or "5xx" or "2xx" or "3xx")
            return text[0] - '0';
        return ask.Number("status", 0, 100, 599);
    }

    private static async ValueTask<bool> RefusedAsync(HttpContext http, UsageAsk ask)
    {
        if (ask.IsWrong)
            await ProblemAsync(http, StatusCodes.Status400BadRequest, "Bad Request", "the question has faults", ask.Faults);
        return ask.IsWrong;
    }

    private static ValueTask ProblemAsync(HttpContext http, int status, string title, string detail, List<(string Name, string Message)> faults)
    {
        http.Response.StatusCode = status;
        return JsonAsync(http, to =>
        {
            to.WriteStartObject();
            to.WriteString("type", "about:blank");
            to.WriteString("title", title);
            to.WriteNumber("status", status);
            to.WriteString("detail", detail);
            if (faults.Count > 0)
            {
                to.WriteStartArray("faults");
                foreach (var (name, message) in faults)
                {
                    to.WriteStartObject();
                    to.WriteString("path", name);
                    to.WriteString("message", message);
                    to.WriteEndObject();
                }

                to.WriteEndArray();
            }

            to.WriteEndObject();
        }, "application/problem+json");
    }

    private static async ValueTask JsonAsync(HttpContext http, Action<Utf8JsonWriter> write, string type = "application/json")
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        using (var to = new Utf8JsonWriter(buffer))
            write(to);
        await AnswerAsync(http, type, buffer.WrittenMemory);
    }

    /// <summary>Sums may be many: they are written as they go.</summary>
    private static async ValueTask RowsAsync(HttpContext http, UsageQuery query, List<UsageRow> rows)
    {
        http.Response.ContentType = "application/json";
        http.Response.Headers.CacheControl = "no-store";
        await using var to = new Utf8JsonWriter(http.Response.BodyWriter);
        UsageText.Begin(to, query);
        for (var i = 0; i < rows.Count; i++)
        {
            UsageText.Write(to, query, rows[i]);
            if (i % RowsPerFlush != RowsPerFlush - 1)
                continue;
            to.Flush();
            await http.Response.BodyWriter.FlushAsync(http.RequestAborted);
        }

        UsageText.End(to);
    }

    private static async ValueTask AnswerAsync(HttpContext http, string type, ReadOnlyMemory<byte> body)
    {
        http.Response.ContentType = type;
        http.Response.ContentLength = body.Length;
        http.Response.Headers.CacheControl = "no-store";
        await http.Response.BodyWriter.WriteAsync(body, http.RequestAborted);
    }
}
