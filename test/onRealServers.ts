import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { areRealServersNamed, RealServers } from './kit/RealServers.ts';

/*
 * `node test/onRealServers.ts <command …>` runs a command with drachtio-server and FreeSWITCH standing beside it: started
 * with the configuration that axbridge ships, on free ports, from the programs that AXBRIDGE_TEST_DRACHTIO and
 * AXBRIDGE_TEST_FREESWITCH name, and stopped afterwards. Its exit code is the command's.
 */

const [program, ...rest] = process.argv.slice(2);
if (program === undefined || !areRealServersNamed) {
  console.error(
    'usage: AXBRIDGE_TEST_DRACHTIO=<drachtio> AXBRIDGE_TEST_FREESWITCH=<freeswitch> node test/onRealServers.ts <command …>',
  );
  process.exit(2);
}
const servers = await RealServers.start();
// Ctrl-C reaches the command, too: it ends first.
process.on('SIGINT', () => undefined);
const command = spawn(program, rest, {
  stdio: 'inherit',
  env: {
    ...process.env,
    ...servers.settings,
    AXBRIDGE_TEST_SIP: `${servers.sip.host}:${servers.sip.port}`,
    AXBRIDGE_TEST_DRACHTIO_METRICS: servers.sipMetricsUrl,
  },
});
const [code] = await once(command, 'exit');
await servers.stop();
process.exitCode = typeof code === 'number' ? code : 1;
