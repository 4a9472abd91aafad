import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { BucketError, bucketErrorOf, statusOf } from './BucketError.ts';
import type { OpenRecording, RecordingSource } from './OpenRecording.ts';
import { dayOf } from './objectNames.ts';

const CONNECT_MS = 3000;
/** A transfer may take long, but not stand still. */
const STANDSTILL_MS = 20_000;
/** For what is asked while somebody waits. */
const ANSWER_MS = 5000;
const ATTEMPTS = 2;
const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

export interface BucketOptions {
  readonly bucket: string;
  /** URL of an S3-compatible service; undefined: Amazon's of the region. */
  readonly endpoint: string | undefined;
  readonly region: string;
  /** Undefined: what the SDK finds on the machine (a role of the instance, for one). */
  readonly keys: { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined;
  /** The bucket's name is in the path, not in the host name. */
  readonly pathStyle: boolean;
}

/**
 * A bucket with finished recordings, on Amazon S3 or a service that speaks its protocol. A recording is the object
 * `yyyy-MM-dd/<its name>`. Only plain PUT, GET, HEAD and DELETE of single objects are used, without the SDK's newer
 * checksums, which many compatible services refuse; that a recording has arrived whole is what Content-MD5 is for.
 */
export class RecordingBucket implements RecordingSource {
  readonly #client: S3Client;
  readonly #bucket: string;

  constructor({ bucket, endpoint, region, keys, pathStyle }: BucketOptions) {
    this.#bucket = bucket;
    this.#client = new S3Client({
      region,
      ...(endpoint !== undefined && { endpoint }),
      ...(keys && { credentials: keys }),
      forcePathStyle: pathStyle,
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      maxAttempts: ATTEMPTS,
      // Without one it writes to the console. What goes wrong is thrown as well.
      logger: SILENT,
      requestHandler: { connectionTimeout: CONNECT_MS, socketTimeout: STANDSTILL_MS },
    });
  }

  /** Whether it can be used at all. @throws BucketError */
  async check(): Promise<void> {
    await this.#client
      .send(new HeadBucketCommand({ Bucket: this.#bucket }), answerInTime())
      .catch((error: unknown) => {
        if (statusOf(error) === 404) throw new BucketError('BUCKET_MISSING', 'there is no such bucket');
        throw bucketErrorOf(error);
      });
  }

  /**
   * Stores a file as a recording, in place of one that may be there under this name.
   * @throws BucketError; errors of the file system
   */
  async put(objectName: string, path: string): Promise<void> {
    const file = await open(path);
    try {
      const { size } = await file.stat();
      const command = new PutObjectCommand({
        ...this.#object(objectName),
        ContentType: 'audio/wav',
        ContentLength: size,
        ContentMD5: await md5Of(file),
        Body: file.createReadStream({ start: 0, autoClose: false }),
      });
      await this.#client.send(command).catch((error: unknown) => {
        throw bucketErrorOf(error);
      });
    } finally {
      await file.close();
    }
  }

  async has(objectName: string): Promise<boolean> {
    return (await this.#bytesOf(objectName)) !== undefined;
  }

  async open(objectName: string): Promise<OpenRecording | undefined> {
    const bytes = await this.#bytesOf(objectName);
    if (bytes === undefined) return undefined;
    return {
      bytes,
      read: (first, last) => this.#read(objectName, first, last),
      close: async () => undefined,
    };
  }

  /** Removes a recording, if it is there. @throws BucketError */
  async remove(objectName: string): Promise<void> {
    await this.#client
      .send(new DeleteObjectCommand(this.#object(objectName)), answerInTime())
      .catch((error: unknown) => {
        const failure = bucketErrorOf(error);
        // Amazon answers 204 where there is none, others 404.
        if (statusOf(error) !== 404 || failure.code === 'BUCKET_MISSING') throw failure;
      });
  }

  /** Closes its connections. */
  close(): void {
    this.#client.destroy();
  }

  async #bytesOf(objectName: string): Promise<number | undefined> {
    try {
      const head = await this.#client.send(new HeadObjectCommand(this.#object(objectName)), answerInTime());
      return head.ContentLength ?? 0;
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw bucketErrorOf(error);
    }
  }

  async #read(objectName: string, first: number, last: number): Promise<Readable> {
    const command = new GetObjectCommand({ ...this.#object(objectName), Range: `bytes=${first}-${last}` });
    const { Body } = await this.#client.send(command).catch((error: unknown) => {
      throw bucketErrorOf(error);
    });
    if (Body instanceof Readable) return Body;
    throw new BucketError('BUCKET_FAILED', 'the bucket answered without the recording');
  }

  /** @throws RangeError for a name that is none of ours */
  #object(objectName: string): { Bucket: string; Key: string } {
    return { Bucket: this.#bucket, Key: `${dayOf(objectName)}/${objectName}` };
  }
}

function answerInTime(): { abortSignal: AbortSignal } {
  return { abortSignal: AbortSignal.timeout(ANSWER_MS) };
}

/** The digest that Content-MD5 wants (RFC 1864): base64, of the whole file. */
async function md5Of(file: FileHandle): Promise<string> {
  const digest = createHash('md5');
  for await (const piece of file.createReadStream({ start: 0, autoClose: false })) digest.update(piece);
  return digest.digest('base64');
}
