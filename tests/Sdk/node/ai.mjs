// The npm client `ai` through the data plane, by its providers for three dialects and four endpoints, before a provider of each dialect: one scenario after the other, one line
// of JSON for each. Standard input brings {"baseURL", "key", "provider", "chunks"}: the provider says who answers, chunks are the
// texts that its content events bring, in order.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

const { APICallError, Output, generateText, isStepCount, jsonSchema, streamText, tool } = await import('ai');
const { createOpenAI } = await import('@ai-sdk/openai');
const { createAnthropic } = await import('@ai-sdk/anthropic');
const { createGoogleGenerativeAI } = await import('@ai-sdk/google');

const { baseURL, key: apiKey, provider, chunks } = JSON.parse(readFileSync(0, 'utf8'));
const origin = new URL(baseURL).origin;
const openai = createOpenAI({ baseURL, apiKey });
const every = {
  chat: (model) => openai.chat(model),
  responses: (model) => openai.responses(model),
  messages: createAnthropic({ baseURL: `${origin}/v1`, apiKey }),
  generateContent: createGoogleGenerativeAI({ baseURL: `${origin}/v1beta`, apiKey }),
};
const endpoints = provider === 'plain' ? { responses: every.responses } : every;
const textOf = (count) => chunks.slice(0, count).join('');
const prompt = 'Hello';

// What the provider makes of the schema.
const instance = { city: 'café 日本', days: 7, units: 'celsius' };
const schema = jsonSchema({
  type: 'object',
  properties: { city: { type: 'string' }, days: { type: 'integer' }, units: { enum: ['celsius', 'fahrenheit'], type: 'string' } },
  required: ['city', 'days', 'units'],
  additionalProperties: false,
});

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

// Errors in a stream are parts of it.
async function read(result) {
  const heard = { text: '', error: null, types: new Set() };
  for await (const part of result.fullStream) {
    heard.types.add(part.type);
    if (part.type === 'text-delta') heard.text += part.text;
    if (part.type === 'error') heard.error = part.error;
  }
  return heard;
}

const stream = (model, more = {}) => streamText({ model, prompt, maxRetries: 0, onError: () => {}, ...more });

const kinds = {
  async text(model) {
    const answer = await generateText({ model: model('fake-n40'), prompt, maxRetries: 0 });
    assert.equal(answer.text, textOf(40));
    assert.equal(answer.finishReason, 'stop');
    assert.equal(answer.usage.outputTokens, 40);
    assert.ok(answer.usage.inputTokens > 0);
  },

  async stream(model) {
    for (const knobs of ['', '-split=utf8-gap=0', '-encoding=gzip']) {
      const result = stream(model(`fake-n60${knobs}`));
      const heard = await read(result);
      assert.equal(heard.error, null);
      assert.equal(heard.text, textOf(60));
      assert.equal(await result.finishReason, 'stop');
      assert.equal((await result.usage).outputTokens, 60);
    }
  },

  async 'tools loop'(model) {
    const asked = [];
    const answer = await generateText({
      model: model('fake-n5'),
      prompt,
      maxRetries: 0,
      stopWhen: isStepCount(3),
      tools: {
        weather: tool({
          description: 'Tells it.',
          inputSchema: schema,
          execute: async (input) => {
            asked.push(input);
            return 'Sunny';
          },
        }),
      },
    });
    assert.deepEqual(asked, [instance]);
    assert.equal(answer.steps.length, 2);
    assert.equal(answer.steps[0].finishReason, 'tool-calls');
    assert.equal(answer.text, textOf(5));
  },

  // What was said, called and answered earlier goes back as the client has it, which of responses are the ids alone.
  async 'turns'(model, name) {
    const weather = tool({ description: 'Tells it.', inputSchema: schema, execute: async () => 'Sunny' });
    const messages = [{ role: 'user', content: prompt }];
    const first = await generateText({ model: model('fake-n41'), messages, maxRetries: 0 });
    assert.equal(first.text, textOf(41));
    messages.push(...first.response.messages, { role: 'user', content: 'And the weather?' });
    const second = stream(model('fake-n42-says=on'), { prompt: undefined, messages, tools: { weather }, stopWhen: isStepCount(3) });
    const heard = await read(second);
    assert.equal(heard.error, null);
    const times = provider === 'answers' || (provider === 'fake' && name === 'responses') ? 1 : 2;
    assert.equal(heard.text, textOf(42).repeat(times));
    assert.equal((await second.steps).length, 2);
    messages.push(...(await second.response).messages, { role: 'user', content: 'And now?' });
    const third = await generateText({ model: model('fake-n43-tools=off'), messages, maxRetries: 0, tools: { weather } });
    assert.equal(third.text, textOf(43));
  },

  async 'tools, streamed input'(model) {
    const result = stream(model('fake-n5'), { tools: { weather: tool({ description: 'Tells it.', inputSchema: schema }) } });
    const heard = await read(result);
    assert.equal(heard.error, null);
    assert.ok(heard.types.has('tool-input-delta') || heard.types.has('tool-call'));
    assert.deepEqual((await result.toolCalls).map((call) => [call.toolName, call.input]), [['weather', instance]]);
  },

  async 'a picture'(model) {
    const data = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
    const content = [{ type: 'text', text: 'What is it?' }, { type: 'file', mediaType: 'image/png', data }];
    const answer = await generateText({ model: model('fake-n7'), messages: [{ role: 'user', content }], maxRetries: 0 });
    assert.equal(answer.text, textOf(7));
  },

  async abort(model) {
    const controller = new AbortController();
    const result = stream(model('fake-n100000-d10000'), { abortSignal: controller.signal, maxOutputTokens: 100_000 });
    let count = 0;
    for await (const part of result.fullStream) {
      if (part.type === 'text-delta' && ++count === 5) controller.abort();
    }
    assert.ok(count >= 5);
  },

  async errors(model, name) {
    const once = (script) => ({ 'x-once': `${name} ${script}|${script}` });
    const unknown = await failure(generateText({ model: model('gpt-99'), prompt, maxRetries: 0 }));
    assert.ok(APICallError.isInstance(unknown), String(unknown));
    assert.equal(unknown.statusCode, 404);
    assert.equal(unknown.isRetryable, false);
    assert.doesNotMatch(JSON.stringify(unknown.responseBody), /at AiEdge/);
    const forbidden = await failure(generateText({ model: model('secret'), prompt, maxRetries: 0 }));
    assert.equal(forbidden.statusCode, 403);
    const limited = await failure(generateText({ model: model('fake-n1'), prompt, maxRetries: 0, headers: once('status=429; retryafter=none') }));
    assert.equal(limited.statusCode, 429);
    assert.equal(limited.isRetryable, true);
    const again = await generateText({ model: model('fake-n8'), prompt, maxRetries: 2, headers: once('status=429; retryafterms=30') });
    assert.equal(again.text, textOf(8));
  },

  async 'a broken stream'(model) {
    for (const how of ['fin', 'rst']) {
      const result = stream(model(`fake-n50-cut=20-how=${how}`), parting);
      const heard = await read(result);
      assert.ok(heard.error !== null, `${how} was taken for an end`);
      assert.ok(heard.text.length > 0 && textOf(20).startsWith(heard.text));
    }
  },
};

const structured = async (model) => {
  const answer = await generateText({ model: model('fake-n5'), prompt, maxRetries: 0, output: Output.object({ schema }) });
  assert.deepEqual(answer.output, instance);
};

const scenarios = {};
for (const [name, model] of Object.entries(endpoints)) {
  for (const [kind, run] of Object.entries(kinds)) scenarios[`${name}: ${kind}`] = () => run(model, name);
  scenarios[`${name}: an object`] = () => structured(model);
}

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
