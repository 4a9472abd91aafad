import { createServer } from 'node:http';

/**
 * A customer's server that answers 200 as fast as node:http can, in a process of its own: it tells its port when it
 * listens, and how many requests it has had when it is asked.
 */
let requests = 0;
const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  request.resume().on('end', () => {
    requests += 1;
    response.end();
  });
});
server.listen(0, '127.0.0.1', () => process.send?.(server.address()));
process.on('message', () => process.send?.({ requests }));
process.on('disconnect', () => process.exit());
