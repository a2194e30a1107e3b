// The texts that vocabularies are compared on: pitfalls by name, then strings drawn from a hostile alphabet, always the same ones.

export const pitfalls = [
  "", " ", "  ", "\n", "\r\n", "\n\n", " \n", "\n ", "x\n  ", "x  \n  y", "\t\tif (x) {\n\t\t\treturn 1;\n\t}\n", "a  b", "a   b", "   a",
  "Hello, world!", "hello HELLO HeLLo hEllO", "it's IT'S we'll they'd I'm 'so 's 'S 'ſ x'ſ", "\u{1D400}'s", "don't can't won't'",
  "1 12 123 1234 12345 1234567890", "a1b22c333d4444", "١٢٣٤٥", "½ Ⅷ ①②③④", "3.14159 -1e10", "2024-01-31T23:59:59Z",
  "\uFEFF hello", "\u0301AB", "e\u0301A", "é", "\u1E69", "q\u0307\u0323", "//\n//", "foo/\n/bar/\r\n", "!!!\n\n\n", "...///\\\\\\", "-----\n",
  "日本語のテキスト", "日本AB", "日本ABc", "中文，标点。123个", "中文中文中文 中文", "カタカナとひらがな漢字", "한국어 텍스트 입니다", "สวัสดีชาวโลก", "हिन्दी में पाठ", "தமிழ்",
  "Привет, МИР!", "Ελληνικά", "עברית עם ניקוד שָׁלוֹם", "العربية نص", "ǅ ǅungla ʰʱ", "ÀÉÎõü", "ﬁ ﬂ", "İstanbul ıı",
  "😀👍🏽👨‍👩‍👧‍👦🇩🇪", "a😀b", "∑∫√≤≥±×÷", "©®™€£¥", "“quotes” ‘single’ —dash–", "\u00A0nbsp\u00A0\u00A0x", "\u2003\u2003em", "\u3000全角\u3000", "a\u0085b\u0085 c",
  "\u200Bzero\u200Bwidth\u200D", "\u180E\u001C\u001F x", "\u2028line\u2029para", "\u0000\u0001\u0002", "\u007F\u0080\u009F",
  "<|endoftext|> <|im_start|>user<|im_end|> <s>[INST]</s> <｜begin▁of▁sentence｜>", "<tool_call>{\"name\":\"f\"}</tool_call>",
  "function f(x) { return x * 2; } // comment\n/* block */", "SELECT * FROM t WHERE a='b';", "{\"key\": [1, 2.5, null, true], \"s\": \"\\u00e9\"}",
  "https://example.com/a/b?c=d&e=f#g", "user@example.com", "C:\\Program Files\\x", "#include <stdio.h>\n", "__init__ self.x_y camelCase PascalCase SCREAMING_CASE",
  "_".repeat(70), "=".repeat(129), " ".repeat(200) + "x", "\n".repeat(40), "a".repeat(300), "ab".repeat(150), "AB".repeat(150), "9".repeat(100), "日".repeat(100),
  "日" + "AB".repeat(60) + "c", "é".repeat(80), "\u0301".repeat(30), "😀".repeat(40), " ".repeat(50) + "\n" + "x", "\t".repeat(33) + "y", "' ' ' '", "''''''s",
];

const alphabet = [
  ..."abcdeghilmnorstuvwxyzABCSTXYZ", ..."aeinost", ..."     ", ..."0123456789", "\n", "\n", "\r", "\r\n", "\t", ..."'''", ...".,;:!?/-_=+*#@$%&()[]{}<>\"\\|~^`",
  "'s", "'LL", "'Re", "ſ", "é", "e\u0301", "\u0301", "\u0323", "ß", "ñ", "Ü", "ǅ", "ʰ", "ª", "º", "日", "本", "中", "文", "の", "ー", "カ", "ｶ", "々", "〇", "龥", "龦", "゠", "゙", "한", "ก", "ั", "क", "ि",
  "Ж", "ж", "Σ", "ς", "א", "ָ", "ع", "َ", "٣", "½", "Ⅷ", "²", "😀", "👍🏽", "\u{1D400}", "\u{1D7D8}", "\u{20000}", "\u{10FFFF}", "\u00A0", "\u0085", "\u2003", "\u3000", "\u2028",
  "\uFEFF", "\u200B", "\u200D", "\u180E", "\u001C", "\u0000", "€", "—", "“", "…", "、", "。", "，", "∑", "�", "\uE000", "\u0378",
  " the", " and", "ing", "tion", "return ", "    ", "\n\n", "//", "https://", "1234", "Hello", "WORLD", "日本語", "中国", "です", "привет", "ное",
];

// xorshift32: the same numbers everywhere, each below n.
export function numbers(seed) {
  let state = seed;
  return n => {
    state ^= state << 13; state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5; state >>>= 0;
    return state % n;
  };
}

export function* drawn(count, seed) {
  const next = numbers(seed);
  for (let i = 0; i < count; i++) {
    const length = 1 + next(i % 10 === 0 ? 120 : 24);
    let text = "";
    for (let k = 0; k < length; k++) {
      const letter = alphabet[next(alphabet.length)];
      text += letter.repeat(next(12) === 0 ? 1 + next(6) : 1);
    }
    yield text;
  }
}
