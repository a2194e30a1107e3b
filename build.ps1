dotnet run --file "$PSScriptRoot/build.cs" -- @args
exit $LASTEXITCODE
