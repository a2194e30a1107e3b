// The npm client through the data plane: one scenario after the other, one line of JSON for each.
// Standard input brings {"baseURL", "key", "chunks"}; chunks are the texts that the provider's content events bring, in order.
import assert from 'node:assert/strict';
import { Buffer, File } from 'node:buffer';
import { readFileSync } from 'node:fs';

// A global from Node 20 on; the client looks for it there.
globalThis.File ??= File;
const { default: OpenAI, toFile } = await import('openai');

const { baseURL, key, chunks } = JSON.parse(readFileSync(0, 'utf8'));
const client = new OpenAI({ baseURL, apiKey: key, maxRetries: 0, timeout: 60_000 });
const patient = new OpenAI({ baseURL, apiKey: key, maxRetries: 2, timeout: 60_000 });
const messages = [{ role: 'user', content: 'Hello' }];
const deltasOf = (count) => chunks.slice(0, count);
const textOf = (count) => deltasOf(count).join('');
const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47]);

const schema = {
  type: 'object',
  properties: { city: { type: 'string' }, days: { type: 'integer' }, units: { enum: ['celsius', 'fahrenheit'] } },
  required: ['city', 'days', 'units'],
  additionalProperties: false,
};
const instance = { city: 'café 日本', days: 7, units: 'celsius' };
const tool = (name) => ({ type: 'function', function: { name, description: 'Tells it.', parameters: schema, strict: true } });

async function read(stream) {
  const heard = { deltas: [], finish: null, usage: null };
  for await (const chunk of stream) {
    const choice = chunk.choices[0];
    if (choice?.delta?.content) heard.deltas.push(choice.delta.content);
    heard.finish ??= choice?.finish_reason ?? null;
    if (chunk.usage) heard.usage = chunk.usage;
  }
  return heard;
}

async function streamed(model, count, more = {}) {
  const heard = await read(await client.chat.completions.create({ model, messages, stream: true, ...more }));
  assert.deepEqual(heard.deltas, deltasOf(count));
  assert.equal(heard.finish, 'stop');
  return heard;
}

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

const scenarios = {
  async chat() {
    const answer = await client.chat.completions.create({ model: 'fake-n40', messages });
    assert.equal(answer.choices[0].message.content, textOf(40));
    assert.equal(answer.usage.completion_tokens, 40);
    assert.ok(answer._request_id);
  },

  async 'chat, another name at the provider'() {
    const { data, response } = await client.chat.completions.create({ model: 'gpt-4o-mini', messages }).withResponse();
    assert.equal(data.choices[0].message.content, textOf(9));
    assert.equal(response.headers.get('x-aiedge-attempts'), '1');
    assert.equal(response.headers.get('x-aiedge-provider'), 'fake');
  },

  async stream() {
    const heard = await streamed('fake-n300', 300);
    // Asked for by the data plane, not by this client: it must not show.
    assert.equal(heard.usage, null);
  },

  async 'stream with usage'() {
    const heard = await streamed('fake-n30', 30, { stream_options: { include_usage: true } });
    assert.equal(heard.usage.completion_tokens, 30);
  },

  async 'stream, chunk by chunk without traces of usage'() {
    for (const more of [{}, { stream_options: null }, { stream_options: {} }, { stream_options: { include_usage: false } }]) {
      const stream = await client.chat.completions.create({ model: 'fake-n5', messages, stream: true, ...more });
      for await (const chunk of stream) {
        assert.equal(chunk.choices.length, 1);
        assert.equal('usage' in chunk, false);
      }
    }
  },

  async 'stream, two choices'() {
    const texts = ['', ''];
    for await (const chunk of await client.chat.completions.create({ model: 'fake-n20', messages, stream: true, n: 2 })) {
      for (const choice of chunk.choices) texts[choice.index] += choice.delta.content ?? '';
    }
    assert.deepEqual(texts, [textOf(20), textOf(20)]);
  },

  async 'stream, snapshot of the streaming runner'() {
    const runner = client.chat.completions.stream({ model: 'fake-n50', messages });
    const final = await runner.finalChatCompletion();
    assert.equal(final.choices[0].message.content, textOf(50));
  },

  async 'stream, cut inside characters'() {
    await streamed('fake-n200-split=utf8-gap=0', 200);
    await streamed('fake-n40-split=1-gap=0', 40);
  },

  async 'stream, other line ends and comments'() {
    await streamed('fake-n60-eol=crlf', 60);
    await streamed('fake-n60-eol=cr', 60);
    await streamed('fake-n60-comments=2', 60);
  },

  async 'stream, slow tokens'() {
    await streamed('fake-n4-d500000', 4);
  },

  async 'stream, fifty at once'() {
    await Promise.all(Array.from({ length: 50 }, (_, i) => streamed(`fake-n${30 + i}-d1000`, 30 + i)));
  },

  async 'prompt of 100 KB'() {
    const content = chunks.join('').repeat(60);
    assert.ok(Buffer.byteLength(content) > 100_000);
    const answer = await client.chat.completions.create({ model: 'fake-n5', messages: [{ role: 'user', content }] });
    assert.equal(answer.choices[0].message.content, textOf(5));
  },

  async 'completions, whole and streamed'() {
    const whole = await client.completions.create({ model: 'fake-n15', prompt: 'Hello' });
    assert.equal(whole.choices[0].text, textOf(15));
    let text = '';
    for await (const chunk of await client.completions.create({ model: 'fake-n15', prompt: 'Hello', stream: true })) {
      text += chunk.choices[0].text;
    }
    assert.equal(text, textOf(15));
  },

  async 'tools loop'() {
    const asked = [];
    const runner = client.chat.completions.runTools({
      model: 'fake-n12',
      messages,
      tools: [{
        type: 'function',
        function: { name: 'weather', parameters: schema, parse: JSON.parse, function: (given) => (asked.push(given), 'Rain.') },
      }],
    });
    assert.equal(await runner.finalContent(), textOf(12));
    assert.deepEqual(asked, [instance]);
  },

  async 'tools, streamed arguments'() {
    for (const model of ['fake-n1', 'fake-n1-split=utf8-gap=0', 'fake-n1-b0']) {
      const calls = [];
      const tools = [tool('weather'), tool('places')];
      for await (const chunk of await client.chat.completions.create({ model, messages, tools, stream: true })) {
        for (const part of chunk.choices[0].delta.tool_calls ?? []) {
          calls[part.index] ??= { name: part.function.name, text: '' };
          calls[part.index].text += part.function.arguments;
        }
      }
      assert.deepEqual(calls.map((call) => [call.name, JSON.parse(call.text)]), [['weather', instance], ['places', instance]]);
    }
  },

  async 'structured output'() {
    const response_format = { type: 'json_schema', json_schema: { name: 'forecast', strict: true, schema } };
    const answer = await client.chat.completions.create({ model: 'fake-n1', messages, response_format });
    assert.deepEqual(JSON.parse(answer.choices[0].message.content), instance);
    const final = await client.chat.completions.stream({ model: 'fake-n1', messages, response_format }).finalChatCompletion();
    assert.deepEqual(JSON.parse(final.choices[0].message.content), instance);
  },

  async 'a picture'() {
    const url = 'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
    const seen = [{ type: 'text', text: 'What is it?' }, { type: 'image_url', image_url: { url } }];
    const chat = await client.chat.completions.create({ model: 'fake-n5', messages: [{ role: 'user', content: seen }] });
    assert.equal(chat.choices[0].message.content, textOf(5));
    const shown = [{ type: 'input_text', text: 'What is it?' }, { type: 'input_image', image_url: url, detail: 'auto' }];
    assert.equal((await client.responses.create({ model: 'fake-n5', input: [{ role: 'user', content: shown }] })).output_text, textOf(5));
  },

  async embeddings() {
    const answer = await client.embeddings.create({ model: 'fake-embed', input: ['one', 'zwei'], dimensions: 300 });
    assert.deepEqual(answer.data[1].embedding, Array.from({ length: 300 }, (_, i) => ((31 + i * 7) % 1023 - 511) / 1024));
    const plain = await client.embeddings.create({ model: 'fake-embed', input: 'one', dimensions: 3, encoding_format: 'float' });
    assert.equal(plain.data[0].embedding.length, 3);
  },

  async responses() {
    const answer = await client.responses.create({ model: 'fake-n25', input: 'Hello' });
    assert.equal(answer.output_text, textOf(25));
    assert.equal(answer.usage.output_tokens, 25);
  },

  async 'responses, streamed'() {
    const deltas = [];
    const sequence = [];
    let last;
    for await (const event of await client.responses.create({ model: 'fake-n120-split=utf8-gap=0', input: 'Hello', stream: true })) {
      if (event.type === 'response.output_text.delta') deltas.push(event.delta);
      sequence.push(event.sequence_number);
      last = event;
    }
    assert.deepEqual(deltas, deltasOf(120));
    assert.deepEqual(sequence, sequence.map((_, i) => i));
    assert.equal(last.type, 'response.completed');
    const final = await client.responses.stream({ model: 'fake-n30', input: 'Hello' }).finalResponse();
    assert.equal(final.output[0].content[0].text, textOf(30));
  },

  async 'responses, turn by turn'() {
    const first = await client.responses.create({ model: 'fake-n5', input: 'Hello' });
    assert.match(first.id, /^resp_aiedge_[\w-]+$/);
    const second = await client.responses.create({ model: 'fake-n5', input: 'And now?', previous_response_id: first.id });
    assert.equal(second.output_text, textOf(5));
    const third = await client.responses.stream({ model: 'fake-n5', input: 'And then?', previous_response_id: second.id }).finalResponse();
    assert.equal(third.output[0].content[0].text, textOf(5));
    assert.equal(new Set([first.id, second.id, third.id]).size, 3);
    await assert.rejects(
      client.responses.create({ model: 'fake-n5', input: 'And then?', previous_response_id: first.id.slice(0, -1) }),
      (error) => error instanceof OpenAI.NotFoundError && error.code === 'previous_response_not_found');
  },

  async 'responses, function call and structured output'() {
    const tools = [{ type: 'function', name: 'weather', parameters: schema, strict: true }];
    const asks = await client.responses.stream({ model: 'fake-n12', input: 'Weather?', tools }).finalResponse();
    const [call] = asks.output;
    assert.deepEqual(JSON.parse(call.arguments), instance);
    const input = [{ role: 'user', content: 'Weather?' }, call, { type: 'function_call_output', call_id: call.call_id, output: 'Rain.' }];
    assert.equal((await client.responses.create({ model: 'fake-n12', input, tools })).output_text, textOf(12));
    const text = { format: { type: 'json_schema', name: 'forecast', strict: true, schema } };
    const answer = await client.responses.create({ model: 'fake-n1', input: 'Forecast?', text });
    assert.deepEqual(JSON.parse(answer.output_text), instance);
  },

  async moderations() {
    const answer = await client.moderations.create({ model: 'fake-moderation', input: ['a', 'b'] });
    assert.deepEqual(answer.results.map((result) => result.flagged), [false, false]);
  },

  async 'images, made, streamed and edited'() {
    const made = await client.images.generate({ model: 'fake-image', prompt: 'A pixel', n: 2 });
    assert.equal(Buffer.from(made.data[1].b64_json, 'base64').subarray(0, 4).compare(PNG), 0);
    const types = [];
    for await (const event of await client.images.generate({ model: 'fake-image', prompt: 'A pixel', stream: true, partial_images: 1 })) {
      types.push(event.type);
    }
    assert.deepEqual(types, ['image_generation.partial_image', 'image_generation.completed']);
    const image = await toFile(Buffer.alloc(150_000, 7), 'photo.png', { type: 'image/png' });
    const edited = await client.images.edit({ model: 'gpt-4o-mini', image, prompt: 'Make it blue' });
    assert.equal(edited.data.length, 1);
  },

  async 'audio, speech'() {
    const answer = await client.audio.speech.create({ model: 'fake-speech-binary=300000', voice: 'alloy', input: 'Hello' });
    const bytes = Buffer.from(await answer.arrayBuffer());
    assert.equal(bytes.compare(Buffer.from(Array.from({ length: 300_000 }, (_, i) => i % 251))), 0);
  },

  async 'audio, transcription and translation'() {
    const file = () => toFile(Buffer.alloc(200_000, 5), 'räume.wav', { type: 'audio/wav' });
    const whole = await client.audio.transcriptions.create({ model: 'gpt-4o-mini', file: await file(), language: 'de' });
    assert.equal(whole.text, textOf(9));
    let text = '';
    for await (const event of await client.audio.transcriptions.create({ model: 'fake-n30', file: await file(), stream: true })) {
      if (event.type === 'transcript.text.delta') text += event.delta;
    }
    assert.equal(text, textOf(30));
    assert.equal((await client.audio.translations.create({ model: 'fake-n6', file: await file() })).text, textOf(6));
  },

  async models() {
    const ids = [];
    for await (const model of client.models.list()) ids.push(model.id);
    assert.deepEqual(ids, ['gpt-4o-mini']);
    assert.equal((await client.models.retrieve('fake-any')).id, 'fake-any');
    assert.equal((await failure(client.models.retrieve('gpt-99'))).status, 404);
  },

  async 'abort of a stream'() {
    const deltas = [];
    const stream = await client.chat.completions.create({ model: 'fake-n100000-d10000', messages, stream: true });
    for await (const chunk of stream) {
      if (chunk.choices[0].delta.content) deltas.push(chunk.choices[0].delta.content);
      if (deltas.length >= 5) stream.controller.abort();
    }
    assert.deepEqual(deltas, deltasOf(deltas.length));
  },

  async 'abort of a whole answer'() {
    const enough = new AbortController();
    const call = client.chat.completions.create({ model: 'fake-n5-f900000000', messages }, { signal: enough.signal });
    setTimeout(() => enough.abort(), 300);
    assert.ok((await failure(call)) instanceof OpenAI.APIUserAbortError);
  },

  async 'retry on 429'() {
    for (const script of ['status=429; retryafter=1', 'status=429; retryafterms=30', 'status=503; retryafterms=10']) {
      const answer = await patient.chat.completions.create({ model: 'fake-n8', messages }, once(script, script));
      assert.equal(answer.choices[0].message.content, textOf(8));
    }
    const stream = await patient.chat.completions.create({ model: 'fake-n8', messages, stream: true }, once('s', 'status=429; retryafterms=10'));
    assert.deepEqual((await read(stream)).deltas, deltasOf(8));
  },

  async errors() {
    const stranger = new OpenAI({ baseURL, apiKey: 'sk-wrong', maxRetries: 0 });
    const unknownKey = await failure(stranger.chat.completions.create({ model: 'fake-n1', messages }));
    assert.ok(unknownKey instanceof OpenAI.AuthenticationError);
    assert.equal(unknownKey.code, 'invalid_api_key');
    const unknownModel = await failure(client.chat.completions.create({ model: 'gpt-99', messages }));
    assert.ok(unknownModel instanceof OpenAI.NotFoundError);
    assert.equal(unknownModel.code, 'model_not_found');
    assert.equal(unknownModel.param, 'model');
    const forbidden = await failure(client.chat.completions.create({ model: 'secret', messages }));
    assert.ok(forbidden instanceof OpenAI.PermissionDeniedError);
    const bad = await failure(client.chat.completions.create({ model: 7, messages }));
    assert.ok(bad instanceof OpenAI.BadRequestError);
    assert.equal(bad.type, 'invalid_request_error');
    assert.equal(bad.param, 'model');
    const limited = await failure(client.chat.completions.create({ model: 'fake-n1', messages }, once('l', 'status=429; retryafter=none')));
    assert.ok(limited instanceof OpenAI.RateLimitError);
    assert.equal(limited.code, 'rate_limit_exceeded');
    assert.equal(limited.headers.get('x-aiedge-limit'), 'provider');
    const broken = await failure(client.chat.completions.create({ model: 'fake-n1', messages }, once('b', 'status=401')));
    assert.equal(broken.status, 502);
    assert.equal(broken.code, 'upstream_auth');
  },

  async 'a broken stream'() {
    for (const how of ['fin', 'rst', 'frame', 'size']) {
      const deltas = [];
      const error = await failure((async () => {
        const stream = await client.chat.completions.create({ model: `fake-n50-cut=20-how=${how}`, messages, stream: true }, parting);
        for await (const chunk of stream) {
          if (chunk.choices[0].delta.content) deltas.push(chunk.choices[0].delta.content);
        }
      })());
      assert.ok(error instanceof OpenAI.APIError, String(error));
      assert.equal(error.code, 'upstream_error');
      assert.deepEqual(deltas, deltasOf(deltas.length));
      assert.ok(deltas.length > 0 && deltas.length <= 20);
    }
  },

  async 'a broken stream of responses'() {
    const deltas = [];
    const sequence = [];
    let last;
    for await (const event of await client.responses.create({ model: 'fake-n50-cut=20', input: 'Hello', stream: true }, parting)) {
      if (event.type === 'response.output_text.delta') deltas.push(event.delta);
      sequence.push(event.sequence_number);
      last = event;
    }
    assert.equal(last.type, 'response.failed');
    assert.equal(last.response.status, 'failed');
    assert.equal(last.response.error.code, 'upstream_error');
    assert.deepEqual(sequence, sequence.map((_, i) => i));
    assert.deepEqual(deltas, deltasOf(deltas.length));
  },

  async 'a stream that a limit ends'() {
    const runner = client.chat.completions.stream({ model: 'fake-guarded', messages, n: 2, stream_options: { include_usage: true } });
    let last;
    for await (const chunk of runner) last = chunk;
    const final = await runner.finalChatCompletion();
    assert.deepEqual(final.choices.map((choice) => choice.finish_reason), ['length', 'length']);
    assert.ok(final.usage.completion_tokens > 20 && final.usage.completion_tokens <= 30, JSON.stringify(final.usage));
    assert.deepEqual(last.aiedge, { end: 'limit', limit: 'runaway' });
  },

  async 'a stream that a limit of tokens ends'() {
    const runner = client.chat.completions.stream({ model: 'capped-plain', messages, stream_options: { include_usage: true } });
    let last;
    for await (const chunk of runner) last = chunk;
    const final = await runner.finalChatCompletion();
    assert.equal(final.choices[0].finish_reason, 'length');
    assert.ok(final.choices[0].message.content.length > 100);
    assert.ok(final.usage.completion_tokens > 60 && final.usage.completion_tokens <= 100, JSON.stringify(final.usage));
    assert.deepEqual(last.aiedge, { end: 'limit', limit: 'capped-plain' });
    const refused = await failure(client.chat.completions.create({ model: 'capped-plain', messages }));
    assert.equal(refused.status, 429);
    assert.equal(refused.headers.get('x-aiedge-limit'), 'capped-plain;scope=global');
  },

  async 'a stream of responses that a limit of tokens ends'() {
    let final;
    for await (const event of await client.responses.create({ model: 'capped-responses', input: 'Hello', stream: true })) final = event;
    assert.equal(final.type, 'response.incomplete');
    assert.equal(final.response.incomplete_details.reason, 'max_output_tokens');
    assert.ok(final.response.usage.output_tokens > 60 && final.response.usage.output_tokens <= 100, JSON.stringify(final.response.usage));
    assert.deepEqual(final.aiedge, { end: 'limit', limit: 'capped-responses' });
  },

  async 'a stream of responses that a limit ends'() {
    let said = '';
    let final;
    const sequence = [];
    for await (const event of await client.responses.create({ model: 'fake-guarded', input: 'Hello', stream: true })) {
      if (event.type === 'response.output_text.delta') said += event.delta;
      sequence.push(event.sequence_number);
      final = event;
    }
    assert.equal(final.type, 'response.incomplete');
    assert.equal(final.response.incomplete_details.reason, 'max_output_tokens');
    assert.equal(final.response.output[0].content[0].text, said);
    assert.ok(said.length > 20);
    assert.deepEqual(final.aiedge, { end: 'limit', limit: 'runaway' });
    assert.deepEqual(sequence, sequence.map((_, i) => i));
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
