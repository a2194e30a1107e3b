// The npm clients through the data plane, each before a provider that speaks another dialect: one line of JSON for each scenario.
// Standard input brings {"baseURL", "key", "chunks"}; chunks are the texts that the provider's content events bring, in order.
import assert from 'node:assert/strict';
import { File } from 'node:buffer';
import { readFileSync } from 'node:fs';

globalThis.File ??= File;
const { default: OpenAI } = await import('openai');
const { default: Anthropic } = await import('@anthropic-ai/sdk');

const { baseURL, key, chunks } = JSON.parse(readFileSync(0, 'utf8'));
const openai = new OpenAI({ baseURL, apiKey: key, maxRetries: 0, timeout: 60_000 });
const anthropic = new Anthropic({ baseURL: new URL(baseURL).origin, apiKey: key, maxRetries: 0, timeout: 60_000 });
const textOf = (count) => chunks.slice(0, count).join('');
const messages = [{ role: 'system', content: 'Be brief.' }, { role: 'user', content: 'Hello' }];
const ask = (model, more = {}) => ({ model, max_tokens: 1024, messages: [{ role: 'user', content: 'Hello' }], ...more });
const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false };

async function failure(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('it did not fail');
}

const scenarios = {
  async 'openai: chat'() {
    for (const model of ['only-claude', 'only-google']) {
      const { data, response } = await openai.chat.completions.create({ model, messages, user: undefined }).withResponse();
      assert.equal(data.choices[0].message.content, textOf(40), model);
      assert.equal(data.choices[0].finish_reason, 'stop');
      assert.equal(data.usage.completion_tokens, 40);
      assert.equal(response.headers.get('x-aiedge-translation-loss'), null);
    }
  },

  async 'openai: stream'() {
    for (const model of ['only-claude', 'only-google']) {
      const stream = openai.chat.completions.stream({ model, messages, stream_options: { include_usage: true } });
      const answer = await stream.finalChatCompletion();
      assert.equal(answer.choices[0].message.content, textOf(40), model);
      assert.equal(answer.usage.completion_tokens, 40);
    }
  },

  async 'openai: tools loop'() {
    for (const model of ['only-claude', 'only-google']) {
      const heard = [];
      const runner = openai.chat.completions.runTools({
        model,
        messages: [{ role: 'user', content: 'Weather?' }],
        stream: true,
        tools: [{ type: 'function', function: { name: 'weather', parameters: schema, parse: JSON.parse, function: (given) => (heard.push(given), 'fine') } }],
      });
      assert.equal(await runner.finalContent(), textOf(40), model);
      assert.equal(heard.length, 1);
      assert.equal(typeof heard[0].city, 'string');
    }
  },

  async 'openai: errors'() {
    const refused = await failure(openai.chat.completions.create({ model: 'only-claude', messages }, { headers: { 'x-fake': 'status=400' } }));
    assert.ok(refused instanceof OpenAI.BadRequestError, String(refused));
    const limited = await failure(openai.chat.completions.create({ model: 'only-claude', messages }, { headers: { 'x-fake': 'status=429' } }));
    assert.ok(limited instanceof OpenAI.RateLimitError, String(limited));
    const stream = await openai.chat.completions.create({ model: 'only-claude', messages, stream: true }, { headers: { 'x-fake': 'n=9; b=0; cut=6; how=fin' } });
    await failure((async () => { for await (const chunk of stream) assert.ok(chunk); })());
  },

  async 'openai: abort'() {
    const stream = await openai.chat.completions.create({ model: 'only-claude-long', messages, stream: true });
    for await (const chunk of stream) {
      if (chunk.choices[0]?.delta?.content) break;
    }
    stream.controller.abort();
  },

  async 'anthropic: message'() {
    for (const model of ['only-openai', 'only-google']) {
      const answer = await anthropic.messages.create(ask(model, { system: 'Be brief.' }));
      assert.equal(answer.content[0].text, textOf(40), model);
      assert.equal(answer.stop_reason, 'end_turn');
      assert.equal(answer.usage.output_tokens, 40);
    }
  },

  async 'anthropic: stream'() {
    for (const model of ['only-openai', 'only-google']) {
      const answer = await anthropic.messages.stream(ask(model)).finalMessage();
      assert.equal(answer.content[0].text, textOf(40), model);
      assert.equal(answer.usage.output_tokens, 40);
      assert.equal(answer.usage.input_tokens, 212);
    }
  },

  async 'anthropic: tools loop'() {
    const tools = [{ name: 'weather', description: 'Tells it.', input_schema: schema }];
    for (const model of ['only-openai', 'only-google']) {
      const called = await anthropic.messages.stream(ask(model, { tools })).finalMessage();
      assert.equal(called.stop_reason, 'tool_use', model);
      const use = called.content.find((block) => block.type === 'tool_use');
      assert.equal(typeof use.input.city, 'string');
      const told = await anthropic.messages.create(ask(model, {
        tools,
        messages: [
          { role: 'user', content: 'Weather?' },
          { role: 'assistant', content: called.content },
          { role: 'user', content: [{ type: 'tool_result', tool_use_id: use.id, content: 'fine' }] },
        ],
      }));
      assert.equal(told.content[0].text, textOf(40));
    }
  },

  async 'anthropic: errors'() {
    const refused = await failure(anthropic.messages.create(ask('only-openai'), { headers: { 'x-fake': 'status=400' } }));
    assert.ok(refused instanceof Anthropic.BadRequestError, String(refused));
    const stream = anthropic.messages.stream(ask('only-openai'), { headers: { 'x-fake': 'n=9; b=0; cut=6; how=fin' } });
    await failure(stream.finalMessage());
  },
};

for (const [name, scenario] of Object.entries(scenarios)) {
  let error = null;
  try {
    await scenario();
  } catch (e) {
    error = e?.stack ?? String(e);
  }
  console.log(JSON.stringify({ name, error }));
}
