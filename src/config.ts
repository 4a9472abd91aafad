import { readFileSync } from 'node:fs';
import {
  accountId,
  addressRanges,
  baseUrlOrNone,
  databaseUrlOrNone,
  frequencyOrNone,
  hostAndPortOrNone,
  integer,
  integerOrNone,
  listOf,
  numberPrefixes,
  oneOf,
  oneServer,
  port,
  portOrOff,
  rateOrOff,
  SettingError,
  secondsList,
  serverList,
  text,
  timeZone,
} from './settingForms.ts';

export { type CallFrequency, type Rate, type ServerAddress, SettingError } from './settingForms.ts';

interface Setting<T> {
  readonly fallback: string;
  readonly meaning: string;
  readonly parse: (value: string, name: string) => T;
}

function setting<T>(
  fallback: string,
  meaning: string,
  parse: (value: string, name: string) => T,
): Setting<T> {
  return { fallback, meaning, parse };
}

/** Every setting of axbridge: its default and what it means. The environment is read here and nowhere else. */
export const SETTINGS = {
  AXBRIDGE_HTTP_HOST: setting('127.0.0.1', 'address of the partner and admin API', text),
  AXBRIDGE_HTTP_PORT: setting('8080', 'port of the partner and admin API', port),
  AXBRIDGE_TLS: setting(
    'off',
    '"self-signed" makes a certificate for HTTPS at first start',
    oneOf('off', 'self-signed'),
  ),
  AXBRIDGE_TLS_CERT: setting('', 'PEM file with the certificate chain for HTTPS', text),
  AXBRIDGE_TLS_KEY: setting('', 'PEM file with the private key for HTTPS', text),
  AXBRIDGE_TLS_PORT: setting('8443', 'port of the partner and admin API over HTTPS', port),
  AXBRIDGE_API_DOCS: setting(
    'on',
    '"off" serves neither /openapi.json nor the page /docs',
    oneOf('on', 'off'),
  ),
  AXBRIDGE_PUBLIC_URL: setting(
    '',
    'where customers reach the API, for addresses of recordings; without it, where their request came in',
    baseUrlOrNone,
  ),
  AXBRIDGE_HTTP_CONNECTIONS: setting(
    '1000',
    'connections at a time that this process takes from one address which is no trusted proxy',
    integer(1, 10_000),
  ),
  AXBRIDGE_TRUSTED_PROXIES: setting(
    '',
    'addresses and CIDR ranges of proxies whose X-Forwarded-For and -Proto are believed',
    addressRanges,
  ),
  AXBRIDGE_AUTH_FAILURES: setting(
    '100/600',
    'wrong credentials/seconds from one address after which it is blocked (1020176), or off',
    rateOrOff,
  ),
  AXBRIDGE_AUTH_BLOCK_SECONDS: setting('1800', 'seconds for which it is blocked', integer(1, 31_536_000)),
  AXBRIDGE_APP_REQUESTS: setting(
    'off',
    'requests/seconds, like 600/60, that all processes of this axbridge together take of an application without a limit of its own (1010010 beyond), or off',
    rateOrOff,
  ),
  AXBRIDGE_PLATFORM_REQUESTS: setting(
    'off',
    'requests/seconds that all processes of this axbridge together take of all applications (1010010 beyond), or off',
    rateOrOff,
  ),
  AXBRIDGE_REPLAY: setting(
    'refuse',
    'what becomes of a request whose Nonce and Created were used before: "refuse" (1010013) or "allow"',
    oneOf('refuse', 'allow'),
  ),
  AXBRIDGE_BODY_KB: setting('64', 'kilobytes of the largest body in the partner API', integer(1, 10_240)),
  AXBRIDGE_JSON_DEPTH: setting('16', 'levels of the deepest body in the partner API', integer(2, 1000)),
  AXBRIDGE_OPS_HOST: setting('127.0.0.1', 'address of /metrics, /healthz and /readyz', text),
  AXBRIDGE_OPS_PORT: setting('9464', 'port of /metrics, /healthz and /readyz', port),
  AXBRIDGE_SIP_HOST: setting('127.0.0.1', 'address of the embedded SIP server and of its RTP', text),
  AXBRIDGE_SIP_PORT: setting('5060', 'UDP and TCP port of the embedded SIP server', port),
  AXBRIDGE_SIP_TLS_PORT: setting(
    'off',
    'TLS port of the embedded SIP server, with the certificate of AXBRIDGE_TLS_CERT or a self-signed one',
    portOrOff,
  ),
  AXBRIDGE_DRACHTIO: setting(
    '',
    'drachtio-server to use in place of the embedded one: host:port,secret',
    oneServer,
  ),
  AXBRIDGE_FREESWITCH: setting(
    '',
    'FreeSWITCH to use in place of the embedded one: host:port,password; several with ;',
    serverList,
  ),
  AXBRIDGE_MEDIA_PROFILE: setting(
    'drachtio_mrf',
    'sofia profile of FreeSWITCH that takes calls from axbridge',
    text,
  ),
  AXBRIDGE_ESL_LISTEN: setting('127.0.0.1', 'own address to which FreeSWITCH opens event sockets', text),
  AXBRIDGE_DRACHTIO_PORT: setting('9022', 'admin port of the embedded SIP server', port),
  AXBRIDGE_ESL_PORT: setting('8021', 'event socket port of the embedded media server', port),
  AXBRIDGE_MEDIA_SIP_PORT: setting('5080', 'SIP port of the embedded media server', port),
  AXBRIDGE_RTP_PORT: setting('20000', 'first RTP port of the embedded media server', port),
  AXBRIDGE_MEDIA: setting(
    'auto',
    '"always" sends every call through the media server',
    oneOf('auto', 'always'),
  ),
  AXBRIDGE_COLLECT: setting(
    'answer',
    'how callers are asked for an extension: "answer", or "early" where the carrier passes digits before the answer',
    oneOf('answer', 'early'),
  ),
  AXBRIDGE_LANGUAGE: setting('zh', 'language of the product’s own announcements', oneOf('zh', 'en')),
  AXBRIDGE_ANNOUNCEMENT_REVIEW: setting(
    'off',
    '"on" lets uploaded announcements wait until an operator approves them; "off" approves them at once',
    oneOf('off', 'on'),
  ),
  DATABASE_URL: setting('', 'PostgreSQL to use in place of the embedded one', databaseUrlOrNone),
  AXBRIDGE_DATABASE_PORT: setting('0', 'port of the embedded PostgreSQL; 0 takes a free one', port),
  AXBRIDGE_DATABASE_POOL: setting('8', 'most connections to PostgreSQL', integer(2, 200)),
  AXBRIDGE_DATA_DIR: setting(
    'var',
    'folder for keys, recordings, announcements and the embedded database',
    text,
  ),
  AXBRIDGE_SEAL_KEY: setting(
    '',
    'base64 of the 32 bytes that seal numbers; without it one is made in the data folder',
    text,
  ),
  AXBRIDGE_ADMIN_TOKEN: setting(
    '',
    'operator token; without it one is made at first start and shown once',
    text,
  ),
  AXBRIDGE_ADMIN_URL: setting(
    'http://127.0.0.1:8080',
    'where the command line (npm run axbridge) finds the admin API; it sends AXBRIDGE_ADMIN_TOKEN',
    text,
  ),
  AXBRIDGE_PROCESSES: setting(
    '1',
    'processes that carry calls; from 2 on (Linux), under one more that keeps them running and answers on AXBRIDGE_OPS_PORT',
    integer(1, 64),
  ),
  AXBRIDGE_NODE_ID: setting('', 'name of this node; without it one is made in the data folder', text),
  AXBRIDGE_HOST_NAME: setting('axbridge.local', 'host name in session ids and call records', text),
  AXBRIDGE_SP_ID: setting(
    'axbridge',
    'id of the default customer account, spId in call records of its applications; the same on all nodes',
    accountId,
  ),
  AXBRIDGE_CACHE_NUMBERS: setting(
    '125000',
    'X numbers kept in the routing cache, and five times as many parties: 250 bytes each',
    integer(1, 100_000_000),
  ),
  AXBRIDGE_RING_SECONDS: setting(
    '90',
    'seconds after forwarding until an unanswered call is given up (8035)',
    integer(5, 600),
  ),
  AXBRIDGE_TRUNK_OPTIONS_SECONDS: setting(
    '10',
    'seconds between OPTIONS requests to a trunk; 0 asks none',
    integer(0, 3600),
  ),
  AXBRIDGE_TIME_ZONE: setting(
    'Asia/Shanghai',
    'time zone of the hours in which applications allow calls',
    timeZone,
  ),
  AXBRIDGE_REAL_CALLERS: setting(
    'off',
    '"on" lets callees see the real caller where a binding says so (8024 otherwise)',
    oneOf('off', 'on'),
  ),
  AXBRIDGE_BARRED: setting(
    '+1900,+870,+878,+881,+882,+883,+888,+979',
    'first digits of numbers that no call goes to (7004), or off: premium rate, satellites and networks of no country; services of the mainland (area code and 168…, 96…) never get one',
    numberPrefixes,
  ),
  AXBRIDGE_MAX_CALLS: setting(
    '',
    'calls that all processes of this axbridge together forward at the same time (522 beyond); without it, any number',
    integerOrNone(1, 1_000_000),
  ),
  AXBRIDGE_CALL_FREQUENCY: setting(
    '',
    'calls/seconds, like 100/60, that are forwarded for an account which has no limit of its own (7001 beyond)',
    frequencyOrNone,
  ),
  AXBRIDGE_HANDSETS: setting(
    'off',
    '"on" lets softphones register as numbers (POST /admin/v1/handsets), for tests from a desk',
    oneOf('off', 'on'),
  ),
  AXBRIDGE_DRAIN_SECONDS: setting(
    '60',
    'seconds that calls in progress may go on after SIGTERM',
    integer(0, 86_400),
  ),
  AXBRIDGE_NODE_DEAD_SECONDS: setting(
    '15',
    'seconds without a heartbeat after which other nodes close the calls of a node',
    integer(2, 3600),
  ),
  AXBRIDGE_PUSH_ALLOW: setting(
    '',
    'CIDR list of notification targets that are closed by default (loopback, private, link-local)',
    listOf,
  ),
  AXBRIDGE_PUSH_TIMEOUT_SECONDS: setting('10', 'seconds that a notification may take', integer(1, 120)),
  AXBRIDGE_CONTROL_TIMEOUT_SECONDS: setting(
    '5',
    'seconds that a customer’s server has to say what becomes of a call (mode X)',
    integer(1, 60),
  ),
  AXBRIDGE_PUSH_RETRY_SECONDS: setting(
    '60,240,540,6360,12180,18000',
    'seconds before each further attempt of a notification',
    secondsList,
  ),
  AXBRIDGE_RECORDINGS: setting(
    'folder',
    'where recordings are kept: "folder" (in the data folder), or "s3" (in a bucket; the data folder holds them until then)',
    oneOf('folder', 's3'),
  ),
  AXBRIDGE_RECORDING_FREE_MB: setting(
    '256',
    'megabytes that must be free in the data folder for a recording to begin',
    integer(0, 100_000_000),
  ),
  AXBRIDGE_S3_BUCKET: setting('', 'bucket for recordings; it must exist and needs no public access', text),
  AXBRIDGE_S3_ENDPOINT: setting(
    '',
    'URL of an S3-compatible service; without it, Amazon S3 of the region',
    baseUrlOrNone,
  ),
  AXBRIDGE_S3_REGION: setting('us-east-1', 'region of the bucket', text),
  AXBRIDGE_S3_ACCESS_KEY: setting(
    '',
    'access key id for the bucket; without it, what the AWS SDK finds (the role of an instance)',
    text,
  ),
  AXBRIDGE_S3_SECRET_KEY: setting('', 'secret of the access key', text),
  AXBRIDGE_S3_PATH_STYLE: setting(
    'off',
    '"on" writes the bucket into the path, not the host name (MinIO, Ceph, Swift)',
    oneOf('off', 'on'),
  ),
  AXBRIDGE_PUSH_CIRCUIT_FAILURES: setting(
    '10',
    'failures in a row after which a notification target is left alone; 0: it never is',
    integer(0, 100_000),
  ),
  AXBRIDGE_PUSH_PROBE_SECONDS: setting(
    '1,2,5,10,30,60',
    'seconds before each probe of a target that is left alone; the last one repeats',
    secondsList,
  ),
  AXBRIDGE_DELIVERY_HISTORY_DAYS: setting(
    '7',
    'days for which it is kept how each notification of a call was delivered; 0 keeps nothing',
    integer(0, 3650),
  ),
  AXBRIDGE_CALL_DETAILS: setting(
    'ladder',
    'what can be seen of a call that is over: its SIP "ladder" and media figures, the "messages" too, or "off"',
    oneOf('off', 'ladder', 'messages'),
  ),
  AXBRIDGE_CALL_DETAIL_DAYS: setting('3', 'days for which that is kept; 0: for ever', integer(0, 3650)),
  AXBRIDGE_HEP: setting(
    '',
    'host:port of a capture server (Homer) that gets the SIP messages of calls in HEP3 over UDP; without it, none does',
    hostAndPortOrNone,
  ),
  AXBRIDGE_HEP_NUMBERS: setting(
    'masked',
    'how numbers stand in what the capture server gets: "masked" or "clear"',
    oneOf('masked', 'clear'),
  ),
  AXBRIDGE_HEP_ID: setting('2001', 'capture id that the capture server sees', integer(1, 4_294_967_295)),
  AXBRIDGE_OTLP_URL: setting(
    '',
    'where an OpenTelemetry collector takes traces of calls, like http://127.0.0.1:4318/v1/traces; without it, none are made',
    baseUrlOrNone,
  ),
  AXBRIDGE_OTLP_PERCENT: setting('100', 'of a hundred calls so many have a trace', integer(1, 100)),
  AXBRIDGE_DEAD_LETTER_DAYS: setting(
    '31',
    'days for which notifications that were given up are kept; 0 keeps them for ever',
    integer(0, 3650),
  ),
  AXBRIDGE_CALL_DAYS: setting(
    '31',
    'days for which calls that are over stay in the database; 0 keeps them for ever',
    integer(0, 3650),
  ),
  AXBRIDGE_RECORD_MERGE_MS: setting(
    '500',
    'milliseconds in which ended calls share one call record message',
    integer(0, 60_000),
  ),
  AXBRIDGE_LOG_LEVEL: setting(
    'info',
    'fatal, error, warn, info, debug or trace',
    oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace'),
  ),
} as const satisfies Record<string, Setting<unknown>>;

type Settings = typeof SETTINGS;
/** The parsed value of every setting, by its name. */
export type Config = { readonly [Name in keyof Settings]: ReturnType<Settings[Name]['parse']> };

/**
 * Reads every setting from an environment.
 * A name followed by `_FILE` gives the value from a file, as container secrets do.
 * @throws SettingError for the first value that cannot be understood, and for an AXBRIDGE_ name that does not exist
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  for (const name of Object.keys(environment)) {
    if (name.startsWith('AXBRIDGE_') && !(name.replace(/_FILE$/, '') in SETTINGS) && !(name in SETTINGS)) {
      throw new SettingError(name, '…', 'a setting that exists (npm start -- --help lists them)');
    }
  }
  const entries = Object.entries<Setting<unknown>>(SETTINGS).map(([name, { fallback, parse }]) => {
    const file = environment[`${name}_FILE`];
    const given = file === undefined ? environment[name] : contentOf(`${name}_FILE`, file);
    return [name, parse(given === undefined || given === '' ? fallback : given, name)];
  });
  return Object.fromEntries(entries) as Config;
}

function contentOf(name: string, file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    throw new SettingError(name, file, 'a file that can be read');
  }
}

/** The settings as a table for people: name, meaning, default. No line is longer than 80 columns. */
export function describeSettings(): string {
  const rows = Object.entries<Setting<unknown>>(SETTINGS);
  const left = Math.max(...rows.map(([name]) => name.length)) + 2;
  return rows
    .map(([name, { fallback, meaning }]) => {
      const lines = wrapped(`${meaning}${fallback === '' ? '' : ` [${fallback}]`}`, 80 - left);
      return name.padEnd(left) + lines.join(`\n${' '.repeat(left)}`);
    })
    .join('\n');
}

function wrapped(words: string, columns: number): string[] {
  const lines = [''];
  for (const word of words.split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line === '') lines[lines.length - 1] = word;
    else if (line.length + 1 + word.length <= columns) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}
