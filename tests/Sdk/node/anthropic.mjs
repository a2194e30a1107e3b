// Anthropic's npm client through the data plane: one scenario after the other, one line of JSON for each.
// Standard input brings {"baseURL", "key", "chunks"}; chunks are the texts that the provider's content events bring, in order.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

const { default: Anthropic } = await import('@anthropic-ai/sdk');

const { baseURL, key, chunks } = JSON.parse(readFileSync(0, 'utf8'));
const options = { baseURL: new URL(baseURL).origin, maxRetries: 0, timeout: 60_000 };
const client = new Anthropic({ ...options, apiKey: key });
const patient = new Anthropic({ ...options, apiKey: key, maxRetries: 2 });
const deltasOf = (count) => chunks.slice(0, count);
const textOf = (count) => deltasOf(count).join('');
const ask = (model, more = {}) => ({ model, max_tokens: 1024, messages: [{ role: 'user', content: 'Hello' }], ...more });

const schema = {
  type: 'object',
  properties: { city: { type: 'string' }, days: { type: 'integer' }, units: { enum: ['celsius', 'fahrenheit'] } },
  required: ['city', 'days', 'units'],
};
const instance = { city: 'café 日本', days: 7, units: 'celsius' };
const tool = (name) => ({ name, description: 'Tells it.', input_schema: schema });

// The first request of that name gets the script, later ones the usual answer.
const once = (name, script) => ({ headers: { 'x-once': `${name}|${script}` } });

// Behind an error within a stream the gateway closes the connection. A client that does not try again must not ask on it once more, so it says that
// it will not.
const parting = { headers: { connection: 'close' } };

async function failure(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('it did not fail');
}

async function read(stream) {
  const heard = { deltas: [], types: [], last: null };
  for await (const event of stream) {
    if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') heard.deltas.push(event.delta.text);
    heard.types.push(event.type);
    heard.last = event;
  }
  return heard;
}

async function streamed(model, count) {
  const heard = await read(await client.messages.create(ask(model, { stream: true })));
  assert.deepEqual(heard.deltas, deltasOf(count));
  assert.equal(heard.types[0], 'message_start');
  assert.equal(heard.types.at(-1), 'message_stop');
}

const scenarios = {
  async message() {
    const { data, response } = await client.messages.create(ask('fake-n40', { system: 'Be brief.' })).withResponse();
    assert.equal(data.content[0].text, textOf(40));
    assert.equal(data.stop_reason, 'end_turn');
    assert.equal(data.usage.output_tokens, 40);
    assert.equal(data._request_id, response.headers.get('x-aiedge-request-id'));
    const bearer = new Anthropic({ ...options, apiKey: null, authToken: key });
    assert.equal((await bearer.messages.create(ask('fake-n2'))).content[0].text, textOf(2));
  },

  async 'message, cut at its length'() {
    const answer = await client.messages.create(ask('fake-n40', { max_tokens: 10 }));
    assert.equal(answer.content[0].text, textOf(10));
    assert.equal(answer.stop_reason, 'max_tokens');
  },

  async stream() {
    await streamed('fake-n100', 100);
    await streamed('fake-n100-split=utf8-gap=0', 100);
    await streamed('fake-n50-eol=crlf-comments=3', 50);
    await streamed('fake-n20-encoding=gzip', 20);
  },

  async 'stream, its message'() {
    const stream = client.messages.stream(ask('fake-n60-in=90-cached=7-cachewrite=5'));
    let text = '';
    stream.on('text', (delta) => (text += delta));
    const final = await stream.finalMessage();
    assert.equal(text, textOf(60));
    assert.equal(final.content[0].text, textOf(60));
    const { input_tokens, cache_read_input_tokens, cache_creation_input_tokens, output_tokens } = final.usage;
    assert.deepEqual([input_tokens, cache_read_input_tokens, cache_creation_input_tokens, output_tokens], [90, 7, 5, 60]);
  },

  async 'stream, fifty at once'() {
    await Promise.all(Array.from({ length: 50 }, () => streamed('fake-n30-d500', 30)));
  },

  async thinking() {
    const final = await client.messages.stream(ask('fake-n5-reasoning=6', { thinking: { type: 'enabled', budget_tokens: 1024 }, max_tokens: 2048 })).finalMessage();
    assert.deepEqual(final.content.map((block) => block.type), ['thinking', 'text']);
    assert.equal(final.content[0].thinking, textOf(6));
    assert.ok(final.content[0].signature.length > 0);
  },

  async 'tools loop'() {
    const messages = [{ role: 'user', content: 'Weather?' }];
    const tools = [tool('weather'), tool('news')];
    const first = await client.messages.create(ask('fake-n5', { messages, tools }));
    assert.equal(first.stop_reason, 'tool_use');
    const calls = first.content.filter((block) => block.type === 'tool_use');
    assert.deepEqual(calls.map((call) => [call.name, call.input]), [['weather', instance], ['news', instance]]);
    messages.push({ role: 'assistant', content: first.content });
    messages.push({ role: 'user', content: calls.map((call) => ({ type: 'tool_result', tool_use_id: call.id, content: 'Sunny' })) });
    const second = await client.messages.create(ask('fake-n5', { messages, tools }));
    assert.equal(second.content[0].text, textOf(5));
  },

  async 'a picture'() {
    const data = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
    const content = [{ type: 'text', text: 'What is it?' }, { type: 'image', source: { type: 'base64', media_type: 'image/png', data } }];
    assert.equal((await client.messages.create(ask('fake-n5', { messages: [{ role: 'user', content }] }))).content[0].text, textOf(5));
  },

  async 'structured output'() {
    const output_config = { format: { type: 'json_schema', schema: { ...schema, additionalProperties: false } } };
    const answer = await client.messages.create(ask('fake-n1', { output_config }));
    assert.deepEqual(JSON.parse(answer.content[0].text), instance);
  },

  async 'tools, streamed input'() {
    const stream = client.messages.stream(ask('fake-n5', { tools: [tool('weather'), tool('news')] }));
    let json = '';
    stream.on('inputJson', (part) => (json += part));
    const final = await stream.finalMessage();
    assert.deepEqual(final.content.map((block) => block.input), [instance, instance]);
    assert.equal(json, JSON.stringify(instance).repeat(2));
  },

  async 'tokens of a prompt'() {
    const count = await client.messages.countTokens({ model: 'fake-n1', messages: [{ role: 'user', content: 'one two three four five six' }] });
    assert.ok(count.input_tokens >= 8 && count.input_tokens <= 20, JSON.stringify(count));
  },

  async models() {
    const names = [];
    for await (const model of client.models.list()) names.push(model.id);
    assert.deepEqual(names, ['gpt-4o-mini']);
    assert.equal((await client.models.retrieve('fake-n7')).id, 'fake-n7');
  },

  async 'abort of a stream'() {
    const stream = await client.messages.create(ask('fake-n100000-d10000', { stream: true, max_tokens: 200000 }));
    let count = 0;
    for await (const event of stream) {
      if (event.type === 'content_block_delta' && ++count === 5) stream.controller.abort();
    }
    // What had come by then is still told.
    assert.ok(count >= 5);
  },

  async 'abort of a whole answer'() {
    const controller = new AbortController();
    const answer = failure(client.messages.create(ask('fake-n5-f900000000'), { signal: controller.signal }));
    setTimeout(() => controller.abort(), 300);
    assert.ok((await answer) instanceof Anthropic.APIUserAbortError);
  },

  async 'retry on 429 and 529'() {
    for (const script of ['status=429; retryafter=1', 'status=429; retryafterms=30', 'status=529; retryafterms=10']) {
      assert.equal((await patient.messages.create(ask('fake-n8'), once(script, script))).content[0].text, textOf(8));
    }
    const stream = await patient.messages.create(ask('fake-n8', { stream: true }), once('s', 'status=429; retryafterms=10'));
    assert.deepEqual((await read(stream)).deltas, deltasOf(8));
  },

  async errors() {
    const stranger = new Anthropic({ ...options, apiKey: 'sk-wrong' });
    const unknownKey = await failure(stranger.messages.create(ask('fake-n1')));
    assert.ok(unknownKey instanceof Anthropic.AuthenticationError, String(unknownKey));
    assert.equal(unknownKey.error.error.type, 'authentication_error');
    assert.equal(unknownKey.requestID, unknownKey.error.request_id);
    const unknownModel = await failure(client.messages.create(ask('gpt-99')));
    assert.ok(unknownModel instanceof Anthropic.NotFoundError);
    assert.equal(unknownModel.error.error.type, 'not_found_error');
    assert.ok((await failure(client.messages.create(ask('secret')))) instanceof Anthropic.PermissionDeniedError);
    assert.ok((await failure(client.messages.create(ask(7)))) instanceof Anthropic.BadRequestError);
    const limited = await failure(client.messages.create(ask('fake-n1'), once('l', 'status=429; retryafter=none')));
    assert.ok(limited instanceof Anthropic.RateLimitError);
    assert.equal(limited.headers.get('x-aiedge-limit'), 'provider');
    const broken = await failure(client.messages.create(ask('fake-n1'), once('b', 'status=401')));
    assert.equal(broken.status, 502);
    assert.equal(broken.error.error.type, 'api_error');
  },

  async 'a broken stream'() {
    for (const how of ['fin', 'rst', 'frame', 'size']) {
      const deltas = [];
      const error = await failure((async () => {
        for await (const event of await client.messages.create(ask(`fake-n50-cut=20-how=${how}`, { stream: true }), parting)) {
          if (event.type === 'content_block_delta') deltas.push(event.delta.text);
        }
      })());
      assert.ok(error instanceof Anthropic.APIError, String(error));
      assert.equal(error.error.error.type, 'api_error');
      assert.deepEqual(deltas, deltasOf(deltas.length));
      assert.ok(deltas.length > 0 && deltas.length <= 20);
    }
  },

  async 'a stream that a limit of tokens ends'() {
    const stream = client.messages.stream(ask('capped-messages', { max_tokens: 5000 }));
    let last;
    for await (const event of stream) last = event;
    const final = await stream.finalMessage();
    assert.equal(final.stop_reason, 'max_tokens');
    assert.ok(final.usage.output_tokens > 60 && final.usage.output_tokens <= 100, JSON.stringify(final.usage));
    assert.deepEqual(last.aiedge, { end: 'limit', limit: 'capped-messages' });
  },

  async 'a stream that a limit ends'() {
    const stream = client.messages.stream(ask('claude-guarded'));
    let last;
    for await (const event of stream) last = event;
    const final = await stream.finalMessage();
    assert.equal(final.stop_reason, 'max_tokens');
    assert.ok(final.usage.output_tokens > 20 && final.usage.output_tokens <= 30, JSON.stringify(final.usage));
    assert.deepEqual(last.aiedge, { end: 'limit', limit: 'runaway' });
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
