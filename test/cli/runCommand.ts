import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { type ApiUnderTest, OPERATOR_TOKEN } from '../kit/apiUnderTest.ts';

const MAIN = resolve(import.meta.dirname, '../../cli/main.ts');

/** What a run of the command line came to. */
export interface Run {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

/**
 * Runs the command line on an API, as its operator unless the environment says otherwise.
 * @param input what it finds on its standard input
 */
export function runCommand(
  { base }: Pick<ApiUnderTest, 'base'>,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  input = '',
): Promise<Run> {
  const { NODE_COMPILE_CACHE = '' } = process.env;
  const operator = { AXBRIDGE_ADMIN_URL: base, AXBRIDGE_ADMIN_TOKEN: OPERATOR_TOKEN };
  const env = { NODE_COMPILE_CACHE, ...operator, ...environment };
  return new Promise((done) => {
    const child = execFile(process.execPath, [MAIN, ...args], { env }, (error, out, err) => {
      done({ exitCode: error === null ? 0 : Number(error.code), out, err });
    });
    child.stdin?.end(input);
  });
}
