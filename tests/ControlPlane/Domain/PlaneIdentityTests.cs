using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using AiEdge.ControlPlane.Domain;

namespace AiEdge.ControlPlane.Tests.Domain;

public sealed class PlaneIdentityTests
{
    [Fact]
    public async Task A_plane_is_known_by_its_id_and_secret_and_not_once_it_is_revoked()
    {
        var world = await World.OpenAsync();
        var secret = RandomNumberGenerator.GetBytes(PlaneIdentity.SecretBytes);
        var credential = new PlaneCredential(SHA256.HashData(secret), "t", "h", 1, 0);
        await world.PutAsync(Sections.DataPlanes, "plane-1", Encoding.UTF8.GetString(credential.ToJson()));
        var bearer = "plane-1." + Base64Url.EncodeToString(secret);
        var plane = world.State.Authenticate(bearer)!;
        Assert.Equal("plane-1", plane.PlaneId);
        Assert.True(world.State.IsGood(plane));
        foreach (var wrong in (string[])["", ".", "plane-1", "plane-1.", "plane-2." + bearer[8..], bearer + "A", bearer[..^1], "Plane-1." + bearer[8..], "plane-1." + new string('A', 5000)])
            Assert.Null(world.State.Authenticate(wrong));
        await world.RemoveAsync(Sections.DataPlanes, "plane-1");
        Assert.Null(world.State.Authenticate(bearer));
        Assert.False(world.State.IsGood(plane));
    }

    [Fact]
    public async Task A_credential_ends_when_it_says()
    {
        var world = await World.OpenAsync();
        var secret = new byte[PlaneIdentity.SecretBytes];
        var ends = new PlaneCredential(SHA256.HashData(secret), "t", "h", 1, world.State.NowUnixMs() - 1);
        await world.PutAsync(Sections.DataPlanes, "p", Encoding.UTF8.GetString(ends.ToJson()));
        Assert.Null(world.State.Authenticate("p." + Base64Url.EncodeToString(secret)));
    }
}
