using AiEdge.DataPlane.Dialects;

namespace AiEdge.DataPlane.Tests.Dialects;

/// <summary>Whatever is translated is known to the tests that try each form: one that is not would be tried by none of them.</summary>
public sealed class SpokenShapeTests
{
    [Fact]
    public void Each_form_that_is_translated_is_told_of_in_the_folder_of_its_dialect()
    {
        var translated = DialectTable.Forms.ToArray().SelectMany(form => form.Translations).Where(row => !row.IsOfCounts).ToList();
        Assert.Equal(translated.Where(row => !row.IsOfVectors).Select(row => row.Shape).Order(), SpokenShape.All.Select(one => one.Shape));
        Assert.Equal(translated.Where(row => row.IsOfVectors).Select(row => row.Shape).Order(), SpokenDialect.All.SelectMany(dialect => dialect.Vectors.Values).Order());
        Assert.All(SpokenShape.All, one => Assert.Contains($".{SpokenShape.FormOf(one.Shape).GetType().Namespace!.Split('.')[^1]}", FolderOf(one), StringComparison.Ordinal));
    }

    private static string FolderOf(SpokenShape shape) => SpokenDialect.All.Single(dialect => dialect.Shapes.Contains(shape)).GetType().Namespace!;
}
