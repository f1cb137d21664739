// The Vercel AI SDK with its own telemetry and its mock model. Arguments: the scenario as JSON, and "streamed" or nothing.
import { NodeSDK } from '@opentelemetry/sdk-node';
import { OTLPTraceExporter as OverGrpc } from '@opentelemetry/exporter-trace-otlp-grpc';
import { OTLPTraceExporter as OverHttp } from '@opentelemetry/exporter-trace-otlp-proto';
import { generateText, jsonSchema, simulateReadableStream, stepCountIs, streamText, tool } from 'ai';
import { MockLanguageModelV3 } from 'ai/test';

const { agent, system, scenario, tools } = JSON.parse(process.argv[2]);
const grpc = process.env.OTEL_EXPORTER_OTLP_PROTOCOL === 'grpc';
const sdk = new NodeSDK({ traceExporter: grpc ? new OverGrpc() : new OverHttp() });
sdk.start();

const usage = {
  inputTokens: { total: 90, noCache: 90, cacheRead: undefined, cacheWrite: undefined },
  outputTokens: { total: 30, text: 30, reasoning: undefined },
};
const answer = ({ prompt }) => {
  const step = prompt.filter((message) => message.role === 'tool').length;
  const call = scenario.calls[step];
  return call
    ? {
        content: [{ type: 'tool-call', toolCallId: `call_${step}`, toolName: call.tool, input: JSON.stringify(call.arguments) }],
        finishReason: { unified: 'tool-calls', raw: 'tool_calls' },
      }
    : { content: [{ type: 'text', text: scenario.answer }], finishReason: { unified: 'stop', raw: 'stop' } };
};
const pieces = ({ content: [part], finishReason }) => {
  const half = scenario.answer.length >> 1;
  const told =
    part.type === 'text'
      ? [
          { type: 'text-start', id: 't' },
          { type: 'text-delta', id: 't', delta: part.text.slice(0, half) },
          { type: 'text-delta', id: 't', delta: part.text.slice(half) },
          { type: 'text-end', id: 't' },
        ]
      : [part];
  return [{ type: 'stream-start', warnings: [] }, ...told, { type: 'finish', finishReason, usage }];
};
const model = new MockLanguageModelV3({
  doGenerate: async (asked) => ({ ...answer(asked), usage, warnings: [] }),
  doStream: async (asked) => ({ stream: simulateReadableStream({ chunks: pieces(answer(asked)) }) }),
});

const request = {
  model,
  system,
  prompt: scenario.request,
  stopWhen: stepCountIs(10),
  tools: Object.fromEntries(
    Object.entries(tools).map(([name, { description, schema }]) => [
      name,
      tool({
        description,
        inputSchema: jsonSchema(schema),
        execute: async (given) =>
          scenario.calls.find((call) => call.tool === name && JSON.stringify(call.arguments) === JSON.stringify(given)).result,
      }),
    ]),
  ),
  experimental_telemetry: { isEnabled: true, functionId: agent },
};
if (process.argv.includes('streamed')) {
  await streamText(request).consumeStream();
} else {
  await generateText(request);
}
await sdk.shutdown();
