import { describe, expect, it } from 'vitest';
import { SCENES } from '../../media/scenes.ts';
import { fileOf } from '../../routing/announcements.ts';
import type { Announcement, Scene } from '../../routing/types.ts';

const SILENCE = undefined;
const product = (scene: Scene): Announcement => ({ scene });

/** The tables of the FAQ (6.7 to 6.9) and of the application settings (3-1), and what is ours alone. */
const UNSET: Readonly<Record<Scene, Announcement | undefined>> = {
  'no-permission': SILENCE,
  'no-binding': SILENCE,
  'business-fault': SILENCE,
  'no-call-back-record': SILENCE,
  wait: SILENCE,
  'enter-extension': product('enter-extension'),
  'wrong-extension': SILENCE,
  'wrong-extension-retry': product('enter-extension'),
  'no-extension': SILENCE,
  'record-hint': SILENCE,
  busy: product('busy'),
  'last-minute': product('last-minute'),
};
const ALL = Object.keys(UNSET) as Scene[];
const OF_APPLICATION = ALL.filter((scene) => scene !== 'record-hint');

describe('what is played in a scene', () => {
  it('knows the scenes that have a default announcement, and no other', () => {
    expect(ALL.sort()).toEqual(Object.keys(SCENES).sort());
  });

  it.each(ALL)('%s, where the application has set nothing', (scene) => {
    expect(fileOf(scene, {})).toEqual(UNSET[scene]);
  });

  it.each(OF_APPLICATION)('%s, where the application has a file', (scene) => {
    expect(fileOf(scene, { [scene]: 'own.wav' })).toBe('own.wav');
  });

  it.each(OF_APPLICATION)("%s, where the application wants the product's", (scene) => {
    expect(fileOf(scene, { [scene]: 'default' })).toEqual(product(scene));
  });

  it.each<[Scene, Record<string, string>, Announcement]>([
    ['wrong-extension-retry', { 'enter-extension': 'enter.wav' }, 'enter.wav'],
    ['wrong-extension-retry', { 'enter-extension': 'default' }, product('enter-extension')],
    ['wrong-extension-retry', { 'wrong-extension': 'wrong.wav' }, product('enter-extension')],
    ['no-extension', { 'wrong-extension': 'wrong.wav' }, 'wrong.wav'],
    ['no-extension', { 'wrong-extension': 'default' }, product('wrong-extension')],
  ])('%s, where only %j is set', (scene, announcements, heard) => {
    expect(fileOf(scene, announcements)).toEqual(heard);
  });

  it.each(['own.wav', 'default'])('leaves the record hint to the binding, whatever is set: %s', (file) => {
    expect(fileOf('record-hint', { 'record-hint': file })).toBeUndefined();
  });
});
