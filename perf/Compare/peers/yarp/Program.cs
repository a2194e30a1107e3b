// YARP as its documentation sets it up: one route and one cluster from configuration, logging off. Arguments: port, upstream's port.
var builder = WebApplication.CreateSlimBuilder();
builder.Logging.ClearProviders();
builder.WebHost.UseUrls($"http://127.0.0.1:{args[0]}");
builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
{
    ["Proxy:Routes:everything:ClusterId"] = "upstream",
    ["Proxy:Routes:everything:Match:Path"] = "{**rest}",
    ["Proxy:Clusters:upstream:Destinations:only:Address"] = $"http://127.0.0.1:{args[1]}/",
});
builder.Services.AddReverseProxy().LoadFromConfig(builder.Configuration.GetSection("Proxy"));
var app = builder.Build();
app.MapReverseProxy();
app.Run();
