// What npm `tiktoken` (OpenAI's own core as WebAssembly) and `gpt-tokenizer` say about texts, asked over standard input.
//
// A request is a head of 16 bytes, all numbers little-endian: operation, encoding and library as one byte each, one byte unused,
// the number of texts, the bytes that follow, one number that operations use as they like; then each text as its length (4 bytes)
// and its bytes. An answer is the number of its bytes, then those. Text is decoded as WHATWG says, a byte order mark kept.
//
//   c   per text: number of tokens, hash of their ids (4 bytes each)
//   i   per text: number of tokens, then the ids
//   t   the bytes of tokens 0 .. number: length and bytes each; length 0 where there is no such token
//   b   all texts counted `number` times over: tokens of one round, then nanoseconds of each round as doubles
import { readSync, writeSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Tiktoken } from 'tiktoken/lite';

const require = createRequire(import.meta.url);
const names = ['o200k_base', 'cl100k_base'];
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const loaded = new Map();

async function encodingOf(library, encoding) {
    const key = `${library} ${encoding}`;
    if (!loaded.has(key))
        loaded.set(key, library === 0 ? tiktoken(names[encoding]) : await gptTokenizer(names[encoding]));
    return loaded.get(key);
}

function tiktoken(name) {
    const { bpe_ranks, special_tokens, pat_str } = JSON.parse(readFileSync(require.resolve(`tiktoken/encoders/${name}.json`), 'utf8'));
    const encoding = new Tiktoken(bpe_ranks, special_tokens, pat_str);
    return {
        // Text of special tokens is ordinary text here.
        encode: text => encoding.encode_ordinary(text),
        count: text => encoding.encode_ordinary(text).length,
        bytes: id => encoding.decode_single_token_bytes(id),
    };
}

async function gptTokenizer(name) {
    const { encode, countTokens } = await import(`gpt-tokenizer/encoding/${name}`);
    const ordinary = { disallowedSpecial: new Set() };
    return { encode: text => encode(text, ordinary), count: text => countTokens(text, ordinary) };
}

// FNV-1a over whole ids instead of bytes, with the upper half folded in; GoldenHash.cs computes the same.
function hash(ids) {
    let h = 0x811c9dc5;
    for (const id of ids) {
        h = Math.imul(h ^ id, 0x01000193);
        h ^= h >>> 15;
    }
    return h >>> 0;
}

class Answer {
    bytes = Buffer.allocUnsafe(1 << 16);
    length = 4;

    room(more) {
        if (this.length + more <= this.bytes.length)
            return;
        const larger = Buffer.allocUnsafe(2 * (this.length + more));
        this.bytes.copy(larger, 0, 0, this.length);
        this.bytes = larger;
    }

    number(value) {
        this.room(4);
        this.length = this.bytes.writeUInt32LE(value, this.length);
    }

    double(value) {
        this.room(8);
        this.length = this.bytes.writeDoubleLE(value, this.length);
    }

    blob(bytes) {
        this.number(bytes.length);
        this.room(bytes.length);
        this.bytes.set(bytes, this.length);
        this.length += bytes.length;
    }

    send() {
        this.bytes.writeUInt32LE(this.length - 4, 0);
        for (let at = 0; at < this.length;)
            at += patiently(() => writeSync(1, this.bytes, at, this.length - at));
    }
}

// A pipe that is not ready says so instead of waiting where node has made it non-blocking.
function patiently(action) {
    for (;;) {
        try {
            return action();
        } catch (e) {
            if (e.code === 'EOF')
                return 0;
            if (e.code !== 'EAGAIN')
                throw e;
            Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
        }
    }
}

function read(length) {
    const bytes = Buffer.allocUnsafe(length);
    for (let at = 0; at < length;) {
        const got = patiently(() => readSync(0, bytes, at, length - at, null));
        if (got === 0)
            return null;
        at += got;
    }
    return bytes;
}

function texts(count, payload) {
    const all = [];
    for (let i = 0, at = 0; i < count; i++) {
        const length = payload.readUInt32LE(at);
        all.push(decoder.decode(payload.subarray(at + 4, at + 4 + length)));
        at += 4 + length;
    }
    return all;
}

function bench(encoding, all, rounds, answer) {
    let tokens = 0;
    const times = [];
    for (let round = 0; round < rounds; round++) {
        const start = process.hrtime.bigint();
        tokens = 0;
        for (const text of all)
            tokens += encoding.count(text);
        times.push(Number(process.hrtime.bigint() - start));
    }
    answer.number(tokens);
    times.forEach(time => answer.double(time));
}

function tokenBytes(encoding, count, answer) {
    for (let id = 0; id < count; id++) {
        let bytes = [];
        try {
            bytes = encoding.bytes(id);
        } catch {
            // No such token: vocabularies have gaps before their special tokens.
        }
        answer.blob(bytes);
    }
}

for (let head; (head = read(16)) !== null;) {
    const operation = String.fromCharCode(head[0]);
    const count = head.readUInt32LE(4), number = head.readUInt32LE(12);
    const payload = read(head.readUInt32LE(8));
    const encoding = await encodingOf(head[2], head[1]);
    const answer = new Answer();
    if (operation === 't')
        tokenBytes(encoding, number, answer);
    else if (operation === 'b')
        bench(encoding, texts(count, payload), number, answer);
    else
        for (const text of texts(count, payload)) {
            const ids = encoding.encode(text);
            answer.number(ids.length);
            if (operation === 'c')
                answer.number(hash(ids));
            else
                for (const id of ids)
                    answer.number(id);
        }
    answer.send();
}
