using System.Buffers;
using System.Text;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Parse;

namespace AiEdge.DataPlane.Tests.Parse;

public class MultipartReaderTests
{
    private const string Model = "--XyZ\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nwhisper-1\r\n";
    private const string File = "--XyZ\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.mp3\"\r\n"
        + "Content-Type: audio/mpeg\r\n\r\n"
        + "ID3\r\n--XyY\r\n--Xy\r--XyZ\n\r\r\n-\r\n--\r\n\0\xff\r\n";

    private const string End = "--XyZ--\r\n";

    [Fact]
    public void Model_and_stream_are_found_with_their_places_however_the_body_is_cut()
    {
        byte[] body = Encoding.Latin1.GetBytes(File + Model + "--XyZ\r\ncontent-disposition:form-data;name=stream\r\n\r\nTrue\r\n" + End);
        var facts = new RequestFacts();
        string line = Cuts.SameForAll(body, pieces => RequestReading.DescribeMultipart(RequestReading.Multipart, pieces, facts));
        Assert.StartsWith("model=True", line, StringComparison.Ordinal);
        Assert.Equal("whisper-1", Encoding.UTF8.GetString(facts.Model));
        Assert.Equal("whisper-1", At(body, facts.ModelToken));
        Assert.True(facts.Stream);
        Assert.Equal("True", At(body, facts.StreamToken));
    }

    [Theory]
    [InlineData(Model + File + End)]
    [InlineData(Model + "--XyZ--")]
    [InlineData(Model + "--XyZ\r\nContent-Disposition: form-data; name=\"stream\"\r\n\r\nfalse\r\n" + End)]
    [InlineData(Model + "--XyZ\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n\r\n" + End)]
    [InlineData(
        Model
            + "--XyZ\r\nContent-Disposition: form-data; name=\"image[]\"; filename*=UTF-8''a%20b.png; filename=\"a \\\"b\\\".png\""
            + "\r\n\r\nx\r\n" + End)]
    [InlineData(
        "--XyZ\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8BIT\r\nCONTENT-DISPOSITION: Form-Dat"
            + "a; Name=model\r\n\r\nm\r\n" + End)]
    [InlineData(Model + "--XyZ\r\nContent-Disposition: form-data; name=\"x\"\r\nContent-Transfer-Encoding: base64\r\n\r\neA==\r\n" + End)]
    [InlineData(Model + "--XyZ\r\nContent-Disposition: form-data; name=\"Model\"\r\n\r\nanother field\r\n" + End)]
    public void Bodies_that_clients_send_are_accepted(string body)
    {
        Assert.StartsWith("model=True", Read(body), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", null)]
    [InlineData("--XyZ--", "model")]
    [InlineData("--XyZ--\r\n", "model")]
    [InlineData(File + End, "model")]
    [InlineData(Model + Model + End, "model")]
    [InlineData(
        Model
            + "--XyZ\r\nContent-Disposition: form-data; name=\"stream\"\r\n\r\ntrue\r\n--XyZ\r\nContent-Disposition: form-data; nam"
            + "e=\"stream\"\r\n\r\ntrue\r\n" + End,
        "stream")]
    [InlineData(Model + "--XyZ\r\nContent-Disposition: form-data; name=\"stream\"\r\n\r\nyes\r\n" + End, "stream")]
    [InlineData("--XyZ\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\n\r\n" + End, "model")]
    [InlineData("--XyZ\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\na\r\nX-Injected: 1\r\n" + End, "model")]
    [InlineData("--XyZ\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\na\0\r\n" + End, "model")]
    [InlineData("--XyZ\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\na\xff\r\n" + End, "model")]
    [InlineData("preamble\r\n" + Model + End, null)]
    [InlineData("\r\n" + Model + End, null)]
    [InlineData(Model + "--XyZ--\r\nepilogue", null)]
    [InlineData(Model + "--XyZ--\r\n\r\n", null)]
    [InlineData(Model + "--XyZ--\r", null)]
    [InlineData(Model + "--XyZ--\n", null)]
    [InlineData(Model + "--XyZ-", null)]
    [InlineData(Model + "--XyZ", null)]
    [InlineData(Model, null)]
    [InlineData(Model + "--XyZ \r\nContent-Disposition: form-data; name=\"x\"\r\n\r\nx\r\n" + End, null)]
    [InlineData(Model + "--XyZa\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\nx\r\n" + End, null)]
    [InlineData("--XyZ\nContent-Disposition: form-data; name=\"model\"\n\nwhisper-1\n--XyZ--\n", null)]
    [InlineData("--XyZ\r\nContent-Disposition: form-data; name=\"model\"\r\n whatever\r\n\r\nm\r\n" + End, null)]
    [InlineData("--XyZ\r\nContent-Disposition : form-data; name=\"model\"\r\n\r\nm\r\n" + End, null)]
    [InlineData("--XyZ\r\nContent-Disposition: form-data; name=\"x\"; name=\"model\"\r\n\r\nm\r\n" + End, null)]
    [InlineData("--XyZ\r\nContent-Disposition: form-data; name=\"x\"; name*=UTF-8''model\r\n\r\nm\r\n" + End, null)]
    [InlineData("--XyZ\r\nContent-Disposition: form-data; name=\"mod\\el\"\r\n\r\nm\r\n" + End, null)]
    [InlineData("--XyZ\r\nContent-Disposition: form-data; name=\"mod%65l\"\r\n\r\nm\r\n" + End, null)]
    [InlineData("--XyZ\r\nContent-Disposition: form-data; name=\"model\"; filename=\"x\"\r\n\r\nm\r\n" + End, null)]
    [InlineData(
        "--XyZ\r\nContent-Disposition: form-data; name=\"x\"\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nm\r\n" + End,
        null)]
    [InlineData("--XyZ\r\nContent-Disposition: attachment; name=\"model\"\r\n\r\nm\r\n" + End, null)]
    [InlineData("--XyZ\r\nContent-Disposition: form-data\r\n\r\nm\r\n" + End, null)]
    [InlineData("--XyZ\r\nContent-Disposition: form-data; name=\"model\r\n\r\nm\r\n" + End, null)]
    [InlineData("--XyZ\r\nContent-Disposition: form-data; name=\"model\"; =x\r\n\r\nm\r\n" + End, null)]
    [InlineData("--XyZ\r\n\r\nm\r\n" + End, null)]
    [InlineData("--XyZ\r\nC\nontent-Disposition: form-data; name=\"model\"\r\n\r\nm\r\n" + End, null)]
    [InlineData("--XyZ\r\nno colon\r\n\r\nm\r\n" + End, null)]
    [InlineData("--XyZ\r\nContent-Disposition: form-data; name=\"model\"\r\nContent-Transfer-Encoding: base64\r\n\r\nbQ==\r\n" + End, null)]
    public void Bodies_that_parsers_could_read_differently_are_refused(string body, string? param)
    {
        string line = Read(body);
        Assert.StartsWith("error InvalidRequest/Client/Never [" + param + "]", line, StringComparison.Ordinal);
    }

    [Fact]
    public void A_body_truncated_at_any_byte_is_refused_but_for_the_last_line_end()
    {
        byte[] body = Encoding.Latin1.GetBytes(Model + File + End);
        for (int i = 0; i < body.Length; i++)
        {
            string line = RequestReading.DescribeMultipart(RequestReading.Multipart, [body[..i]]);
            Assert.StartsWith(i == body.Length - 2 ? "model=True" : "error", line, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("multipart/form-data; boundary=XyZ")]
    [InlineData("Multipart/Form-Data;BOUNDARY=\"XyZ\"")]
    [InlineData("multipart/form-data ; charset=utf-8 ; boundary=XyZ;")]
    public void Content_types_that_name_one_boundary_are_accepted(string contentType)
    {
        Assert.StartsWith(
            "model=True",
            RequestReading.DescribeMultipart(contentType, [Encoding.Latin1.GetBytes(Model + End)]),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("multipart/form-data")]
    [InlineData("multipart/form-data;")]
    [InlineData("multipart/mixed; boundary=XyZ")]
    [InlineData("multipart/form-data; boundary=")]
    [InlineData("multipart/form-data; boundary=\"\"")]
    [InlineData("multipart/form-data; boundary=XyZ; boundary=XyZ")]
    [InlineData("multipart/form-data; boundary=XyZ; Boundary=abc")]
    [InlineData("multipart/form-data; boundary=\"XyZ ")]
    [InlineData("multipart/form-data; boundary=\"XyZ \"")]
    [InlineData("multipart/form-data; boundary=\"X\\yZ\"")]
    [InlineData("multipart/form-data; boundary=\"X\r\nZ\"")]
    [InlineData("multipart/form-data; boundary=XyZ, multipart/form-data")]
    [InlineData("multipart/form-data; boundary=X*Z")]
    [InlineData("multipart/form-data boundary=XyZ")]
    [InlineData("multipart/form-data; boundary=12345678901234567890123456789012345678901234567890123456789012345678901")]
    public void Content_types_without_one_valid_boundary_are_refused(string contentType)
    {
        Assert.StartsWith(
            "error",
            RequestReading.DescribeMultipart(contentType, [Encoding.Latin1.GetBytes(Model + End)]),
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_boundary_of_70_characters_is_accepted()
    {
        string boundary = new('b', 70);
        string body = (Model + End).Replace("XyZ", boundary, StringComparison.Ordinal);
        Assert.StartsWith(
            "model=True",
            RequestReading.DescribeMultipart("multipart/form-data; boundary=" + boundary, [Encoding.Latin1.GetBytes(body)]),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Headers_of_a_part_and_the_number_of_parts_are_bounded()
    {
        string Padded(int bytes) =>
            "--XyZ\r\nContent-Disposition: form-data; name=\"x\"\r\nX:" + new string('x', bytes - 48) + "\r\n\r\nx\r\n" + Model + End;
        Assert.StartsWith("model=True", Describe(Padded(MultipartReader.PartHeadBytesMax)), StringComparison.Ordinal);
        Assert.StartsWith("error", Describe(Padded(MultipartReader.PartHeadBytesMax + 1)), StringComparison.Ordinal);
        const string part = "--XyZ\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\nx\r\n";
        string many = string.Concat(Enumerable.Repeat(part, MultipartReader.PartsMax - 1));
        Assert.StartsWith("model=True", Describe(many + Model + End), StringComparison.Ordinal);
        Assert.StartsWith("error", Describe(many + part + Model + End), StringComparison.Ordinal);
    }

    [Fact]
    public void The_model_may_have_256_bytes_and_no_more()
    {
        Assert.StartsWith(
            "model=True",
            Read(Model.Replace("whisper-1", new string('m', 256), StringComparison.Ordinal) + End),
            StringComparison.Ordinal);
        Assert.Contains(
            "[model]",
            Read(Model.Replace("whisper-1", new string('m', 257), StringComparison.Ordinal) + End),
            StringComparison.Ordinal);
    }

    [Fact]
    public void The_model_is_replaced_in_plain_text()
    {
        byte[] body = Encoding.Latin1.GetBytes(File + Model + End);
        var facts = new RequestFacts();
        RequestReading.DescribeMultipart(RequestReading.Multipart, [body], facts);
        var patch = new BodyPatch();
        Assert.False(
            RequestPatch.Build(facts, RequestShape.Multipart, "\"a \\\"quoted\\\" \\u00e9\""u8.ToArray(), injectUsage: true, patch));
        var output = new ArrayBufferWriter<byte>();
        patch.Write(new ReadOnlySequence<byte>(body), output);
        Assert.Equal(
            File + Model.Replace("whisper-1", "a \"quoted\" \u00c3\u00a9", StringComparison.Ordinal) + End,
            Encoding.Latin1.GetString(output.WrittenSpan));

        Assert.False(RequestPatch.Build(facts, RequestShape.Multipart, "\"plain\""u8.ToArray(), injectUsage: true, patch));
        output.Clear();
        patch.Write(new ReadOnlySequence<byte>(body), output);
        Assert.Equal(
            File + Model.Replace("whisper-1", "plain", StringComparison.Ordinal) + End,
            Encoding.Latin1.GetString(output.WrittenSpan));
    }

    [Fact]
    public void Mutated_bodies_are_read_alike_however_they_are_cut()
    {
        byte[] body = Encoding.Latin1.GetBytes(File + Model + End);
        int accepted = 0;
        for (int seed = 0; seed < 3000; seed++)
        {
            if (ParseOracles.MultipartIsReadAlike(JsonCorpus.Mutate(body, new Random(seed)), seed))
                accepted++;
        }

        Assert.InRange(accepted, 300, 2700);
    }

    [Fact]
    public void Reading_a_body_allocates_nothing()
    {
        byte[] body = Encoding.Latin1.GetBytes(File + Model + End);
        byte[] contentType = Encoding.Latin1.GetBytes(RequestReading.Multipart);
        var reader = new MultipartReader();
        var facts = new RequestFacts();
        long before = 0;
        for (int round = 0; round < 3; round++)
        {
            before = GC.GetAllocatedBytesForCurrentThread();
            reader.Begin(facts, contentType);
            reader.Feed(body.AsSpan(0, 30));
            reader.Feed(body.AsSpan(30));
            reader.Finish();
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.True(facts.HasModel);
    }

    private static string Read(string body) =>
        Cuts.SameForAll(Encoding.Latin1.GetBytes(body), pieces => RequestReading.DescribeMultipart(RequestReading.Multipart, pieces));

    private static string Describe(string body) =>
        RequestReading.DescribeMultipart(RequestReading.Multipart, [Encoding.Latin1.GetBytes(body)]);

    private static string At(byte[] bytes, ByteRange range) => Encoding.UTF8.GetString(bytes, (int)range.Start, (int)range.Length);
}
