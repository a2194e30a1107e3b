using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects;

namespace AiEdge.DataPlane.Tests.Core;

/// <summary>Rows that dialects hand down to stages that know none.</summary>
public sealed class ShapeTraitsTests
{
    [Fact]
    public void Every_kind_of_body_that_a_path_has_is_known_below()
    {
        Assert.Equal(RequestShape.Native, ShapeTraits.Of(RequestShape.Native).Shape);
        foreach (var form in DialectTable.Forms)
        {
            Assert.All(form.Shapes, row => Assert.Same(row, ShapeTraits.Of(row.Shape)));
            Assert.Equal(form.Shapes.Select(row => row.Shape), form.Requests.Select(request => request.Shape));
            Assert.Same(form.Traits, DialectTraits.Of(form.Id));
            Assert.All(form.Endpoints, endpoint => Assert.Contains(form.Shapes, row => row.Shape == endpoint.Shape));
            Assert.All(form.Translations, row => Assert.Contains(form.Shapes, shape => shape.Shape == row.Shape));
            Assert.All(form.Translations, row => Assert.Same(row, Translations.Find(row.Shape)));
        }
    }

    [Theory]
    [InlineData((int)RequestShape.Chat)]
    [InlineData((int)RequestShape.Native)]
    [InlineData(ShapeTraits.Max)]
    public void A_number_that_is_taken_or_beyond_the_last_is_refused_at_the_start(int shape) =>
        Assert.Throws<InvalidOperationException>(() => ShapeTraits.Use([new ShapeTraits { Shape = (RequestShape)shape }]));
}
