import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EmbeddedMedia, startEmbeddedMedia } from '../../../embedded/freeswitch/index.ts';
import { eventually } from './rig.ts';

/** A client that speaks the event socket by hand. */
class RawClient {
  text = '';
  readonly #socket: Socket;

  constructor(port: number) {
    this.#socket = connect(port, '127.0.0.1');
    this.#socket.setEncoding('utf8');
    this.#socket.on('data', (text: string) => {
      this.text += text;
    });
  }

  send(text: string): void {
    this.#socket.write(text);
  }

  /** Waits until the server has said something. */
  async hears(pattern: RegExp): Promise<RegExpExecArray | null> {
    await eventually(
      () => this.text,
      (text) => pattern.test(text),
    );
    return pattern.exec(this.text);
  }

  async closed(): Promise<void> {
    if (!this.#socket.closed) await once(this.#socket, 'close');
  }

  close(): void {
    this.#socket.destroy();
  }
}

describe('the event socket', () => {
  let media: EmbeddedMedia;
  beforeAll(async () => {
    media = await startEmbeddedMedia({ eslPort: 0, sipPort: 0, rtpFirstPort: 0, heartbeatSeconds: 1 });
  });
  afterAll(() => media.stop());

  it('answers commands that come in one go with the password, each in its turn', async () => {
    const client = new RawClient(media.eslPort);
    client.send('auth ClueCon\n\napi echo one\n\napi version\n\nnonsense\n\n');
    await client.hears(/command not found/);
    expect(client.text.match(/\+OK accepted|\n\none|FreeSWITCH Version|-ERR command not found/g)).toEqual([
      '+OK accepted',
      '\n\none',
      'FreeSWITCH Version',
      '-ERR command not found',
    ]);
    client.close();
  });

  it('reports the end of a background job under the name that it was given', async () => {
    const client = new RawClient(media.eslPort);
    client.send('auth ClueCon\n\nevent json BACKGROUND_JOB\n\nbgapi create_uuid\nJob-UUID: job-7\n\n');
    const [, json = ''] = (await client.hears(/text\/event-json\n\n(\{.*\})/)) ?? [];
    const job: unknown = JSON.parse(json);
    expect(job).toMatchObject({
      'Event-Name': 'BACKGROUND_JOB',
      'Job-UUID': 'job-7',
      'Job-Command': 'create_uuid',
    });
    expect(client.text).toContain('Reply-Text: +OK Job-UUID: job-7');
    client.close();
  });

  it('beats, in plain or in JSON, for those who want it', async () => {
    const client = new RawClient(media.eslPort);
    client.send('auth ClueCon\n\nevent plain HEARTBEAT\n\n');
    await client.hears(/Event-Name: HEARTBEAT\n(.*\n)*Session-Count: 0\n(.*\n)*Idle-CPU: /);
    expect(client.text).toContain('Max-Sessions: 2000');
    client.close();
  });

  it('says goodbye at exit', async () => {
    const client = new RawClient(media.eslPort);
    client.send('auth ClueCon\n\nexit\n\n');
    await client.closed();
    expect(client.text).toMatch(/\+OK bye(.|\n)*text\/disconnect-notice/);
    await eventually(
      async () => (await media.stats()).eslClients,
      (clients) => clients === 0,
    );
  });

  it('does nothing for who has not said the password', async () => {
    const client = new RawClient(media.eslPort);
    client.send('api status\n\n');
    await client.closed();
    expect(client.text).not.toContain('UP 0 years');
  });
});
