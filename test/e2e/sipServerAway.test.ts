import { expect, it } from 'vitest';
import { startEmbeddedMedia, startEmbeddedSip } from '../../embedded/index.ts';
import { Application } from '../kit/Application.ts';
import { eventually } from '../kit/eventually.ts';
import { createTestDatabase } from '../kit/testDatabase.ts';

const LONGEST_STOP_MS = 40_000;

it('an application whose SIP server is gone still ends when it is told to', {
  timeout: 120_000,
}, async () => {
  const database = await createTestDatabase({ max: 1 });
  await database.close();
  const [sip, media] = await Promise.all([
    startEmbeddedSip({ sipPort: 0, adminPort: 0 }),
    startEmbeddedMedia({ eslPort: 0, sipPort: 0, rtpFirstPort: 0 }),
  ]);
  try {
    const application = await Application.start({
      database: database.url,
      sip: { host: sip.sipHost, port: sip.sipPort },
      env: {
        AXBRIDGE_DRACHTIO: `127.0.0.1:${sip.adminPort},${sip.secret}`,
        AXBRIDGE_FREESWITCH: `127.0.0.1:${media.eslPort},${media.password}`,
        AXBRIDGE_DRAIN_SECONDS: '1',
      },
    });
    await sip.stop();
    await eventually('the application to see that it is gone', async () => {
      const { status } = await fetch(`${application.ops}/readyz`);
      return status === 503;
    });
    const begun = Date.now();
    await application.stop();
    expect(Date.now() - begun).toBeLessThan(LONGEST_STOP_MS);
  } finally {
    await Promise.all([sip.stop(), media.stop()]);
  }
});
