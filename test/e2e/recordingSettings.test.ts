import { describe, expect, it } from 'vitest';
import { Application } from '../kit/Application.ts';
import { createTestDatabase } from '../kit/testDatabase.ts';

/** What axbridge says when it is started with these settings for a bucket. */
async function refusal(settings: Readonly<Record<string, string>>): Promise<string> {
  const database = await createTestDatabase({ max: 1 });
  await database.close();
  const env = { AXBRIDGE_RECORDINGS: 's3', ...settings };
  return Application.start({ database: database.url, env }).then(
    () => expect.unreachable('it has started'),
    String,
  );
}

describe('settings for a bucket', () => {
  it('name the bucket', async () => {
    expect(await refusal({})).toContain('SETTING_INVALID): AXBRIDGE_S3_BUCKET=""');
  });

  it('hold both keys or none, and the refusal shows neither', async () => {
    const said = await refusal({ AXBRIDGE_S3_BUCKET: 'recordings', AXBRIDGE_S3_SECRET_KEY: 'sesame' });
    expect(said).toContain('SETTING_INVALID): AXBRIDGE_S3_SECRET_KEY');
    expect(said).not.toContain('sesame');
  });
});
