import esl, { type Connection } from 'drachtio-modesl';
import { MediaError, reasonOf } from './errors.ts';
import { makePrompt } from './promptSocket.ts';

/** A media server to connect to: its event socket. */
export interface MediaServerAddress {
  readonly host: string;
  readonly port: number;
  readonly secret: string;
}

/**
 * Opens and authenticates an event socket to FreeSWITCH.
 *
 * `Mrf.connect` of drachtio-fsmrf is not used for this: once begun it cannot be given up, its socket goes on trying by
 * itself, and a wrong password is never reported. Here one try is one try.
 *
 * @throws MediaError `set-up-failed` where it cannot be reached, refuses the password or the address, or takes too long
 */
export function openControlConnection(server: MediaServerAddress, timeoutMs: number): Promise<Connection> {
  const { promise, resolve, reject } = Promise.withResolvers<Connection>();
  const connection = new esl.Connection(server.host, server.port, server.secret, () => settle(undefined));
  connection.closing = true; // no further tries by the package: MediaServerLink makes them
  if (connection.socket !== null) makePrompt(connection.socket);
  const timer = setTimeout(() => settle('no answer in time'), timeoutMs);

  const onError = (error: unknown): void => settle(reasonOf(error));
  const onWrongPassword = (): void => settle('password refused');
  const onRejected = (): void => settle('address refused by its access list');
  const onEnd = (): void => settle('connection closed');
  connection.on('error', onError);
  connection.on('esl::event::auth::fail', onWrongPassword);
  connection.on('esl::event::raw::text/rude-rejection', onRejected);
  connection.on('esl::end', onEnd);

  function settle(failure: string | undefined): void {
    clearTimeout(timer);
    connection.off('error', onError);
    connection.off('esl::event::auth::fail', onWrongPassword);
    connection.off('esl::event::raw::text/rude-rejection', onRejected);
    connection.off('esl::end', onEnd);
    if (failure === undefined) {
      resolve(connection);
      return;
    }
    connection.socket?.destroy();
    reject(new MediaError('set-up-failed', `event socket ${server.host}:${server.port}: ${failure}`));
  }
  return promise;
}
