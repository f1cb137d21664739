// The Vercel AI SDK with its own telemetry and its mock model. Argument: the scenario as JSON.
import { NodeSDK } from '@opentelemetry/sdk-node';
import { OTLPTraceExporter as OverGrpc } from '@opentelemetry/exporter-trace-otlp-grpc';
import { OTLPTraceExporter as OverHttp } from '@opentelemetry/exporter-trace-otlp-proto';
import { generateText, jsonSchema, stepCountIs, tool } from 'ai';
import { MockLanguageModelV3 } from 'ai/test';

const { agent, system, scenario, tools } = JSON.parse(process.argv[2]);
const grpc = process.env.OTEL_EXPORTER_OTLP_PROTOCOL === 'grpc';
const sdk = new NodeSDK({ traceExporter: grpc ? new OverGrpc() : new OverHttp() });
sdk.start();

const usage = {
  inputTokens: { total: 90, noCache: 90, cacheRead: undefined, cacheWrite: undefined },
  outputTokens: { total: 30, text: 30, reasoning: undefined },
};
const model = new MockLanguageModelV3({
  doGenerate: async ({ prompt }) => {
    const step = prompt.filter((message) => message.role === 'tool').length;
    const call = scenario.calls[step];
    return call
      ? {
          content: [{ type: 'tool-call', toolCallId: `call_${step}`, toolName: call.tool, input: JSON.stringify(call.arguments) }],
          finishReason: { unified: 'tool-calls', raw: 'tool_calls' },
          usage,
          warnings: [],
        }
      : { content: [{ type: 'text', text: scenario.answer }], finishReason: { unified: 'stop', raw: 'stop' }, usage, warnings: [] };
  },
});

await generateText({
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
});
await sdk.shutdown();
