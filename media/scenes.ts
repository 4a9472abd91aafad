import { join } from 'node:path';

export type Language = 'zh' | 'en';

interface Scene {
  /** when it is heard */
  readonly meaning: string;
  /** what the default file says */
  readonly zh: string;
  readonly en: string;
}

/**
 * Every scene that has a default announcement: `<sounds>/<language>/<scene>.wav`.
 * The scenes are those of the FAQ's tables 6.7 to 6.9 and of the application settings; the texts are ours.
 * `makeSounds.ts` speaks them.
 */
export const SCENES = {
  'no-permission': {
    meaning: 'the number may not be called by this caller; the call ends',
    zh: '您的号码没有拨打权限，请使用登记的号码拨打。',
    en: 'Your number may not make this call. Please call from the number that is registered.',
  },
  'no-binding': {
    meaning: 'X has no relation for this caller; the call ends',
    zh: '没有找到您的绑定关系，请使用绑定的号码拨打。',
    en: 'This number is not linked to yours. Please call from the linked number.',
  },
  'business-fault': {
    meaning: 'the call cannot be handled now; the call ends',
    zh: '系统繁忙，本次通话即将结束，请稍后再拨。',
    en: 'Sorry, your call cannot be completed now. Please try again later.',
  },
  'enter-extension': {
    meaning: 'AXE: a caller is asked for the extension',
    zh: '请输入分机号，按井号键结束。',
    en: 'Please enter the extension, followed by the hash key.',
  },
  'wrong-extension': {
    meaning: 'AXE: no such extension; the call ends',
    zh: '您输入的分机号不存在，再见。',
    en: 'This extension does not exist. Goodbye.',
  },
  'wrong-extension-retry': {
    meaning: 'AXE: no such extension; the caller may try again',
    zh: '分机号有误，请重新输入。',
    en: 'This extension does not exist. Please try again.',
  },
  'no-extension': {
    meaning: 'AXE: nothing was entered; the call ends',
    zh: '您没有输入分机号，再见。',
    en: 'No extension was entered. Goodbye.',
  },
  'no-call-back-record': {
    meaning: 'AX, AXE: the owner of the number calls back, and nobody called before; the call ends',
    zh: '没有可以回拨的来电记录。',
    en: 'There is no recent call to return.',
  },
  wait: {
    meaning: 'the caller waits for the callee',
    zh: '正在为您接通，请稍候。',
    en: 'Please wait while we connect your call.',
  },
  busy: {
    meaning: 'the number is in another call; the call ends',
    zh: '您拨打的用户正在通话中，请稍后再拨。',
    en: 'The person you are calling is on another call. Please try again later.',
  },
  'record-hint': {
    meaning: 'both parties, before a recording starts',
    zh: '为保证服务质量，本次通话将被录音。',
    en: 'This call will be recorded for quality purposes.',
  },
  'last-minute': {
    meaning: 'both parties, one minute before the call reaches its limit',
    zh: '本次通话还剩一分钟。',
    en: 'One minute remains on this call.',
  },
} as const satisfies Record<string, Scene>;

export type SceneName = keyof typeof SCENES;

/** The default announcement of a scene, in a folder such as `freeswitch-conf/sounds`. */
export function sceneFile(soundsFolder: string, scene: SceneName, language: Language): string {
  return join(soundsFolder, language, `${scene}.wav`);
}
