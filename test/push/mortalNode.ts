import { ScriptedCall, startNode } from './pushUnderTest.ts';

/**
 * A process to be killed: a node that makes calls without end, some at a time, and writes the session id of each to
 * standard output once it is durable.
 */
const { DATABASE = '', SEAL_KEY = '', APP_KEY = '' } = process.env;
const CALLS_AT_A_TIME = 20;

const node = await startNode({
  url: DATABASE,
  sealKey: Buffer.from(SEAL_KEY, 'base64'),
  nodeId: 'mortal',
  retrySeconds: Array(100).fill(0.05),
  mergeMs: 20,
});

async function callAfterCall(): Promise<void> {
  for (;;) {
    const call = new ScriptedCall(node.journal, APP_KEY);
    await call.open();
    process.stdout.write(`${call.sessionId}\n`);
    for (const eventType of ['callout', 'alerting', 'answer']) await call.progress(eventType);
    await call.close();
  }
}

await Promise.all(Array.from({ length: CALLS_AT_A_TIME }, callAfterCall));
