// What the npm client does with our server; each scenario throws if something is not as it must be.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

const MESSAGE = 'no: 100 % größer\n日本 😀';

export function scenarios({ grpc, Peer, Health, input }) {
    const client = (address, credentials, options) => new Peer(address, credentials ?? grpc.credentials.createInsecure(), options);
    const [ca, cert, key] = [input.authority, input.certificate, input.key].map((file) => readFileSync(file));
    const open = client(input.clear);

    const unary = (peer, word, metadata = new grpc.Metadata(), options = {}) => new Promise((resolve) => {
        const seen = {};
        const call = peer.Echo(word, metadata, options, (error, answer) => { seen.error = error; seen.answer = answer; });
        call.on('metadata', (m) => { seen.headers = m; });
        call.on('status', (s) => { seen.status = s; resolve(seen); });
    });
    const ended = (call) => new Promise((resolve) => {
        const seen = { words: [] };
        call.on('data', (word) => seen.words.push(word));
        call.on('error', () => {});
        call.on('status', (status) => resolve({ ...seen, status }));
    });
    const counted = async (text) => (await unary(open, { text })).answer.number;
    const until = async (text, count) => {
        const late = Date.now() + 20_000;
        while (await counted(text) < count) assert.ok(Date.now() < late, `the server does not say ${count} ${text}`);
    };
    const health = () => new Health(input.clear, grpc.credentials.createInsecure());

    return {
        'unary': async () => {
            for (const size of [0, 1, 100_000, 3_000_000]) {
                const { answer, status } = await unary(open, { text: 'größer', number: size, payload: Buffer.alloc(size, 7) });
                assert.equal(status.code, grpc.status.OK);
                assert.equal(answer.text, 'größer');
                assert.equal(answer.payload.length, size);
            }
        },
        'empty message': async () => assert.equal((await unary(open, {})).answer.text, ''),
        'server streaming': async () => {
            const { words, status } = await ended(open.Count({ number: 1000, payload: Buffer.alloc(300) }));
            assert.equal(status.code, grpc.status.OK);
            assert.deepEqual(words.map((w) => w.number), Array.from({ length: 1000 }, (_, i) => i));
        },
        'client streaming': async () => {
            const answer = await new Promise((resolve, reject) => {
                const call = open.Sum((error, word) => error ? reject(error) : resolve(word));
                for (let i = 1; i <= 1000; i++) call.write({ number: i, text: i % 100 === 0 ? 'x' : '' });
                call.end();
            });
            assert.equal(answer.number, 500_500);
            assert.equal(answer.text, 'xxxxxxxxxx');
        },
        'bidirectional': async () => {
            const call = open.Chat();
            const end = ended(call);
            for (let i = 0; i < 200; i++) {
                const answer = new Promise((resolve) => call.once('data', resolve));
                call.write({ number: i });
                assert.equal((await answer).number, i);
            }
            call.end();
            assert.equal((await end).status.code, grpc.status.OK);
        },
        'the server ends first': async () => {
            const call = open.Chat();
            const end = ended(call);
            call.write({ text: 'end' });
            assert.equal((await end).status.code, grpc.status.OK);
        },
        'metadata': async () => {
            const metadata = new grpc.Metadata();
            const bytes = Buffer.from([0, 1, 2, 250, 255]);
            metadata.set('x-echo', 'a value, with ~');
            metadata.set('x-echo-bin', bytes);
            const { headers, status } = await unary(open, {}, metadata);
            assert.deepEqual(headers.get('x-echo'), ['a value, with ~']);
            assert.deepEqual(headers.get('x-echo-bin'), [bytes]);
            assert.deepEqual(status.metadata.get('x-end'), ['a value, with ~']);
            assert.deepEqual(status.metadata.get('x-end-bin'), [bytes]);
        },
        'every code': async () => {
            for (let code = 1; code <= 16; code++) {
                const metadata = new grpc.Metadata();
                metadata.set('x-fail-code', String(code));
                metadata.set('x-fail-message', encodeURIComponent(MESSAGE));
                metadata.set('x-echo', 'why');
                const { status } = await unary(open, {}, metadata);
                assert.equal(status.code, code);
                assert.equal(status.details, MESSAGE);
                assert.deepEqual(status.metadata.get('x-end'), ['why']);
            }
        },
        'unknown method and service': async () => {
            for (const path of ['/aiedge.test.Peer/Nothing', '/aiedge.test.peer/Echo', '/nobody.Knows/Echo']) {
                const status = await new Promise((resolve) => open.makeUnaryRequest(path, (x) => x, (x) => x, Buffer.alloc(0), resolve));
                assert.equal(status.code, grpc.status.UNIMPLEMENTED, path);
            }
        },
        'deadline': async () => {
            const before = await counted('ends');
            const { status } = await unary(open, { text: 'wait' }, new grpc.Metadata(), { deadline: Date.now() + 1_000 });
            assert.equal(status.code, grpc.status.DEADLINE_EXCEEDED);
            await until('ends', before + 1);
        },
        'cancellation': async () => {
            const before = await counted('ends');
            const waits = await counted('waits');
            const waiting = open.Echo({ text: 'wait' }, () => {});
            const endless = open.Count({ number: -1 });
            const chat = open.Chat();
            await new Promise((resolve) => endless.once('data', resolve));
            const answer = new Promise((resolve) => chat.once('data', resolve));
            chat.write({});
            await answer;
            await until('waits', waits + 1);
            for (const call of [waiting, endless, chat]) {
                const end = new Promise((resolve) => call.once('status', resolve));
                call.on('error', () => {});
                call.resume?.();
                call.cancel();
                assert.equal((await end).code, grpc.status.CANCELLED);
            }
            // Node may close its side of a stream before it resets it, so that a handler that reads sees a client that is done: two at least.
            await until('ends', before + 2);
        },
        'message over the bound': async () => {
            const { status } = await unary(open, { payload: Buffer.alloc(5 << 20) });
            assert.equal(status.code, grpc.status.RESOURCE_EXHAUSTED);
        },
        'compressed messages': async () => {
            const peer = client(input.clear, undefined, { 'grpc.default_compression_algorithm': 2 });
            const { status } = await unary(peer, { text: 'x'.repeat(1000) });
            assert.equal(status.code, grpc.status.UNIMPLEMENTED);
            peer.close();
        },
        'a hundred calls': async () => {
            const all = await Promise.all(Array.from({ length: 100 }, (_, i) => unary(open, { number: i })));
            assert.deepEqual(all.map((s) => s.answer.number), Array.from({ length: 100 }, (_, i) => i));
        },
        'slow reader': async () => {
            const before = await counted('ends');
            const call = open.Count({ number: -1, payload: Buffer.alloc(10_000) });
            await new Promise((resolve) => call.once('data', resolve));
            call.pause();
            assert.equal((await unary(open, { text: 'meanwhile' })).answer.text, 'meanwhile');
            call.on('error', () => {});
            call.cancel();
            await until('ends', before + 1);
        },
        'keep-alive': async () => {
            const peer = client(input.clear, undefined, { 'grpc.keepalive_time_ms': 50, 'grpc.keepalive_timeout_ms': 5_000 });
            const { status } = await unary(peer, { text: 'wait' }, new grpc.Metadata(), { deadline: Date.now() + 500 });
            assert.equal(status.code, grpc.status.DEADLINE_EXCEEDED);
            assert.equal((await unary(peer, { text: 'still' })).answer.text, 'still');
            peer.close();
        },
        'health': async () => {
            const check = (service) => new Promise((resolve) => health().Check({ service }, (error, answer) => resolve(error ?? answer)));
            assert.equal((await check('')).status, 'SERVING');
            assert.equal((await check('nobody.Knows')).code, grpc.status.NOT_FOUND);
            const watch = health().Watch({ service: 'nobody.Knows' });
            watch.on('error', () => {});
            assert.equal((await new Promise((resolve) => watch.once('data', resolve))).status, 'SERVICE_UNKNOWN');
            watch.cancel();
        },
        'token': async () => {
            const code = async (text) => {
                const metadata = new grpc.Metadata();
                if (text) metadata.set('authorization', text);
                const peer = client(input.gated);
                const { status } = await unary(peer, {}, metadata);
                peer.close();
                return status.code;
            };
            assert.equal(await code(`Bearer ${input.token}`), grpc.status.OK);
            assert.equal(await code('Bearer wrong'), grpc.status.UNAUTHENTICATED);
            assert.equal(await code(null), grpc.status.UNAUTHENTICATED);
        },
        'tls': async () => {
            const peer = client(input.tls, grpc.credentials.createSsl(ca));
            assert.equal((await unary(peer, { text: 'sealed' })).answer.text, 'sealed');
            peer.close();
            const wary = client(input.tls, grpc.credentials.createSsl());
            assert.equal((await unary(wary, {})).status.code, grpc.status.UNAVAILABLE);
            wary.close();
        },
        'mutual tls': async () => {
            const peer = client(input.mutual, grpc.credentials.createSsl(ca, key, cert));
            assert.equal((await unary(peer, { text: 'known' })).answer.text, 'known');
            peer.close();
            const stranger = client(input.mutual, grpc.credentials.createSsl(ca));
            assert.equal((await unary(stranger, {})).status.code, grpc.status.UNAVAILABLE);
            stranger.close();
        },
    };
}
