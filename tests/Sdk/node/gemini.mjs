// Google's npm client through the data plane: one scenario after the other, one line of JSON for each.
// Standard input brings {"baseURL", "key", "chunks"}; chunks are the texts that the provider's content events bring, in order.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

const { GoogleGenAI, ApiError } = await import('@google/genai');

const { baseURL, key, chunks } = JSON.parse(readFileSync(0, 'utf8'));
const connect = (apiKey, more = {}) => new GoogleGenAI({ apiKey, httpOptions: { baseUrl: new URL(baseURL).origin, timeout: 60_000, ...more } }).models;
const models = connect(key);
const patient = connect(key, { retryOptions: { attempts: 3 } });
const textOf = (count) => chunks.slice(0, count).join('');
const ask = (model, config = {}) => ({ model, contents: 'Hello', config });

const schema = {
  type: 'object',
  properties: { city: { type: 'string' }, days: { type: 'integer' }, units: { enum: ['celsius', 'fahrenheit'] } },
  required: ['city', 'days', 'units'],
};
const instance = { city: 'café 日本', days: 7, units: 'celsius' };
const tools = [{ functionDeclarations: ['weather', 'news'].map((name) => ({ name, description: 'Tells it.', parametersJsonSchema: schema })) }];

// The first request of that name gets the script, later ones the usual answer.
const once = (name, script) => ({ httpOptions: { headers: { 'x-once': `${name}|${script}` } } });

// Behind an error within a stream the gateway closes the connection. A client that does not try again must not ask on it once more, so it says that
// it will not.
const parting = { httpOptions: { headers: { connection: 'close' } } };

async function failure(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('it did not fail');
}

async function read(stream) {
  const heard = { deltas: [], last: null };
  for await (const chunk of stream) {
    if (chunk.text) heard.deltas.push(chunk.text);
    heard.last = chunk;
  }
  return heard;
}

async function streamed(model, count) {
  const { deltas, last } = await read(await models.generateContentStream(ask(model)));
  assert.deepEqual(deltas, chunks.slice(0, count));
  assert.equal(last.candidates[0].finishReason, 'STOP');
  assert.equal(last.usageMetadata.candidatesTokenCount, count);
}

const scenarios = {
  async contents() {
    const answer = await models.generateContent(ask('fake-n40', { systemInstruction: 'Be brief.' }));
    assert.equal(answer.text, textOf(40));
    assert.equal(answer.usageMetadata.candidatesTokenCount, 40);
  },

  async 'contents, cut at their length'() {
    const answer = await models.generateContent(ask('fake-n40', { maxOutputTokens: 10 }));
    assert.equal(answer.text, textOf(10));
    assert.equal(answer.candidates[0].finishReason, 'MAX_TOKENS');
  },

  async stream() {
    await streamed('fake-n100', 100);
    await streamed('fake-n100-split=utf8-gap=0', 100);
    await streamed('fake-n20-encoding=gzip', 20);
    await Promise.all(Array.from({ length: 30 }, () => streamed('fake-n30-d500', 30)));
  },

  async thinking() {
    const answer = await models.generateContent(ask('fake-n5-reasoning=6', { thinkingConfig: { includeThoughts: true } }));
    assert.equal(answer.text, textOf(5));
    assert.deepEqual(answer.candidates[0].content.parts.map((part) => part.thought ?? false), [true, false]);
    assert.equal(answer.usageMetadata.thoughtsTokenCount, 6);
  },

  async 'tools loop'() {
    const first = await models.generateContent({ model: 'fake-n5', contents: 'Weather?', config: { tools } });
    assert.deepEqual(first.functionCalls.map((call) => [call.name, call.args]), [['weather', instance], ['news', instance]]);
    const contents = [
      { role: 'user', parts: [{ text: 'Weather?' }] },
      first.candidates[0].content,
      { role: 'user', parts: first.functionCalls.map((call) => ({ functionResponse: { name: call.name, response: { output: 'Sunny' } } })) },
    ];
    assert.equal((await models.generateContent({ model: 'fake-n5', contents, config: { tools } })).text, textOf(5));
    const calls = [];
    for await (const chunk of await models.generateContentStream({ model: 'fake-n5', contents: 'Weather?', config: { tools } })) calls.push(...(chunk.functionCalls ?? []));
    assert.deepEqual(calls.map((call) => call.args), [instance, instance]);
  },

  async 'a picture'() {
    const data = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
    const contents = [{ role: 'user', parts: [{ text: 'What is it?' }, { inlineData: { mimeType: 'image/png', data } }] }];
    assert.equal((await models.generateContent({ model: 'fake-n5', contents })).text, textOf(5));
  },

  async 'structured output'() {
    const config = { responseMimeType: 'application/json', responseJsonSchema: schema };
    assert.deepEqual(JSON.parse((await models.generateContent(ask('fake-n1', config))).text), instance);
  },

  async 'tokens of a prompt'() {
    const count = await models.countTokens({ model: 'fake-n1', contents: 'one two three four five six' });
    assert.ok(count.totalTokens >= 6 && count.totalTokens <= 20, JSON.stringify(count));
  },

  async 'abort of a stream'() {
    const controller = new AbortController();
    let count = 0;
    await failure((async () => {
      for await (const chunk of await models.generateContentStream(ask('fake-n100000-d10000', { abortSignal: controller.signal }))) {
        assert.ok(chunk);
        if (++count === 5) controller.abort();
      }
    })());
    assert.ok(count >= 5);
  },

  async 'retry on 429'() {
    const answer = await patient.generateContent({ ...ask('fake-n8'), config: once('r', 'status=429') });
    assert.equal(answer.text, textOf(8));
  },

  async errors() {
    const unknownKey = await failure(connect('sk-wrong').generateContent(ask('fake-n1')));
    assert.ok(unknownKey instanceof ApiError);
    assert.equal(unknownKey.status, 401);
    assert.equal(JSON.parse(unknownKey.message).error.status, 'UNAUTHENTICATED');
    assert.equal((await failure(models.generateContent(ask('gpt-99')))).status, 404);
    assert.equal((await failure(models.generateContent(ask('secret')))).status, 403);
    assert.equal((await failure(models.generateContent({ ...ask('fake-n1'), config: once('l', 'status=429; retryafter=none') }))).status, 429);
    assert.equal((await failure(models.generateContent({ ...ask('fake-n1'), config: once('b', 'status=401') }))).status, 502);
  },

  async 'a broken stream'() {
    for (const how of ['fin', 'rst', 'frame', 'size']) {
      const error = await failure((async () => read(await models.generateContentStream({ ...ask(`fake-n50-cut=20-how=${how}`), config: parting })))());
      assert.ok(error instanceof ApiError, String(error));
      assert.match(error.message, /broke off/);
    }
  },

  async 'a stream that a limit of tokens ends'() {
    const { last } = await read(await models.generateContentStream(ask('capped-google')));
    assert.equal(last.candidates[0].finishReason, 'MAX_TOKENS');
    assert.ok(last.usageMetadata.candidatesTokenCount > 60 && last.usageMetadata.candidatesTokenCount <= 100, JSON.stringify(last.usageMetadata));
  },

  async 'a stream that a limit ends'() {
    const { last } = await read(await models.generateContentStream(ask('gemini-guarded')));
    assert.equal(last.candidates[0].finishReason, 'MAX_TOKENS');
    // The client leaves out finishMessage, which names the limit.
    assert.ok(last.usageMetadata.candidatesTokenCount > 20 && last.usageMetadata.candidatesTokenCount <= 30);
  },
};

for (const [name, run] of Object.entries(scenarios)) {
  let error = null;
  try {
    await run();
  } catch (e) {
    error = e?.stack ?? String(e);
  }
  console.log(JSON.stringify({ name, error }));
}

// Sockets that the client keeps alive would hold the process.
process.exit(0);
