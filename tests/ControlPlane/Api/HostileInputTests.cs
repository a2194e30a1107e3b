using System.Net;
using AiEdge.ControlPlane.Tests.Hosting;

namespace AiEdge.ControlPlane.Tests.Api;

/// <summary>Whatever comes, on whichever route: the right error, nothing changed, nothing told that is not the caller's.</summary>
public sealed class HostileInputTests
{
    private const string Secret = "sk-canary-of-a-provider-5521";
    private const string Sha = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

    /// <summary>Bodies that can be no entry of anything, each with what is wrong with it.</summary>
    private static readonly (string Body, HttpStatusCode Status)[] Bodies =
    [
        ("", HttpStatusCode.BadRequest), ("{", HttpStatusCode.BadRequest), ("{}x", HttpStatusCode.BadRequest), ("nope", HttpStatusCode.BadRequest),
        ("{\"name\":\"a\",\"name\":\"b\"}", HttpStatusCode.BadRequest), ("{\"a\":{\"b\":1,\"b\":2}}", HttpStatusCode.BadRequest),
        (new string('[', 65) + new string(']', 65), HttpStatusCode.BadRequest),
        (string.Concat(Enumerable.Repeat("{\"a\":", 100_000)), HttpStatusCode.BadRequest),
        ("{\"a\":\"\\ud800\"}", HttpStatusCode.BadRequest), ("{\"a\":\"\0\"}", HttpStatusCode.BadRequest), ("{\"a\":01}", HttpStatusCode.BadRequest),
        ("{'a':1}", HttpStatusCode.BadRequest), ("{\"a\":NaN}", HttpStatusCode.BadRequest), ("{\"a\":1,}", HttpStatusCode.BadRequest),
        ("7", HttpStatusCode.UnprocessableEntity), ("\"x\"", HttpStatusCode.UnprocessableEntity), ("[]", HttpStatusCode.UnprocessableEntity), ("true", HttpStatusCode.UnprocessableEntity),
        ("{\"name\":{},\"sha256\":[],\"targets\":7,\"dialect\":null,\"requests\":{},\"role\":[[]],\"uses\":\"x\",\"input\":true,\"tags\":3,\"key\":{\"a\":1},\"key2\":1e999}", HttpStatusCode.UnprocessableEntity),
        ("{\"__proto__\":{\"admin\":true},\"constructor\":1}", HttpStatusCode.UnprocessableEntity),
        ("{\"name\":\"" + new string('x', 100_000) + "\",\"bogus\":1}", HttpStatusCode.UnprocessableEntity),
    ];

    private static async Task<ControlRig> StartAsync()
    {
        var rig = await ControlRig.WithModelAsync();
        using var rest = new RestClient(rig);
        await rest.DoAsync("PATCH", "providers/openai", $$"""{"key":"{{Secret}}"}""");
        await rest.DoAsync("PUT", "teams/blue", """{"may":{"models":["gpt-*"]}}""");
        await rest.DoAsync("PUT", "teams/red", """{"tags":{"project":"reds-canary"}}""");
        await rest.DoAsync("PUT", "keys/a", $$"""{"sha256":"{{Sha}}","team":"blue","models":["gpt-4o"]}""");
        await rest.DoAsync("PUT", "keys/reds-canary", $$"""{"sha256":"{{Sha.Replace('9', '8')}}","team":"red"}""");
        await rest.DoAsync("PUT", "limits/l", """{"match":{"team":"blue"},"requests":"9/min"}""");
        await rest.DoAsync("PUT", "limits/reds-canary", """{"match":{"team":"red"},"requests":"9/min"}""");
        await rest.DoAsync("PUT", "prices/gpt-4o", """{"input":1,"output":1}""");
        await rig.JoinAsync("p1");
        return rig;
    }

    private static async Task<string> TokenAsync(ControlRig rig, string name, string rest)
    {
        using var admin = new RestClient(rig);
        return (string)(await admin.DoAsync("POST", "tokens", $$"""{"name":"{{name}}",{{rest}}}"""))["secret"]!;
    }

    private static void AssertTellsNoSecret(RestAnswer answer)
    {
        foreach (var secret in (string[])[Secret, ControlRig.Admin, ControlRig.Join, "   at AiEdge"])
            Assert.DoesNotContain(secret, answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_route_takes_a_body_that_is_no_entry()
    {
        await using var rig = await StartAsync();
        using var rest = new RestClient(rig);
        var (version, generation) = (rig.State.Current.Version, rig.State.Current.Generation);
        foreach (var route in (await EveryRoute.OfAsync(rig)).Where(r => r.HasBody))
        {
            foreach (var (body, status) in Bodies)
            {
                var answer = await rest.SendAsync(route.Method, route.AtSomething(), body);

                // An alert of this name is not there to be merged into.
                var expected = route is { Section: "alerts", Method: "PATCH" } && status == HttpStatusCode.UnprocessableEntity ? HttpStatusCode.NotFound : status;
                Assert.True(expected == answer.Status, $"{route} {body[..Math.Min(60, body.Length)]}: {answer.Status} {answer.Text}");
                Assert.Equal("application/problem+json", answer.Type);
                AssertTellsNoSecret(answer);
            }
        }

        Assert.Equal((version, generation), (rig.State.Current.Version, rig.State.Current.Generation));
    }

    [Fact]
    public async Task What_is_said_in_a_body_that_nobody_reads_is_not_passed_over()
    {
        await using var rig = await StartAsync();
        using var rest = new RestClient(rig);
        var version = rig.State.Current.Version;
        foreach (var route in (await EveryRoute.OfAsync(rig)).Where(r => !r.HasBody && (r.Method is "POST" or "DELETE")))
        {
            foreach (var body in (string[])["""{"overlap":"1h"}""", new('x', 100_000), "[]"])
            {
                var answer = await rest.SendAsync(route.Method, route.AtSomething(), body);
                Assert.True(answer.Status == HttpStatusCode.BadRequest, $"{route} {body[..Math.Min(20, body.Length)]}: {answer.Status} {answer.Text}");
                AssertTellsNoSecret(answer);
            }
        }

        Assert.Equal(version, rig.State.Current.Version);
        Assert.Equal(HttpStatusCode.OK, (await rest.SendAsync("POST", "keys/a/rotate", " {} ")).Status);
    }

    [Fact]
    public async Task No_route_takes_what_is_too_large_or_of_another_type()
    {
        await using var rig = await StartAsync();
        using var rest = new RestClient(rig);
        var version = rig.State.Current.Version;
        foreach (var route in (await EveryRoute.OfAsync(rig)).Where(r => r.HasBody))
        {
            var large = new string(' ', (route.Path == "config" ? 8 << 20 : 1 << 20) + 1) + "{}";
            Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await rest.SendAsync(route.Method, route.AtSomething(), large)).Status);
            foreach (var type in (string[])["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
                Assert.Equal(HttpStatusCode.UnsupportedMediaType, (await rest.SendAsync(route.Method, route.AtSomething(), "{}", type)).Status);
        }

        Assert.Equal(version, rig.State.Current.Version);
    }

    [Theory]
    [InlineData("..%2f..%2fsecrets%2fopenai")]
    [InlineData("%2e%2e%2fsecrets")]
    [InlineData("%252e%252e%252fsecrets")]
    [InlineData("..%5c..%5cseal.key")]
    [InlineData("%2fetc%2fpasswd")]
    [InlineData("a%00b")]
    [InlineData("a%0d%0aX-Injected:%201")]
    [InlineData("%ff%fe")]
    [InlineData("..;")]
    [InlineData("${store:openai}")]
    public async Task A_trick_in_the_place_of_a_name_is_a_name_of_nothing(string trick)
    {
        await using var rig = await StartAsync();
        using var rest = new RestClient(rig);
        var version = rig.State.Current.Version;
        foreach (var route in (await EveryRoute.OfAsync(rig)).Where(r => !r.HasBody && r.Path.Contains('{')))
        {
            var answer = await rest.SendAsync(route.Method, route.At(_ => trick));
            Assert.True(answer.Status is HttpStatusCode.NotFound or HttpStatusCode.BadRequest, $"{route}: {answer.Status} {answer.Text}");
            AssertTellsNoSecret(answer);
        }

        Assert.Equal(version, rig.State.Current.Version);
    }

    [Fact]
    public async Task Names_have_their_bounds_in_a_path_as_in_a_body()
    {
        await using var rig = await StartAsync();
        using var rest = new RestClient(rig);
        var version = rig.State.Current.Version;
        foreach (var (section, body) in new[]
        {
            ("providers", Domain.World.Provider), ("models", Domain.World.Model), ("teams", "{}"), ("keys", $$"""{"sha256":"{{Sha.Replace('9', '7')}}"}"""), ("limits", """{"requests":"1/min"}"""),
            ("prices", """{"input":1,"output":1}"""), ("tokens", """{"role":"viewer"}"""), ("joinTokens", "{}"),
        })
        {
            foreach (var name in (string[])[new('x', 4000), "%20", "a%09b", "a%00b", "caf%c3%a9"])
            {
                var answer = await rest.SendAsync("PUT", $"{section}/{name}", body);
                Assert.True(answer.Status is HttpStatusCode.UnprocessableEntity or HttpStatusCode.BadRequest, $"{section}/{name[..Math.Min(9, name.Length)]}: {answer.Status} {answer.Text}");
            }

            Assert.Equal(HttpStatusCode.RequestUriTooLong, (await rest.SendAsync("PUT", $"{section}/{new string('x', 9000)}", body)).Status);
        }

        Assert.Equal(version, rig.State.Current.Version);
    }

    [Fact]
    public async Task A_viewer_writes_nothing_by_any_route()
    {
        await using var rig = await StartAsync();
        using var viewer = new RestClient(rig, await TokenAsync(rig, "v", "\"role\":\"viewer\""));
        var version = rig.State.Current.Version;
        foreach (var route in await EveryRoute.OfAsync(rig))
        {
            var answer = await viewer.SendAsync(route.Method, route.AtSomething(), route.HasBody ? "{}" : null);
            AssertTellsNoSecret(answer);

            // Asking what would become of a request is reading; what tokens there are is an administrator's matter.
            var mayAsk = !route.IsWrite || route.Path == "explain";
            var isAdmins = route.Section is "tokens" or "joinTokens";
            Assert.True((answer.Status == HttpStatusCode.Forbidden) == (!mayAsk || isAdmins), $"{route}: {answer.Status} {answer.Text}");
        }

        Assert.Equal(version, rig.State.Current.Version);
    }

    [Fact]
    public async Task An_owner_neither_sees_nor_changes_anything_of_another_team_by_any_route()
    {
        await using var rig = await StartAsync();
        using var owner = new RestClient(rig, await TokenAsync(rig, "o", "\"role\":\"owner\",\"team\":\"blue\""));
        var version = rig.State.Current.Version;
        foreach (var route in await EveryRoute.OfAsync(rig))
        {
            var at = route.At(part => part switch
            {
                "name" => route.Section switch { "teams" => "red", "keys" or "limits" => "reds-canary", "providers" => "openai", "tokens" => "admin", "joinTokens" => "first", _ => "gpt-4o" },
                "which" => "current",
                "id" => "p1",
                _ => "1",
            });
            var body = route.Section switch
            {
                "keys" => $$"""{"name":"reds-canary","team":"red","models":["gpt-4o"],"sha256":"{{Sha.Replace('9', '6')}}"}""",
                "limits" => """{"match":{"team":"red"},"requests":"900/min"}""",
                "explain" => """{"key":"reds-canary","model":"gpt-4o"}""",
                "models" => Domain.World.Model,
                _ => "{}",
            };
            var answer = await owner.SendAsync(route.Method, at, route.HasBody ? body : null);
            AssertTellsNoSecret(answer);
            Assert.DoesNotContain("reds-canary", answer.Text, StringComparison.Ordinal);
            var isRefused = answer.Status is HttpStatusCode.Forbidden or HttpStatusCode.NotFound;
            Assert.True(isRefused || !route.IsWrite, $"{route}: {answer.Status} {answer.Text}");
            Assert.True(isRefused || !at.Contains("red", StringComparison.Ordinal), $"{route}: {answer.Status} {answer.Text}");
        }

        Assert.Equal(version, rig.State.Current.Version);
    }

    [Fact]
    public async Task An_owner_is_confined_to_limits_that_are_his_teams_and_were_made_by_it()
    {
        await using var rig = await StartAsync();
        using var owner = new RestClient(rig, await TokenAsync(rig, "o", "\"role\":\"owner\",\"team\":\"blue\""));
        await owner.DoAsync("PUT", "limits/mine", """{"match":{"team":"blue"},"requests":"3/min"}""");
        var version = rig.State.Current.Version;
        foreach (var (name, body) in new[]
        {
            ("x", """{"requests":"3/min"}"""), ("x", """{"match":{"team":["blue","red"]},"requests":"3/min"}"""), ("x", """{"match":{"team":"blu*"},"requests":"3/min"}"""),
            ("x", """{"match":{"key":"a"},"requests":"3/min"}"""), ("x", """{"match":{"team":"blue"},"requests":"3/min","was":"l"}"""),
            ("x", """{"match":{"team":"blue"},"requests":"3/min","degrade":[{"at":"50%","model":"claude"}]}"""),
            ("mine", """{"match":{"team":"red"},"requests":"3/min"}"""), ("l", """{"match":{"team":"blue"},"requests":"900/min"}"""),
        })
        {
            var answer = await owner.SendAsync("PUT", "limits/" + name, body);
            Assert.True(answer.Status == HttpStatusCode.Forbidden, $"{name} {body}: {answer.Status} {answer.Text}");
        }

        foreach (var (method, path) in new[] { ("DELETE", "limits/l"), ("PATCH", "limits/l"), ("POST", "limits/mine/reset"), ("POST", "limits/l/reset"), ("PATCH", "teams/blue") })
            Assert.Equal(HttpStatusCode.Forbidden, (await owner.SendAsync(method, path, method == "PATCH" ? """{"disabled":true}""" : null)).Status);
        Assert.Equal(version, rig.State.Current.Version);
    }

    [Fact]
    public async Task Nobody_without_a_good_token_is_told_anything_and_ten_of_them_wait()
    {
        await using var rig = await StartAsync();
        var version = rig.State.Current.Version;
        using (var wrong = new RestClient(rig, "aiedge_token_" + new string('x', 43)))
        {
            var texts = new HashSet<string>();
            for (var i = 0; i < 10; i++)
            {
                var answer = await wrong.SendAsync(i % 2 == 0 ? "GET" : "PUT", i < 5 ? "keys/a" : "nothing", i % 2 == 0 ? null : "{}");
                Assert.Equal(HttpStatusCode.Unauthorized, answer.Status);
                texts.Add(answer.Text);
            }

            Assert.Single(texts);
            Assert.Equal(HttpStatusCode.TooManyRequests, (await wrong.GetAsync("keys")).Status);
        }

        using var right = new RestClient(rig);
        Assert.Equal(version, rig.State.Current.Version);
        Assert.Equal(HttpStatusCode.OK, (await right.GetAsync("keys/a")).Status);
    }

    [Fact]
    public async Task A_body_that_never_says_how_long_it_is_has_the_same_bound()
    {
        await using var rig = await StartAsync();
        using var http = new HttpClient { BaseAddress = new Uri(rig.Host.Http, "/api/v1/") };
        using var request = new HttpRequestMessage(HttpMethod.Put, "models/x") { Content = new StreamContent(new EndlessSpaces((1 << 20) + 1)) };
        request.Headers.Authorization = new("Bearer", ControlRig.Admin);
        request.Headers.TransferEncodingChunked = true;
        request.Content.Headers.TryAddWithoutValidation("Content-Type", "application/json");
        using var answer = await http.SendAsync(request);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
        Assert.Null(rig.State.Current.Find("models", "x"));
    }

    /// <summary>So many spaces, of which nobody is told beforehand how many they are.</summary>
    private sealed class EndlessSpaces(long length) : Stream
    {
        private long _left = length;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count)
        {
            var some = (int)Math.Min(count, _left);
            buffer.AsSpan(offset, some).Fill((byte)' ');
            _left -= some;
            return some;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
