import { expect, it } from 'vitest';
import { Application } from '../kit/Application.ts';
import { EmbeddedServers } from '../kit/EmbeddedServers.ts';
import { eventually } from '../kit/eventually.ts';
import { areRealServersNamed, RealServers } from '../kit/RealServers.ts';
import { createTestDatabase } from '../kit/testDatabase.ts';

const LONGEST_STOP_MS = 40_000;

it('an application whose SIP server is gone still ends when it is told to', {
  timeout: 120_000,
}, async () => {
  const database = await createTestDatabase({ max: 1 });
  await database.close();
  const servers = areRealServersNamed ? await RealServers.start() : await EmbeddedServers.start();
  try {
    const application = await Application.start({
      database: database.url,
      sip: servers.sip,
      env: {
        ...servers.settings,
        AXBRIDGE_DRAIN_SECONDS: '1',
      },
    });
    await servers.stopSip();
    await eventually('the application to see that it is gone', async () => {
      const { status } = await fetch(`${application.ops}/readyz`);
      return status === 503;
    });
    const begun = Date.now();
    await application.stop();
    expect(Date.now() - begun).toBeLessThan(LONGEST_STOP_MS);
  } finally {
    await servers.stop();
  }
});
