import type { Story } from '../Story.ts';
import { ax } from './ax.ts';
import { axb } from './axb.ts';
import { axe } from './axe.ts';
import { axyb } from './axyb.ts';
import { xMode } from './xMode.ts';

/** The story of each mode, by the name under which the command line knows it. */
export const STORIES = { axb, ax, axe, axyb, x: xMode } as const satisfies Readonly<Record<string, Story>>;

export type ModeName = keyof typeof STORIES;

export const MODES = Object.keys(STORIES) as ModeName[];
