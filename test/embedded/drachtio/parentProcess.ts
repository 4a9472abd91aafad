/** Starts an embedded SIP server, tells its process id over IPC, and waits to be killed. */
import { startEmbeddedSip } from '../../../embedded/drachtio/startEmbeddedSip.ts';

const server = await startEmbeddedSip({ sipPort: 0, adminPort: 0 });
process.send?.(server.pid);
