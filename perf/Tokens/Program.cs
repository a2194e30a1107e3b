using AiEdge.Tokens;

// [--rounds N] [--encoding NAME] [--corpus NAME] [--native FILE] [--peers NAME,NAME]     MB/s of each corpus, beside others
// scale [--encoding NAME] [--native FILE] [--shape TEXT]         1 MB against 100 KB of what grows into one piece
// append [--rounds N] [--encoding NAME] [--corpus NAME,NAME] [--native FILE,FILE]        time and memory of the incremental counter
// load [NAME]                                     time and memory of a vocabulary's first use, in this process
// history                                         counting an agent's history of 100 KB of which all but the last message was seen, in this process
// serve                                           what the others ask
string? Option(string name) => Array.IndexOf(args, name) is var at and >= 0 && at + 1 < args.Length ? args[at + 1] : null;

return args.FirstOrDefault() switch
{
    "serve" => new BenchServer().Run(),
    "load" => LoadTime.Run(args.ElementAtOrDefault(1) ?? "o200k_base"),
    "history" => HistoryTime.Run(),
    "scale" => new ScaleTable(Option).Run(),
    "append" => new AppendTable(Option).Run(),
    _ => new SpeedTable(Option).Run(),
};
