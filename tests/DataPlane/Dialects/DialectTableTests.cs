using System.Text;
using AiEdge.Contracts.Dialects;
using AiEdge.Contracts.Fields;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects;

namespace AiEdge.DataPlane.Tests.Dialects;

/// <summary>What one half of the program knows of dialects is what the other half knows.</summary>
public sealed class DialectTableTests
{
    [Fact]
    public void A_dialect_has_its_name_in_configurations_and_its_place_in_the_table()
    {
        Assert.Equal(DialectSheet.All.Select(sheet => sheet.Name), DialectTable.Forms.ToArray().Select(form => form.Name));
        foreach (var form in DialectTable.Forms)
        {
            Assert.Same(form, DialectTable.Of(form.Id));
            Assert.Equal(form.Id, DialectTable.Named(form.Name));
        }

        Assert.Throws<ArgumentException>(() => DialectTable.Named("opnai"));
    }

    [Fact]
    public void What_is_served_cannot_be_called_as_a_native_path()
    {
        foreach (var form in DialectTable.Forms)
        {
            var sheet = DialectSheet.Named(form.Name)!;
            foreach (var endpoint in form.Endpoints)
            {
                Assert.Equal(form.Id, endpoint.Dialect);
                var model = endpoint.BehindModel.Length > 0 || endpoint.Kind == EndpointKind.ModelOne ? "m" : "";
                var path = endpoint.Path + model + Encoding.ASCII.GetString(endpoint.BehindModel);
                Assert.Same(endpoint, DialectTable.Find(Encoding.ASCII.GetBytes(path)));
                if (endpoint.Kind != EndpointKind.ModelOne)
                    Assert.NotNull(PassthroughText.Rule($"{form.Name}: POST {path}"));
                Assert.StartsWith(sheet.BaseEndsIn, path, StringComparison.Ordinal);
            }

            foreach (var path in sheet.Paths)
                Assert.Equal(form.Id, DialectTable.Find(Encoding.ASCII.GetBytes(path))?.Dialect);
        }
    }
}
