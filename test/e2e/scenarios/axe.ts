import { callsBack } from './axeCallBack.ts';
import { mistyped } from './axeMistyped.ts';
import { reachesA } from './axeReached.ts';
import type { Table } from './Row.ts';

/** Those that wait for a minute first: the others run beside them. */
export const axe: Table = { title: 'AXE', mode: 'AXE', rows: [...mistyped, ...callsBack, ...reachesA] };
