// Asks tiktoken's own regular expressions for the class of every code point, and prints the ranges that CharClassTests compares with:
//   node classes.mjs FOLDER_WITH_NODE_MODULES > classes.txt
import { createRequire } from 'node:module';
import { join } from 'node:path';

const require = createRequire(join(process.argv[2], 'node_modules', 'x.js'));
const { Tiktoken } = require('tiktoken');
const bytes = '! 0 ' + Array.from({ length: 256 }, (_, i) => Buffer.from([i]).toString('base64')).join(' ');
const expressions = {
  1: '[\\p{Lu}\\p{Lt}]', 2: '\\p{Ll}', 4: '[\\p{Lm}\\p{Lo}]', 8: '\\p{M}', 16: '\\p{N}', 32: '[^\\S\\r\\n]', 64: '[\\r\\n]', 128: '[\\p{P}\\p{S}]',
};

// With one token for each byte, what comes out is what the expression matched.
const classes = new Uint8Array(0x110000);
for (const [value, expression] of Object.entries(expressions)) {
  const matcher = new Tiktoken(bytes, {}, expression);
  for (let first = 0; first < 0x110000; first += 0x1000) {
    if (first >= 0xd000 && first < 0xe000) continue;
    match(matcher, value, Array.from({ length: 0x1000 }, (_, i) => first + i));
  }
  match(matcher, value, Array.from({ length: 0x800 }, (_, i) => 0xd000 + i));
  matcher.free();
}

function match(matcher, value, codePoints) {
  for (const symbol of Buffer.from(matcher.encode_ordinary(String.fromCodePoint(...codePoints))).toString()) {
    if (classes[symbol.codePointAt(0)] !== 0) throw new Error(`two classes for ${symbol.codePointAt(0)}`);
    classes[symbol.codePointAt(0)] = Number(value);
  }
}

for (let first = 0; first < 0x110000;) {
  let end = first + 1;
  while (end < 0x110000 && classes[end] === classes[first]) end++;
  if (classes[first] !== 0) console.log(`${first.toString(16)} ${(end - 1).toString(16)} ${classes[first]}`);
  first = end;
}
