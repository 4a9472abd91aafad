import type { Extended } from '../../kit/Tenant.ts';
import type { Dialled, Row } from './Row.ts';
import { own } from './World.ts';

/** What a stranger hears first, and what he hears while it rings at A. */
export const ENTER = own('enter-extension');
export const WAIT = own('wait');

/** The shortest time that a binding or a call-back record can be given is a minute. */
export const MINUTE_PATIENCE_MS = 70_000;
export const LONG_ROW_MS = 100_000;

/** A stranger dials X, behind which A has an extension. */
export const strangerCalls = ({ a, stranger, ...extended }: Extended): Dialled => ({
  ...extended,
  from: stranger,
  callee: a,
});

/** A stranger dials X, with A behind an extension on terms. */
export const called =
  (terms: Readonly<Record<string, unknown>> = {}): Row['given'] =>
  async ({ tenant }) =>
    strangerCalls(await tenant.bindAxe({ extendNum: '1207', ...terms }));

/** The same, where it comes to no binding. */
export const calledInVain: Row['given'] = async ({ tenant }) => {
  const { x, stranger } = await tenant.bindAxe({ extendNum: '1207' });
  return { x, from: stranger };
};

export type Play = NonNullable<Row['play']>;

/** Types keys once he has heard a prompt to its end, then does something else. */
export const typeAfter =
  (prompt: string, keys: string, then: Play = async () => undefined): Play =>
  async (call) => {
    await call.hears(prompt);
    await call.press(keys);
    await then(call);
  };
