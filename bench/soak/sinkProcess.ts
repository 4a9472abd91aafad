/**
 * A customer's server that answers 200 and remembers, by session id, which calls were charged. It tells
 * its port when it listens, and its counts when it is asked. It ends with its parent.
 */
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';

export interface Told {
  /** Calls of which a record came. */
  readonly records: number;
  /** Records that came in more than one message; a message that is sent again is known by its webhook-id. */
  readonly recordsAgain: number;
}

interface Notification {
  readonly feeLst?: readonly { readonly sessionId: string }[];
}

const charged = new Set<string>();
/** Messages with records, by their webhook-id. */
const taken = new Set<string>();
let recordsAgain = 0;

function take(id: string, { feeLst = [] }: Notification): void {
  if (taken.has(id)) return;
  if (feeLst.length > 0) taken.add(id);
  for (const { sessionId } of feeLst) {
    if (charged.has(sessionId)) recordsAgain += 1;
    charged.add(sessionId);
  }
}

const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  json(request).then(
    (body) => {
      take(String(request.headers['webhook-id']), body as Notification);
      response.end();
    },
    () => response.writeHead(400).end(),
  );
});
server.listen(0, '127.0.0.1', () => process.send?.(server.address()));
process.on('message', () => {
  const told: Told = { records: charged.size, recordsAgain };
  process.send?.(told);
});
process.on('disconnect', () => process.exit());
