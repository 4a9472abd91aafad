import { createServer } from 'node:http';
import { quantile } from '../statistics.ts';

/**
 * A customer's server that answers 200 as fast as node:http can, in a process of its own, and never answers what is
 * sent to /dead…. It tells its port when it listens and, when it is asked, what has come since it was asked before: how
 * many requests, and how long after the moment that stands in their `userData` the events came that were sent to
 * /timed/…/status, in milliseconds.
 */
export interface Arrivals {
  readonly requests: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

let requests = 0;
let delaysMs: number[] = [];

const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  if (request.url?.startsWith('/dead') === true) {
    request.resume();
    return;
  }
  if (!/^\/timed\/.*\/status$/.test(request.url ?? '')) {
    request.resume().on('end', () => {
      requests += 1;
      response.end();
    });
    return;
  }
  let body = '';
  request.setEncoding('utf8').on('data', (chunk: string) => {
    body += chunk;
  });
  request.on('end', () => {
    requests += 1;
    const sentAt = /"userData":"(\d+)"/.exec(body)?.[1];
    if (sentAt !== undefined) delaysMs.push(Date.now() - Number(sentAt));
    response.end();
  });
});
server.listen(0, '127.0.0.1', () => process.send?.(server.address()));
process.on('message', () => {
  const arrivals: Arrivals = {
    requests,
    p50Ms: quantile(delaysMs, 0.5),
    p99Ms: quantile(delaysMs, 0.99),
  };
  requests = 0;
  delaysMs = [];
  process.send?.(arrivals);
});
process.on('disconnect', () => process.exit());
