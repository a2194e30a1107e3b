// The npm clients through the data plane, before providers that Azure and Vertex host: one line of JSON for each scenario.
// Standard input brings {"baseURL", "key", "chunks"}; chunks are the texts that the provider's content events bring, in order.
import assert from 'node:assert/strict';
import { File } from 'node:buffer';
import { readFileSync } from 'node:fs';

globalThis.File ??= File;
const { default: OpenAI } = await import('openai');
const { default: Anthropic } = await import('@anthropic-ai/sdk');
const { GoogleGenAI } = await import('@google/genai');

const { baseURL, key, chunks } = JSON.parse(readFileSync(0, 'utf8'));
const origin = new URL(baseURL).origin;
const openai = new OpenAI({ baseURL, apiKey: key, maxRetries: 0, timeout: 60_000 });
const anthropic = new Anthropic({ baseURL: origin, apiKey: key, maxRetries: 0, timeout: 60_000 });
const google = new GoogleGenAI({ apiKey: key, httpOptions: { baseUrl: origin, timeout: 60_000 } }).models;
const text = chunks.slice(0, 40).join('');
const hosts = ['hosted-azure', 'hosted-claude', 'hosted-google'];
const messages = [{ role: 'user', content: 'Hello' }];
const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false };

const scenarios = {
  async 'openai: chat'() {
    for (const model of hosts) {
      const answer = await openai.chat.completions.create({ model, messages });
      assert.equal(answer.choices[0].message.content, text, model);
      assert.equal(answer.usage.completion_tokens, 40, model);
    }
  },

  async 'openai: stream'() {
    for (const model of hosts) {
      const answer = await openai.chat.completions.stream({ model, messages, stream_options: { include_usage: true } }).finalChatCompletion();
      assert.equal(answer.choices[0].message.content, text, model);
      assert.equal(answer.usage.completion_tokens, 40, model);
    }
  },

  async 'openai: tools'() {
    for (const model of hosts) {
      const heard = [];
      const runner = openai.chat.completions.runTools({
        model,
        messages: [{ role: 'user', content: 'Weather?' }],
        stream: true,
        tools: [{ type: 'function', function: { name: 'weather', parameters: schema, parse: JSON.parse, function: (given) => (heard.push(given), 'fine') } }],
      });
      assert.equal(await runner.finalContent(), text, model);
      assert.equal(typeof heard[0].city, 'string');
    }
  },

  async 'openai: responses'() {
    for (const model of hosts) {
      const answer = await openai.responses.create({ model, input: 'Hello' });
      assert.equal(answer.output_text, text, model);
      const streamed = await openai.responses.stream({ model, input: 'Hello' }).finalResponse();
      assert.equal(streamed.output_text ?? streamed.output[0].content[0].text, text, model);
    }
  },

  async 'openai: embeddings'() {
    for (const model of ['hosted-azure', 'hosted-gemini']) {
      // The client asks for base64 by itself and gives numbers.
      const answer = await openai.embeddings.create({ model, input: ['a', 'b'], dimensions: 6 });
      assert.deepEqual(answer.data.map((item) => item.embedding.length), [6, 6], model);
      assert.ok(answer.data[1].embedding.every((number) => Number.isFinite(number) && Math.abs(number) < 1), model);
      assert.ok(answer.usage.prompt_tokens > 0, model);
      const numbers = await openai.embeddings.create({ model, input: ['a', 'b'], dimensions: 6, encoding_format: 'float' });
      assert.deepEqual(numbers.data[1].embedding.map(Math.fround), answer.data[1].embedding.map(Math.fround), model);
    }
  },

  async 'openai: several answers'() {
    const answer = await openai.chat.completions.create({ model: 'hosted-google', messages, n: 2 });
    assert.equal(answer.choices[0].message.content, text);
  },

  async 'anthropic: message'() {
    for (const model of hosts) {
      const answer = await anthropic.messages.create({ model, max_tokens: 1024, messages });
      assert.equal(answer.content.map((block) => block.text).join(''), text, model);
      assert.equal(answer.usage.output_tokens, 40, model);
    }
  },

  async 'anthropic: stream'() {
    for (const model of hosts) {
      const answer = await anthropic.messages.stream({ model, max_tokens: 1024, messages }).finalMessage();
      assert.equal(answer.content.map((block) => block.text).join(''), text, model);
      assert.equal(answer.stop_reason, 'end_turn', model);
    }
  },

  async 'anthropic: tools'() {
    for (const model of hosts) {
      const tools = [{ name: 'weather', description: 'Tells it.', input_schema: schema }];
      const answer = await anthropic.messages.create({ model, max_tokens: 1024, messages, tools });
      const call = answer.content.find((block) => block.type === 'tool_use');
      assert.equal(typeof call.input.city, 'string', model);
      const history = [...messages, { role: 'assistant', content: answer.content }, { role: 'user', content: [{ type: 'tool_result', tool_use_id: call.id, content: 'fine' }] }];
      const last = await anthropic.messages.create({ model, max_tokens: 1024, messages: history, tools });
      assert.equal(last.content.map((block) => block.text).join(''), text, model);
    }
  },

  async 'google: contents'() {
    for (const model of hosts) {
      const answer = await google.generateContent({ model, contents: 'Hello' });
      assert.equal(answer.text, text, model);
      assert.equal(answer.usageMetadata.candidatesTokenCount, 40, model);
    }
  },

  async 'google: stream'() {
    for (const model of hosts) {
      let heard = '';
      for await (const chunk of await google.generateContentStream({ model, contents: 'Hello' })) heard += chunk.text ?? '';
      assert.equal(heard, text, model);
    }
  },

  async 'google: embeddings'() {
    for (const model of ['hosted-azure', 'hosted-gemini']) {
      const answer = await google.embedContent({ model, contents: ['a', 'b'], config: { outputDimensionality: 6 } });
      assert.deepEqual(answer.embeddings.map((item) => item.values.length), [6, 6], model);
    }
  },
};

for (const [name, run] of Object.entries(scenarios)) {
  let error = null;
  try {
    await run();
  } catch (caught) {
    error = String(caught?.stack ?? caught);
  }
  console.log(JSON.stringify({ name, error }));
}
