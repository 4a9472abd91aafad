import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EmbeddedSip, type EmbeddedSipOptions, startEmbeddedSip } from '../../embedded/index.ts';
import type { MediaPool } from '../../media/index.ts';
import { route } from '../../routing/route.ts';
import type {
  AppRoute,
  AxbRelation,
  Found,
  Mode,
  Relation,
  RouteCall,
  XNumber,
} from '../../routing/types.ts';
import type { CustomerAnswer } from '../../routing/xMode.ts';
import { announcementFiles } from '../../src/calls/announcementFiles.ts';
import type { CallJournal } from '../../src/calls/CallLog.ts';
import { CallServer } from '../../src/calls/CallServer.ts';
import type { CallAdmission, CallServices, CallSettings } from '../../src/calls/CallServices.ts';
import { createSessionIds } from '../../src/calls/sessionIds.ts';
import { readConfig } from '../../src/config.ts';
import { RecordingFolder } from '../../src/recordings/RecordingFolder.ts';
import { Recordings } from '../../src/recordings/Recordings.ts';
import type { SrfClient } from '../../src/sip/drachtio.ts';
import type { HandsetDesk } from '../../src/sip/handsets/HandsetDesk.ts';
import { SipFrontEnd } from '../../src/sip/SipFrontEnd.ts';
import { TrunkGroup } from '../../src/sip/TrunkGroup.ts';
import type { CallSnapshot } from '../../src/store/CallSnapshot.ts';
import type { Message } from '../../src/store/Message.ts';
import type { Trunk } from '../../src/store/trunks.ts';
import type { Logger } from '../../src/telemetry/logger.ts';
import { OPEN_GUARDS, OPEN_PLATFORM } from '../kit/openPlatform.ts';
import { Series } from '../kit/Series.ts';
import { LinesInMemory } from './LinesInMemory.ts';

export const A = '+8613900001001';
export const B = '+8613900001002';
export const STRANGER = '+8613900001009';
export const X = '+8617000005001';

/** What a customer would hear of calls, in the order in which it became durable. */
export class HeardJournal implements CallJournal {
  available = true;
  readonly messages = new Series<Message>('waiting for a message', ({ kind, body }) =>
    String(body.eventType ?? kind),
  );
  readonly closed: CallSnapshot[] = [];
  readonly #onClose: (call: CallSnapshot) => void;
  /** Holds `open` back until it is resolved, as a database that is away does. */
  away: Promise<void> | undefined;
  /** Rejects `open`, as a journal that is away does. */
  refuses = false;

  constructor(onClose: (call: CallSnapshot) => void = () => {}) {
    this.#onClose = onClose;
  }

  async open(_call: CallSnapshot, event: Message | undefined): Promise<void> {
    if (this.refuses) throw new Error('the journal is away');
    if (event !== undefined) this.#take(event);
    await this.away;
  }

  async progress(_call: CallSnapshot, event: Message): Promise<void> {
    this.#take(event);
  }

  async close(call: CallSnapshot, messages: readonly Message[]): Promise<void> {
    this.closed.push(structuredClone(call));
    this.#onClose(call);
    for (const message of messages) this.#take(message);
  }

  /** Waits for the record of the nth call (from 1), then gives its events' types and the record's fields. */
  async call(
    nth = 1,
    patienceMs?: number,
  ): Promise<{ events: string[]; stateCode: unknown; record: Record<string, unknown> }> {
    await this.messages.when(() => this.records.length >= nth, patienceMs);
    const record = this.records[nth - 1];
    const events = this.messages.items.filter(
      (each) => each.kind === 'event' && each.sessionId === record?.sessionId,
    );
    const disconnect = events.at(-1)?.body.statusInfo as Record<string, unknown> | undefined;
    return {
      events: events.map(({ body }) => String(body.eventType)),
      stateCode: disconnect?.stateCode,
      record: { ...record?.body },
    };
  }

  get records(): Message[] {
    return this.messages.items.filter(({ kind }) => kind === 'record');
  }

  /** A message is kept as it was when it was written. */
  #take(message: Message): void {
    this.messages.push(structuredClone(message));
  }
}

export interface CallsOptions {
  readonly settings?: Partial<CallSettings>;
  readonly sip?: EmbeddedSipOptions;
  readonly handsets?: {
    readonly desk: HandsetDesk;
    readonly handsetOf: NonNullable<CallServices['handsetOf']>;
  };
  readonly media?: (frontEnd: SipFrontEnd<Trunk>) => Promise<CallServices['media']>;
}

/** The library's instance by its real types. */
function typed(srf: unknown): SrfClient {
  return srf as SrfClient;
}

const noMedia: CallServices['media'] = {
  healthy: false,
  create: () => Promise.reject(new Error('there is no media server')),
  addCallee: () => Promise.reject(new Error('there is no media server')),
};

/**
 * The call side of the application with a routing table in memory, connected to a SIP server: the one that
 * AXBRIDGE_DRACHTIO names, else an embedded one on free ports.
 */
export class CallsUnderTest {
  readonly lines = new LinesInMemory();
  readonly journal = new HeardJournal((call) => this.lines.callClosed(call));
  readonly outcomes: string[] = [];
  readonly table = new Map<string, Found>();
  readonly logged: { level: string; message: string; fields: object }[] = [];
  rejectedSources = 0;
  readonly sip: EmbeddedSip | undefined;
  readonly frontEnd: SipFrontEnd<Trunk>;
  readonly trunks: TrunkGroup;
  readonly calls: CallServer;
  readonly recordingFolder: RecordingFolder;
  readonly recordings: Recordings;
  readonly folder: string;
  unhealthy = new Set<string>();
  /** Each question that was put to routing. */
  readonly routed: RouteCall[] = [];
  /** In place of the relation that the table holds for X, whoever calls. */
  relationOf: ((caller: string, digits: string | undefined) => Relation | undefined) | undefined;
  /** The stateCode of the limit that a call exceeds. */
  limit: CallAdmission['check'] = () => undefined;
  readonly endedCalls: string[] = [];
  /** X mode: what the customer's server answers. */
  customer: (question: Message) => Promise<CustomerAnswer> = async () => ({ kind: 'failed', why: 'nobody' });

  static async start(options: CallsOptions = {}): Promise<CallsUnderTest> {
    const { AXBRIDGE_DRACHTIO: given } = readConfig({ AXBRIDGE_DRACHTIO: process.env.AXBRIDGE_DRACHTIO });
    const sip = given ? undefined : await startEmbeddedSip({ sipPort: 0, adminPort: 0, ...options.sip });
    const folder = await mkdtemp(join(tmpdir(), 'axbridge-calls-'));
    const server = given ?? {
      host: sip?.adminHost ?? '',
      port: sip?.adminPort ?? 0,
      secret: sip?.secret ?? '',
    };
    const calls = new CallsUnderTest(sip, server, folder, options);
    await calls.frontEnd.start();
    if (options.media) Object.assign(calls.#media, { pool: await options.media(calls.frontEnd) });
    return calls;
  }

  readonly #media: { pool: CallServices['media'] } = { pool: noMedia };

  private constructor(
    sip: EmbeddedSip | undefined,
    server: { host: string; port: number; secret: string },
    folder: string,
    options: CallsOptions,
  ) {
    this.sip = sip;
    this.folder = folder;
    const clock = Date.now;
    const logger = this.#logger();
    const media = this.#media;
    this.trunks = new TrunkGroup({ isHealthy: (name) => !this.unhealthy.has(name) });
    this.frontEnd = new SipFrontEnd({
      server,
      trunkOf: (address, port) => this.trunks.trunkOf(address, port),
      ...(options.handsets && { handsets: options.handsets.desk }),
      onRejectedSource: () => {
        this.rejectedSources += 1;
      },
      logger,
    });
    this.recordingFolder = new RecordingFolder(join(folder, 'recordings'));
    this.recordings = new Recordings({
      folder: this.recordingFolder,
      bucket: undefined,
      freeBytes: 0,
      clock,
      logger,
    });
    this.calls = new CallServer({
      frontEnd: this.frontEnd,
      trunks: this.trunks,
      ...(options.handsets && { handsetOf: options.handsets.handsetOf }),
      media: {
        get healthy() {
          return media.pool.healthy;
        },
        create: ((create: Parameters<MediaPool['create']>[0]) =>
          media.pool.create(create as never)) as MediaPool['create'],
        addCallee: (caller) => media.pool.addCallee(caller),
      },
      announcements: announcementFiles({
        uploadedDir: join(folder, 'announcements'),
        defaultDir: join(import.meta.dirname, '../../freeswitch-conf/sounds/zh'),
        clock,
      }),
      recordings: this.recordings,
      metrics: {
        attempt: (_mode, outcome) => this.outcomes.push(outcome),
        decision: () => {},
        postDialDelay: () => {},
        setup: () => {},
        notRecorded: () => this.outcomes.push('not-recorded'),
      },
      logger,
      clock,
      settings: { ringSeconds: 90, anchor: 'auto', collect: 'answer', ...options.settings },
      journal: this.journal,
      route: (call) => {
        this.routed.push(call);
        return route(call, { find: (...key) => this.#find(...key) }, OPEN_PLATFORM);
      },
      platform: OPEN_PLATFORM,
      admission: {
        check: (request) => this.limit(request),
        ended: (sessionId) => this.endedCalls.push(sessionId),
      },
      lines: this.lines,
      askCustomer: (_appKey, question) => this.customer(question),
      sessionIds: createSessionIds('ax.test'),
      origin: { spId: 'sp1', hostName: 'ax.test' },
    });
    this.frontEnd.on('invite', (invite) => this.calls.take(invite));
    this.frontEnd.on('down', () => this.calls.endUnanswered());
    this.frontEnd.on('up', () => void this.calls.checkAll());
  }

  /** Where phones send their calls. */
  get sipAddress(): { host: string; port: number } {
    const udp = this.frontEnd.listeningOn.find((each) => each.startsWith('udp/')) ?? '';
    const [, host = '', port = ''] = /^udp\/(.*):(\d+)$/.exec(udp) ?? [];
    return { host, port: Number(port) };
  }

  /** A binding of A and B on X; the table takes it for A, B and everyone else alike. */
  bind(
    relation: Partial<AxbRelation> = {},
    app: Partial<AppRoute> = {},
    number: Partial<XNumber> = {},
  ): void {
    this.relationOf = undefined;
    const bound: AxbRelation = {
      mode: 'AXB',
      subscriptionId: 'binding-1',
      a: A,
      b: B,
      callDirection: 0,
      expiresAt: Number.POSITIVE_INFINITY,
      recordFlag: false,
      recordHintTone: undefined,
      maxDurationMinutes: 0,
      lastMinVoice: undefined,
      callerHintTone: undefined,
      calleeHintTone: undefined,
      userData: undefined,
      ...relation,
    };
    this.table.set(X, {
      number: { number: X, areaCode: '0571', state: 'normal', ...number },
      app: {
        appKey: 'app1',
        mode: 'AXB',
        state: 'normal',
        account: { accountId: 'sp1', state: 'normal', callFrequency: undefined },
        recording: true,
        qualityHintTone: undefined,
        announcements: {},
        callBackMemory: false,
        extensionDigits: 4,
        collectRepeats: 0,
        callBackNumber: undefined,
        guards: OPEN_GUARDS,
        ...app,
      },
      relation: bound,
    });
  }

  /** An application of another mode on X: the relation follows from the caller and from what he typed. */
  serve(
    mode: Mode,
    app: Partial<AppRoute> = {},
    relationOf: NonNullable<CallsUnderTest['relationOf']> = () => undefined,
  ): void {
    this.bind({}, { mode, ...app });
    this.relationOf = relationOf;
  }

  unbind(): void {
    const found = this.table.get(X);
    if (found) this.table.set(X, { ...found, relation: undefined });
  }

  trunk(name: string, port: number, more: Partial<Trunk> = {}): Trunk {
    return {
      name,
      host: '127.0.0.1',
      port,
      transport: 'udp',
      sources: ['127.0.0.1/32'],
      priority: 1,
      weight: 1,
      enabled: true,
      ...more,
    };
  }

  /** Cuts the connection to the SIP server, as a restart of a switch on the way does. */
  cutConnection(): void {
    for (const socket of typed(this.frontEnd.srf).app.client?.mapServer.keys() ?? []) socket.destroy();
  }

  /** Waits until no call is left, then ends everything. */
  async stop(): Promise<void> {
    await this.frontEnd.drain(1);
    await this.calls.drain(2);
    await this.recordings.stop();
    this.frontEnd.stop();
    await this.sip?.stop();
    await rm(this.folder, { recursive: true });
  }

  #find(x: string, caller: string, digits?: string): Found | undefined {
    const found = this.table.get(x);
    return found && this.relationOf ? { ...found, relation: this.relationOf(caller, digits) } : found;
  }

  #logger(): Logger {
    const at = (level: string) => (fields: object, message: string) => {
      this.logged.push({ level, message, fields });
    };
    return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  }
}
