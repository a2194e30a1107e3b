// Small vocabularies in the shape of published ones, trained here on a few sentences, for tests that need no network.

const corpus = `The gateway counts tokens exactly while the bytes pass, and it counts them once. It's what we'll bill, isn't it?
the cat and the dog, the sun and the rain, one and another and the other; return the thing that was counted. HELLO WORLD Hello World
function count(text) { return text.length; } // returns the length\nif (x == 1) {\n    return x;\n}\n\n        deep    indent\n
日本語のテキストです。日本語です。中国の文です。中文中文，日本。 привет мир, привет! Größe und Übung: über. données déjà été. 2024 2025 123 1234 1000
A token is a run of bytes that a table knows. Tables are made once, from what people have written, and then they are never changed again.
When two neighbours are found in the table, they become one; the pair that was found first when the table was made goes first.
So the count of a text depends on the order of the pairs, on where the text is cut, and on nothing else: not on the time, not on the reader.
They're counting, we're counting, you've counted; she'd count, he'll count, I'm counting. THE COUNT. The Count. Counting Counters Counted.
日本の技術、中国の技術。数える、数えた、数えない。これは文です。これも文です。Это текст, и это текст. Считать, считаем, считали слова и слоги.
https://example.com/path?x=1&y=2 {"key": "value", "list": [1, 2, 3]} -------- ======== ........ !!! ??? 😀😀👍 한국어 한국`;

export const alphabet = (() => {
  const letters = [];
  let next = 256;
  for (let b = 0; b < 256; b++)
    letters.push(String.fromCodePoint((b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174 ? b : next++));
  return letters;
})();

export const spell = bytes => [...bytes].map(b => alphabet[b]).join("");

// Merges in the order in which they were found, each as two spellings.
function train(split, count) {
  const words = [...corpus.matchAll(split)].map(m => [...Buffer.from(m[0])].map(b => alphabet[b]));
  const merges = [];
  while (merges.length < count) {
    const pairs = new Map();
    for (const word of words)
      for (let i = 0; i + 1 < word.length; i++) {
        const key = word[i] + " " + word[i + 1];
        pairs.set(key, (pairs.get(key) ?? 0) + 1);
      }
    const best = [...pairs].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))[0];
    if (!best || best[1] < 2) break;
    const [left, right] = best[0].split(" ");
    merges.push([left, right]);
    for (const word of words)
      for (let i = 0; i + 1 < word.length; i++)
        if (word[i] === left && word[i + 1] === right) word.splice(i, 2, left + right);
  }
  return merges;
}

// Every pair that makes a token, in the tokens' order: how files are written whose source is a table of ranks.
function allPairs(tokens) {
  const merges = [];
  for (const token of tokens.keys())
    for (let i = 1; i < token.length; i++)
      if (tokens.has(token.slice(0, i)) && tokens.has(token.slice(i))) merges.push([token.slice(0, i), token.slice(i)]);
  return merges;
}

const byteLevel = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: false };
const isolated = Regex => ({ type: "Split", pattern: { Regex }, behavior: "Isolated", invert: false });

// A file's parts, given the expressions of a real one (pre_tokenizer is taken from it as it stands).
export function small(real, shape) {
  const split = /\p{N}{1,3}|[一-龥]+| ?\p{L}+| ?[^\s\p{L}\p{N}]+|\s+/gu;
  const trained = train(split, shape.merges);
  const tokens = new Map();
  const order = shape.reversedBytes ? [...alphabet].reverse() : alphabet;
  for (const letter of order) tokens.set(letter, tokens.size);
  for (const [left, right] of trained) if (!tokens.has(left + right)) tokens.set(left + right, tokens.size);
  const merges = shape.allPairs ? allPairs(tokens) : trained;

  // Tokens that no merge makes: taken as whole pieces where the file says so, and else never.
  for (const text of shape.unreachable ?? []) tokens.set(spell(Buffer.from(text)), tokens.size);
  const vocab = {};
  for (const [token, id] of tokens) vocab[token] = id + (shape.firstId ?? 0);
  for (const [token, id] of Object.entries(shape.inVocabulary ?? {})) vocab[token] = id;
  return {
    version: "1.0", truncation: null, padding: null,
    added_tokens: (shape.added ?? []).map(content => ({
      id: vocab[content] ?? 9000, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true,
    })),
    normalizer: real.normalizer, pre_tokenizer: real.pre_tokenizer, post_processor: null,
    decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: "BPE", dropout: null, unk_token: null, continuing_subword_prefix: shape.prefix ?? null, end_of_word_suffix: shape.prefix ?? null,
      fuse_unk: false, byte_fallback: false, ...(shape.ignoreMerges === undefined ? {} : { ignore_merges: shape.ignoreMerges }),
      vocab, merges: shape.listed ? merges : merges.map(m => m.join(" ")),
    },
  };
}

// isRanked: in which of the two verbs a file is as good as a table of ranks, so that tiktoken can be asked, too.
export const shapes = {
  llama3: { merges: 300, allPairs: true, ignoreMerges: true, unreachable: [" gatewaycount", "zzzzz", "日本中"], added: ["<|end|>"], isRanked: ["small", "full"] },
  qwen2_5: { merges: 300, listed: true, ignoreMerges: false, prefix: "", unreachable: [" gatewaycount", "zzzzz"], reversedBytes: true, isRanked: ["full"] },
  deepseek_v3: { merges: 260, inVocabulary: { "<｜begin▁of▁sentence｜>": 900, "<|in|>": 901 }, added: ["<｜begin▁of▁sentence｜>", "<|in|>"], firstId: 3 },
  mistral_nemo: { merges: 280, allPairs: true, ignoreMerges: true, firstId: 1000, isRanked: ["small", "full"] },
  gpt4o: { merges: 300, listed: true, isRanked: ["small", "full"] },
};
