// The npm clients through the data plane, each before a provider that speaks another dialect: one line of JSON for each scenario.
// Standard input brings {"baseURL", "key", "chunks"}; chunks are the texts that the provider's content events bring, in order.
import assert from 'node:assert/strict';
import { File } from 'node:buffer';
import { readFileSync } from 'node:fs';

globalThis.File ??= File;
const { default: OpenAI } = await import('openai');
const { default: Anthropic } = await import('@anthropic-ai/sdk');

const { GoogleGenAI, ApiError } = await import('@google/genai');

const { baseURL, key, chunks } = JSON.parse(readFileSync(0, 'utf8'));
const openai = new OpenAI({ baseURL, apiKey: key, maxRetries: 0, timeout: 60_000 });
const anthropic = new Anthropic({ baseURL: new URL(baseURL).origin, apiKey: key, maxRetries: 0, timeout: 60_000 });
const google = new GoogleGenAI({ apiKey: key, httpOptions: { baseUrl: new URL(baseURL).origin, timeout: 60_000 } }).models;
const long = (model) => `${model}-long`;
const textOf = (count) => chunks.slice(0, count).join('');
const messages = [{ role: 'system', content: 'Be brief.' }, { role: 'user', content: 'Hello' }];
const ask = (model, more = {}) => ({ model, max_tokens: 1024, messages: [{ role: 'user', content: 'Hello' }], ...more });
const chatters = ['only-claude', 'only-google', 'only-responses'];
const speakers = ['only-openai', 'only-google', 'only-responses'];
const responders = ['only-claude', 'only-google', 'only-chat'];
const picture = 'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false };

async function failure(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('it did not fail');
}

// What each client throws at a provider's refusals and faults.
async function statuses(ask, expected) {
  for (const [status, told] of Object.entries(expected)) {
    const error = await failure(ask(`status=${status}; retryafter=none`));
    assert.equal(error.status, told, `${status}: ${error}`);
  }
}

// Behind an error within a stream the gateway closes the connection. A client that does not try again must not ask on it once more, so it says that
// it will not.
const breaking = (cut) => ({ headers: { 'x-fake': `n=9; b=0; cut=${cut}; how=fin`, connection: 'close' } });

const declared = [{ functionDeclarations: [{ name: 'weather', description: 'Tells it.', parametersJsonSchema: schema }] }];
const others = ['only-openai', 'only-claude', 'only-responses'];

const scenarios = {
  async 'openai: chat'() {
    for (const model of chatters) {
      const { data, response } = await openai.chat.completions.create({ model, messages, user: undefined }).withResponse();
      assert.equal(data.choices[0].message.content, textOf(40), model);
      assert.equal(data.choices[0].finish_reason, 'stop');
      assert.equal(data.usage.completion_tokens, 40);
      assert.equal(response.headers.get('x-aiedge-translation-loss'), null);
    }
  },

  async 'openai: stream'() {
    for (const model of chatters) {
      const stream = openai.chat.completions.stream({ model, messages, stream_options: { include_usage: true } });
      const answer = await stream.finalChatCompletion();
      assert.equal(answer.choices[0].message.content, textOf(40), model);
      assert.equal(answer.usage.completion_tokens, 40);
    }
  },

  async 'openai: tools loop'() {
    for (const model of chatters) {
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

  async 'openai: thought'() {
    const before = { messages: [{ role: 'user', content: 'Hello' }], reasoning_effort: 'low', max_tokens: 4000 };
    for (const model of ['only-claude', 'gpt-5']) {
      const script = { headers: { 'x-fake': 'n=5; reasoning=4' } };
      const whole = (await openai.chat.completions.create({ model, ...before }, script)).choices[0].message;
      const streamed = (await openai.chat.completions.stream({ model, ...before }, script).finalChatCompletion()).choices[0].message;
      for (const said of [whole, streamed]) {
        assert.equal(said.content, textOf(5), model);
        assert.equal(said.reasoning_details.length, 1);
        const messages = [...before.messages, said, { role: 'user', content: 'And?' }];
        const { response } = await openai.chat.completions.create({ model, ...before, messages }).withResponse();
        assert.equal(response.headers.get('x-aiedge-translation-loss'), null, model);
      }
    }
  },

  async 'openai: a picture'() {
    for (const model of chatters) {
      const content = [{ type: 'text', text: 'What is it?' }, { type: 'image_url', image_url: { url: picture } }];
      const { data, response } = await openai.chat.completions.create({ model, messages: [{ role: 'user', content }] }).withResponse();
      assert.equal(data.choices[0].message.content, textOf(40), model);
      assert.equal(response.headers.get('x-aiedge-translation-loss'), null);
      content[1].image_url.detail = 'low';
      const { response: close } = await openai.chat.completions.create({ model, messages: [{ role: 'user', content }] }).withResponse();
      assert.equal(close.headers.get('x-aiedge-translation-loss'), model === 'only-responses' ? null : 'messages.content.image_url.detail');
    }
  },

  async 'openai: structured output'() {
    const response_format = { type: 'json_schema', json_schema: { name: 'forecast', strict: true, schema } };
    for (const model of chatters) {
      const answer = await openai.chat.completions.parse({ model, messages, response_format });
      assert.equal(typeof answer.choices[0].message.parsed.city, 'string', model);
    }
  },

  async 'openai: errors'() {
    for (const model of chatters) {
      const asked = (script) => openai.chat.completions.create({ model, messages }, { headers: { 'x-fake': script } });
      assert.ok((await failure(asked('status=400'))) instanceof OpenAI.BadRequestError);
      assert.ok((await failure(asked('status=429; retryafter=none'))) instanceof OpenAI.RateLimitError);
      await statuses(asked, { 400: 400, 429: 429, 500: 502, 529: 503 });
      const stream = await openai.chat.completions.create({ model, messages, stream: true }, breaking(6));
      await failure((async () => { for await (const chunk of stream) assert.ok(chunk); })());
    }
  },

  async 'openai: a stream that a limit of tokens ends'() {
    for (const model of ['capped-chat-over-claude', 'capped-chat-over-google', 'capped-chat-over-answers']) {
      const runner = openai.chat.completions.stream({ model, messages, stream_options: { include_usage: true } });
      let last;
      for await (const chunk of runner) last = chunk;
      const final = await runner.finalChatCompletion();
      assert.equal(final.choices[0].finish_reason, 'length', model);
      assert.ok(final.usage.completion_tokens > 60 && final.usage.completion_tokens <= 100, JSON.stringify(final.usage));
      assert.deepEqual(last.aiedge, { end: 'limit', limit: model });
    }
  },

  async 'openai: a stream that a limit ends'() {
    for (const model of ['claude-guarded', 'answers-guarded']) {
      let finish;
      for await (const chunk of await openai.chat.completions.create({ model, messages, stream: true })) finish = chunk.choices[0]?.finish_reason ?? finish;
      assert.equal(finish, 'length', model);
    }
  },

  async 'openai: abort'() {
    for (const model of chatters.map(long)) {
      const stream = await openai.chat.completions.create({ model, messages, stream: true });
      for await (const chunk of stream) {
        if (chunk.choices[0]?.delta?.content) break;
      }
      stream.controller.abort();
    }
  },

  async 'responses: whole'() {
    for (const model of responders) {
      const { data, response } = await openai.responses.create({ model, instructions: 'Be brief.', input: 'Hello' }).withResponse();
      assert.equal(data.output_text, textOf(40), model);
      assert.equal(data.status, 'completed');
      assert.equal(data.usage.output_tokens, 40);
      assert.equal(response.headers.get('x-aiedge-translation-loss'), null);
    }
  },

  async 'responses: stream'() {
    for (const model of responders) {
      const types = [];
      const sequence = [];
      let said = '';
      for await (const event of await openai.responses.create({ model, input: [{ role: 'user', content: 'Hello' }], stream: true })) {
        if (event.type === 'response.output_text.delta') said += event.delta;
        types.push(event.type);
        sequence.push(event.sequence_number);
      }
      assert.equal(said, textOf(40), model);
      assert.deepEqual(sequence, sequence.map((_, i) => i));
      assert.deepEqual(types.filter((type) => !type.endsWith('.delta')), [
        'response.created', 'response.in_progress', 'response.output_item.added', 'response.content_part.added',
        'response.output_text.done', 'response.content_part.done', 'response.output_item.done', 'response.completed',
      ]);
      const final = await openai.responses.stream({ model, input: 'Hello' }).finalResponse();
      assert.equal(final.output_text ?? final.output[0].content[0].text, textOf(40), model);
    }
  },

  async 'responses: tools loop'() {
    const tools = [{ type: 'function', name: 'weather', parameters: schema, strict: true }];
    for (const model of responders) {
      const input = [{ role: 'user', content: 'Weather?' }];
      const asks = await openai.responses.stream({ model, input, tools }).finalResponse();
      const calls = asks.output.filter((item) => item.type === 'function_call');
      assert.equal(calls.length, 1, model);
      assert.equal(typeof JSON.parse(calls[0].arguments).city, 'string');
      input.push(...asks.output, { type: 'function_call_output', call_id: calls[0].call_id, output: 'Rain.' });
      assert.equal((await openai.responses.create({ model, input, tools })).output_text, textOf(40), model);
    }
  },

  async 'responses: a picture'() {
    const input = [{ role: 'user', content: [{ type: 'input_text', text: 'What is it?' }, { type: 'input_image', image_url: picture, detail: 'auto' }] }];
    for (const model of responders) {
      const { data, response } = await openai.responses.create({ model, input }).withResponse();
      assert.equal(data.output_text, textOf(40), model);
      assert.equal(response.headers.get('x-aiedge-translation-loss'), null);
    }
  },

  async 'responses: structured output'() {
    const text = { format: { type: 'json_schema', name: 'forecast', strict: true, schema } };
    for (const model of responders) {
      const answer = await openai.responses.parse({ model, input: 'Forecast?', text });
      assert.equal(typeof answer.output_parsed.city, 'string', model);
    }
  },

  async 'responses: thought'() {
    const ask = { model: 'only-claude', reasoning: { effort: 'low' }, max_output_tokens: 4000, include: ['reasoning.encrypted_content'], store: false };
    const first = await openai.responses.stream({ ...ask, input: 'Hello' }, { headers: { 'x-fake': 'n=5; reasoning=4' } }).finalResponse();
    assert.deepEqual(first.output.map((item) => item.type), ['reasoning', 'message']);
    assert.ok(first.output[0].summary[0].text.length > 0);
    const { response } = await openai.responses.create({ ...ask, input: [{ role: 'user', content: 'Hello' }, ...first.output, { role: 'user', content: 'And?' }] }).withResponse();
    assert.equal(response.headers.get('x-aiedge-translation-loss'), null);
  },

  async 'responses: errors'() {
    for (const model of responders) {
      await statuses((script) => openai.responses.create({ model, input: 'Hello' }, { headers: { 'x-fake': script } }), { 400: 400, 429: 429, 500: 502, 529: 503 });
      const kept = await failure(openai.responses.create({ model, input: 'Hello', previous_response_id: 'resp_1' }));
      assert.equal(kept.param, 'previous_response_id');
      let last;
      for await (const event of await openai.responses.create({ model, input: 'Hello', stream: true }, breaking(4))) last = event;
      assert.equal(last.type, 'response.failed', model);
      assert.equal(last.response.error.code, 'upstream_error');
    }
  },

  async 'responses: a stream that a limit ends'() {
    for (const model of ['claude-guarded', 'gemini-guarded']) {
      let said = '';
      let final;
      for await (const event of await openai.responses.create({ model, input: 'Hello', stream: true })) {
        if (event.type === 'response.output_text.delta') said += event.delta;
        final = event;
      }
      assert.equal(final.type, 'response.incomplete', model);
      assert.equal(final.response.output[0].content[0].text, said);
      assert.deepEqual(final.aiedge, { end: 'limit', limit: 'runaway' });
    }
  },

  async 'responses: abort'() {
    for (const model of responders.map(long)) {
      const stream = await openai.responses.create({ model, input: 'Hello', stream: true });
      for await (const event of stream) {
        if (event.type === 'response.output_text.delta') break;
      }
      stream.controller.abort();
    }
  },

  async 'anthropic: message'() {
    for (const model of speakers) {
      const answer = await anthropic.messages.create(ask(model, { system: 'Be brief.' }));
      assert.equal(answer.content[0].text, textOf(40), model);
      assert.equal(answer.stop_reason, 'end_turn');
      assert.equal(answer.usage.output_tokens, 40);
    }
  },

  async 'anthropic: stream'() {
    for (const model of speakers) {
      const answer = await anthropic.messages.stream(ask(model)).finalMessage();
      assert.equal(answer.content[0].text, textOf(40), model);
      assert.equal(answer.usage.output_tokens, 40);
      assert.equal(answer.usage.input_tokens, 212);
    }
  },

  async 'anthropic: tools loop'() {
    const tools = [{ name: 'weather', description: 'Tells it.', input_schema: schema }];
    for (const model of speakers) {
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

  async 'anthropic: a picture and a document'() {
    const data = picture.slice(picture.indexOf(',') + 1);
    const content = [
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data } },
      { type: 'document', title: 't.pdf', source: { type: 'base64', media_type: 'application/pdf', data } },
      { type: 'text', text: 'What is it?' },
    ];
    for (const model of speakers) {
      const { data: answer, response } = await anthropic.messages.create(ask(model, { messages: [{ role: 'user', content }] })).withResponse();
      assert.equal(answer.content[0].text, textOf(40), model);
      assert.equal(response.headers.get('x-aiedge-translation-loss'), model === 'only-google' ? 'messages.content.title' : null);
    }
  },

  async 'anthropic: structured output'() {
    const output_config = { format: { type: 'json_schema', schema } };
    for (const model of speakers) {
      const answer = await anthropic.messages.create(ask(model, { output_config }));
      assert.equal(typeof JSON.parse(answer.content[0].text).city, 'string', model);
    }
  },

  async 'anthropic: thought'() {
    const more = { thinking: { type: 'enabled', budget_tokens: 2000 }, max_tokens: 4000 };
    const first = await anthropic.messages.stream(ask('gpt-5', more), { headers: { 'x-fake': 'n=5; reasoning=4' } }).finalMessage();
    assert.deepEqual(first.content.map((block) => block.type), ['thinking', 'text']);
    const messages = [{ role: 'user', content: 'Hello' }, { role: 'assistant', content: first.content }, { role: 'user', content: 'And?' }];
    const { response } = await anthropic.messages.create(ask('gpt-5', { ...more, messages })).withResponse();
    assert.equal(response.headers.get('x-aiedge-translation-loss'), null);
  },

  async 'anthropic: errors'() {
    for (const model of speakers) {
      const asked = (script) => anthropic.messages.create(ask(model), { headers: { 'x-fake': script } });
      assert.ok((await failure(asked('status=400'))) instanceof Anthropic.BadRequestError);
      await statuses(asked, { 400: 400, 429: 429, 500: 502, 529: 529 });
      const stream = anthropic.messages.stream(ask(model), breaking(6));
      await failure(stream.finalMessage());
    }
  },

  async 'anthropic: abort'() {
    for (const model of speakers.map(long)) {
      const stream = await anthropic.messages.create(ask(model, { stream: true, max_tokens: 100_000 }));
      for await (const event of stream) {
        if (event.type === 'content_block_delta') break;
      }
      stream.controller.abort();
    }
  },

  async 'google: contents'() {
    for (const model of others) {
      const answer = await google.generateContent({ model, contents: 'Hello', config: { systemInstruction: 'Be brief.', maxOutputTokens: 500 } });
      assert.equal(answer.text, textOf(40), model);
      assert.equal(answer.candidates[0].finishReason, 'STOP');
      assert.equal(answer.usageMetadata.candidatesTokenCount, 40);
    }
  },

  async 'google: stream'() {
    for (const model of others) {
      let said = '';
      let last;
      for await (const chunk of await google.generateContentStream({ model, contents: 'Hello' })) {
        said += chunk.text ?? '';
        last = chunk;
      }
      assert.equal(said, textOf(40), model);
      assert.equal(last.candidates[0].finishReason, 'STOP');
      assert.equal(last.usageMetadata.candidatesTokenCount, 40);
    }
  },

  async 'google: tools loop'() {
    for (const model of others) {
      const contents = [{ role: 'user', parts: [{ text: 'Weather?' }] }];
      const asks = await google.generateContent({ model, contents, config: { tools: declared } });
      const [call] = asks.functionCalls;
      assert.equal(typeof call.args.city, 'string', model);
      contents.push(asks.candidates[0].content, { role: 'user', parts: [{ functionResponse: { id: call.id, name: call.name, response: { result: 'Rain.' } } }] });
      assert.equal((await google.generateContent({ model, contents, config: { tools: declared } })).text, textOf(40), model);
    }
  },

  async 'google: a picture'() {
    const [head, data] = picture.split(',');
    const contents = [{ role: 'user', parts: [{ text: 'What is it?' }, { inlineData: { mimeType: head.slice(5, -7), data } }] }];
    for (const model of others) assert.equal((await google.generateContent({ model, contents })).text, textOf(40), model);
  },

  async 'google: structured output'() {
    for (const model of others) {
      const config = { responseMimeType: 'application/json', responseJsonSchema: schema };
      assert.equal(typeof JSON.parse((await google.generateContent({ model, contents: 'Forecast?', config })).text).city, 'string', model);
    }
  },

  async 'google: errors'() {
    for (const model of others) {
      const asked = (script) => google.generateContent({ model, contents: 'Hello', config: { httpOptions: { headers: { 'x-fake': script } } } });
      assert.ok((await failure(asked('status=400'))) instanceof ApiError);
      await statuses(asked, { 400: 400, 429: 429, 500: 502, 529: 503 });
      const stream = await google.generateContentStream({ model, contents: 'Hello', config: { httpOptions: breaking(6) } });
      await failure((async () => { for await (const chunk of stream) assert.ok(chunk); })());
    }
  },

  async 'google: abort'() {
    for (const model of others.map(long)) {
      const controller = new AbortController();
      const stream = await google.generateContentStream({ model, contents: 'Hello', config: { abortSignal: controller.signal, maxOutputTokens: 100_000 } });
      await failure((async () => {
        for await (const chunk of stream) if (chunk.text) controller.abort();
      })());
    }
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
