import { readConfig, SettingError } from '../src/config.ts';
import { AdminConnection, AdminError } from './AdminConnection.ts';
import { UsageError } from './command.ts';
import { runCommand } from './commands.ts';

/** Exit codes: 0 done, 1 refused or unreachable, 2 the command line or a setting is wrong. */
try {
  const output = await runCommand(process.argv.slice(2), () => {
    const config = readConfig(process.env);
    return new AdminConnection(config.AXBRIDGE_ADMIN_URL, config.AXBRIDGE_ADMIN_TOKEN);
  });
  process.stdout.write(`${output}\n`);
} catch (error) {
  const expected =
    error instanceof AdminError || error instanceof UsageError || error instanceof SettingError;
  if (!expected) throw error;
  process.stderr.write(`axbridge: ${error.message}\n`);
  process.exitCode = error instanceof AdminError ? 1 : 2;
}
