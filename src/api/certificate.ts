import { X509Certificate } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { generate } from 'selfsigned';

/** PEM texts. */
export interface TlsIdentity {
  readonly certificate: string;
  readonly privateKey: string;
}

export interface TlsOptions {
  readonly mode: 'off' | 'self-signed';
  /** Paths of PEM files; both or neither. They win over `mode`. */
  readonly certificateFile: string;
  readonly privateKeyFile: string;
  readonly dataDir: string;
  /** Address that clients dial: it stands in the certificate that is made here. */
  readonly host: string;
}

/** HTTPS was asked for and cannot be served. */
export class TlsError extends Error {
  readonly code = 'TLS_SETTINGS_INVALID';
  constructor(message: string) {
    super(message);
    this.name = 'TlsError';
  }
}

const VALID_DAYS = 825;
const RENEW_BEFORE_DAYS = 30;
const DAY_MS = 86_400_000;

/**
 * The certificate for HTTPS: the operator's own, or one that is made at first start and kept in the data folder
 * (most clients of this API turn certificate checks off, facts 1.1). A made one is replaced when it nears its end.
 * @param now milliseconds since the epoch
 * @returns undefined when HTTPS is off
 * @throws TlsError when only one of the two files is named or a file cannot be read
 */
export async function loadTlsIdentity(options: TlsOptions, now: number): Promise<TlsIdentity | undefined> {
  const { certificateFile, privateKeyFile, mode } = options;
  if ((certificateFile === '') !== (privateKeyFile === '')) {
    throw new TlsError('expected both AXBRIDGE_TLS_CERT and AXBRIDGE_TLS_KEY, got one of them');
  }
  if (certificateFile !== '') {
    return { certificate: await readPem(certificateFile), privateKey: await readPem(privateKeyFile) };
  }
  return mode === 'self-signed' ? await ownIdentity(options, now) : undefined;
}

async function ownIdentity({ dataDir, host }: TlsOptions, now: number): Promise<TlsIdentity> {
  const folder = join(dataDir, 'tls');
  const certificatePath = join(folder, 'certificate.pem');
  const keyPath = join(folder, 'key.pem');
  const kept = await readKept(certificatePath, keyPath);
  if (kept !== undefined && lastsUntil(kept.certificate) - now > RENEW_BEFORE_DAYS * DAY_MS) return kept;

  const names = ['localhost', '127.0.0.1', '::1', ...(host === '0.0.0.0' || host === '::' ? [] : [host])];
  const made = await generate([{ name: 'commonName', value: 'axbridge' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notBeforeDate: new Date(now - DAY_MS),
    notAfterDate: new Date(now + VALID_DAYS * DAY_MS),
    extensions: [
      { name: 'basicConstraints', cA: false },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [...new Set(names)].map((name) =>
          isIP(name) === 0 ? { type: 2, value: name } : { type: 7, ip: name },
        ),
      },
    ],
  });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(keyPath, made.private, { mode: 0o600 });
  await writeFile(certificatePath, made.cert, { mode: 0o600 });
  return { certificate: made.cert, privateKey: made.private };
}

async function readKept(certificatePath: string, keyPath: string): Promise<TlsIdentity | undefined> {
  try {
    return {
      certificate: await readFile(certificatePath, 'utf8'),
      privateKey: await readFile(keyPath, 'utf8'),
    };
  } catch {
    return undefined;
  }
}

function lastsUntil(certificate: string): number {
  return new X509Certificate(certificate).validToDate.getTime();
}

async function readPem(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new TlsError(
      `${path}: expected a PEM file, ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
