// Texts made of a vocabulary's own tokens: each alone, some beside each other, and above all those whose merges are out of order.

import { alphabet } from "./small.mjs";
import { numbers } from "./texts.mjs";

const bytesOf = new Map(alphabet.map((letter, b) => [letter, b]));
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function textOf(spelling) {
  const bytes = [...spelling].map(letter => bytesOf.get(letter));
  if (bytes.includes(undefined)) return null;
  try {
    return utf8.decode(Uint8Array.from(bytes));
  } catch {
    return null;
  }
}

// Tokens that stand in the list of merges before one that they are made of, with all that they are made of.
function late(file) {
  const order = new Map(file.model.merges.map((m, i) => [Array.isArray(m) ? m.join(" ") : m, i]));
  const made = new Map();
  const partsOf = token => {
    if (made.has(token)) return made.get(token);
    const parts = [...token];
    let making = null;
    while (parts.length > 1) {
      let [at, first] = [-1, Infinity];
      for (let i = 0; i + 1 < parts.length; i++) {
        const o = order.get(parts[i] + " " + parts[i + 1]);
        if (o !== undefined && o < first) [at, first] = [i, o];
      }
      if (at < 0) break;
      making = { left: parts[at], right: parts[at + 1], order: first };
      parts.splice(at, 2, parts[at] + parts[at + 1]);
    }
    made.set(token, parts.length === 1 ? making : null);
    return made.get(token);
  };
  const found = new Set();
  for (const token of Object.keys(file.model.vocab)) {
    const making = token.length < 64 && partsOf(token);
    if (!making) continue;
    if (Math.max(partsOf(making.left)?.order ?? -1, partsOf(making.right)?.order ?? -1) > making.order)
      for (const one of [token, making.left, making.right, ...token]) found.add(one);
  }
  return [...found].map(textOf).filter(t => t);
}

export function* ofTokens(file) {
  const next = numbers(25120202);
  const texts = Object.keys(file.model.vocab).map(textOf).filter(t => t);
  yield* texts;
  const pick = from => from[next(from.length)];
  for (let i = 0; i < 30000; i++) yield pick(texts) + pick(texts);
  for (let i = 0; i < 10000; i++) yield pick(texts) + pick(texts) + pick(texts);
  for (let i = 0; i < 5000; i++) yield pick(texts).repeat(2 + next(4));
  const outOfOrder = late(file);
  for (let i = 0; i < (outOfOrder.length && 20000); i++) {
    let text = "";
    for (let k = 2 + next(5); k > 0; k--) text += pick(outOfOrder);
    yield text;
  }
}
