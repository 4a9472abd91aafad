/**
 * - `BUCKET_AWAY`: nobody answers, or not in time, or with a fault of its own
 * - `BUCKET_REFUSED`: the keys are wrong or allow too little
 * - `BUCKET_MISSING`: there is no bucket of this name
 * - `BUCKET_FAILED`: anything else; the message has the name that S3 gives it
 */
export type BucketErrorCode = 'BUCKET_AWAY' | 'BUCKET_REFUSED' | 'BUCKET_MISSING' | 'BUCKET_FAILED';

/** The bucket did not do what it was asked. What is to be kept stays in the folder meanwhile. */
export class BucketError extends Error {
  readonly code: BucketErrorCode;
  constructor(code: BucketErrorCode, message: string) {
    super(message);
    this.name = 'BucketError';
    this.code = code;
  }
}

/** What of an error of the SDK may be known: its messages can hold keys and signed requests, its names cannot. */
export function bucketErrorOf(error: unknown): BucketError {
  const name = error instanceof Error ? error.name : 'unknown';
  const status = statusOf(error);
  const code = codeOf(name, status);
  return new BucketError(code, `the bucket: ${name}${status === undefined ? '' : `, HTTP ${status}`}`);
}

/** The HTTP status of S3's answer; undefined when there was none. */
export function statusOf(error: unknown): number | undefined {
  const metadata: unknown = error instanceof Error ? Reflect.get(error, '$metadata') : undefined;
  const status: unknown =
    metadata !== null && typeof metadata === 'object' ? Reflect.get(metadata, 'httpStatusCode') : undefined;
  return typeof status === 'number' ? status : undefined;
}

function codeOf(name: string, status: number | undefined): BucketErrorCode {
  if (name === 'NoSuchBucket') return 'BUCKET_MISSING';
  if (status === undefined || status >= 500 || status === 429) return 'BUCKET_AWAY';
  if (status === 401 || status === 403) return 'BUCKET_REFUSED';
  return 'BUCKET_FAILED';
}
