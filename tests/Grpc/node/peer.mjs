// The npm client and server of gRPC as peers. `node peer.mjs server` serves peer.proto until its standard input ends;
// `node peer.mjs client` calls the servers that its input names and prints a line of JSON for each scenario.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';
import { scenarios } from './scenarios.mjs';

const load = (file) => grpc.loadPackageDefinition(loader.loadSync(new URL(file, import.meta.url).pathname,
    { longs: Number, enums: String, defaults: true }));
const { Peer } = load('peer.proto').aiedge.test;
const { Health } = load('health.proto').grpc.health.v1;

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

/** The input: one line of JSON. */
async function readInput() {
    return JSON.parse((await lines.next()).value);
}

let waits = 0;
let ends = 0;

function steer(call) {
    const headers = new grpc.Metadata();
    const trailers = new grpc.Metadata();
    for (const [from, to] of [['x-echo', 'x-end'], ['x-echo-bin', 'x-end-bin']]) {
        const [value] = call.metadata.get(from);
        if (value === undefined) continue;
        headers.set(from, value);
        trailers.set(to, value);
    }
    call.sendMetadata(headers);
    const [code] = call.metadata.get('x-fail-code');
    if (code === undefined) return { trailers, fault: null };
    const details = decodeURIComponent(call.metadata.get('x-fail-message')[0] ?? '');
    return { trailers, fault: { code: Number(code), details, metadata: trailers } };
}

const peer = {
    Echo(call, callback) {
        const { trailers, fault } = steer(call);
        if (fault) return callback(fault);
        const word = call.request;
        if (word.text === 'wait') {
            waits++;
            return call.on('cancelled', () => { ends++; });
        }
        callback(null, word.text === 'ends' ? { number: ends } : word.text === 'waits' ? { number: waits } : word, trailers);
    },
    Count(call) {
        const { trailers, fault } = steer(call);
        if (fault) return call.emit('error', fault);
        const { number, payload } = call.request;
        let next = 0;
        let cancelled = false;
        call.on('cancelled', () => { cancelled = true; ends++; });
        const pump = () => {
            while (!cancelled && next !== number)
                if (!call.write({ number: next++, payload })) return call.once('drain', pump);
            if (!cancelled) call.end(trailers);
        };
        pump();
    },
    Sum(call, callback) {
        const { trailers, fault } = steer(call);
        if (fault) return callback(fault);
        const sum = { number: 0, text: '', payload: [] };
        call.on('data', (word) => { sum.number += word.number; sum.text += word.text; sum.payload.push(word.payload); });
        call.on('end', () => callback(null, { ...sum, payload: Buffer.concat(sum.payload) }, trailers));
    },
    Chat(call) {
        const { trailers, fault } = steer(call);
        if (fault) return call.emit('error', fault);
        call.on('cancelled', () => { ends++; });
        call.on('data', (word) => { if (word.text === 'end') call.end(trailers); else call.write(word); });
        call.on('end', () => call.end(trailers));
    },
};

const health = {
    Check(call, callback) {
        if (call.request.service === '') callback(null, { status: 'SERVING' });
        else callback({ code: grpc.status.NOT_FOUND, details: 'no such service' });
    },
    Watch(call) {
        call.write({ status: call.request.service === '' ? 'SERVING' : 'SERVICE_UNKNOWN' });
    },
};

async function serve() {
    const { authority, certificate, key } = await readInput();
    const [ca, cert_chain, private_key] = [authority, certificate, key].map((file) => readFileSync(file));
    const pair = [{ cert_chain, private_key }];
    const kinds = {
        clear: grpc.ServerCredentials.createInsecure(),
        tls: grpc.ServerCredentials.createSsl(null, pair),
        mutual: grpc.ServerCredentials.createSsl(ca, pair, true),
    };
    const ports = {};
    for (const [name, credentials] of Object.entries(kinds)) {
        const server = new grpc.Server();
        server.addService(Peer.service, peer);
        server.addService(Health.service, health);
        ports[name] = await new Promise((resolve, reject) =>
            server.bindAsync('127.0.0.1:0', credentials, (error, port) => error ? reject(error) : resolve(port)));
    }
    console.log(JSON.stringify(ports));
    while (!(await lines.next()).done);
    process.exit(0);
}

async function call() {
    const input = await readInput();
    for (const [name, run] of Object.entries(scenarios({ grpc, Peer, Health, input }))) {
        let error = null;
        try {
            await run();
        } catch (e) {
            error = String(e?.stack ?? e);
        }
        console.log(JSON.stringify({ name, error }));
    }
    process.exit(0);
}

await (process.argv[2] === 'server' ? serve() : call());
