using Microsoft.AspNetCore.Server.Kestrel.Core;

Console.WriteLine(typeof(KestrelServer).FullName);
