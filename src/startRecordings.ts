import { join } from 'node:path';
import { type Config, SettingError } from './config.ts';
import type { Stores } from './openStores.ts';
import type { BucketOptions, RecordingBucket } from './recordings/RecordingBucket.ts';
import { RecordingFolder } from './recordings/RecordingFolder.ts';
import { RecordingSweeper } from './recordings/RecordingSweeper.ts';
import { Recordings } from './recordings/Recordings.ts';
import { Uploads } from './recordings/Uploads.ts';
import type { Context } from './servers.ts';
import { faultFields } from './telemetry/fault.ts';
import type { Logger } from './telemetry/logger.ts';

const BYTES_PER_MB = 1_000_000;
const clock = Date.now;

/**
 * Everything that keeps recordings. It stops after the journal: what calls have left by then still goes to the bucket.
 * @throws SettingError when the bucket's settings do not belong together
 */
export async function startRecordings({ config, logger, dataDir, parts }: Context, { sql, duties }: Stores) {
  const folder = new RecordingFolder(join(dataDir, 'recordings'));
  const bucket = config.AXBRIDGE_RECORDINGS === 's3' ? await openBucket(config, logger) : undefined;
  const freeBytes = config.AXBRIDGE_RECORDING_FREE_MB * BYTES_PER_MB;
  const recordings = new Recordings({ folder, bucket, freeBytes, clock, logger });
  let uploads: Uploads | undefined;
  if (bucket) {
    parts.defer(() => bucket.close());
    uploads = new Uploads({ sql, folder, bucket, clock, log: logger, duties });
    uploads.start();
    parts.defer(() => uploads?.stop());
  }
  parts.defer(() => recordings.stop());
  const sweeper = new RecordingSweeper({ sql, recordings, folder, bucket, clock, logger, duties });
  sweeper.start();
  parts.defer(() => sweeper.stop());
  return { recordings, uploads };
}

/** The SDK takes a quarter of a second to load, so that only those wait for it who use it. */
async function openBucket(config: Config, logger: Logger): Promise<RecordingBucket> {
  const options = bucketOptions(config);
  const { RecordingBucket: Bucket } = await import('./recordings/RecordingBucket.ts');
  const bucket = new Bucket(options);
  await bucket.check().catch((error: unknown) => {
    logger.error(faultFields(error), 'the bucket cannot be used; recordings wait in the folder');
  });
  return bucket;
}

function bucketOptions(config: Config): BucketOptions {
  const { AXBRIDGE_S3_BUCKET: bucket, AXBRIDGE_S3_ACCESS_KEY: id, AXBRIDGE_S3_SECRET_KEY: secret } = config;
  if (bucket === '')
    throw new SettingError('AXBRIDGE_S3_BUCKET', '', 'the name of a bucket, with AXBRIDGE_RECORDINGS=s3');
  if ((id === '') !== (secret === ''))
    throw new SettingError('AXBRIDGE_S3_SECRET_KEY', '…', 'set together with AXBRIDGE_S3_ACCESS_KEY');
  return {
    bucket,
    endpoint: config.AXBRIDGE_S3_ENDPOINT,
    region: config.AXBRIDGE_S3_REGION,
    keys: id === '' ? undefined : { accessKeyId: id, secretAccessKey: secret },
    pathStyle: config.AXBRIDGE_S3_PATH_STYLE === 'on',
  };
}
