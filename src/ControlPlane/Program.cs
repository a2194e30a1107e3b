Console.Error.WriteLine("aiedge-controlplane: not supported yet");
return 2;
