/** Media of calls on FreeSWITCH: play, ring, record, bridge. The only door to this folder. */
export { AnchoredMedia } from './AnchoredMedia.ts';
export { CallerMedia, type LostReason, type MediaEvents, type Party } from './CallerMedia.ts';
export type { MediaServerAddress } from './controlConnection.ts';
export { MediaError, type MediaErrorCode } from './errors.ts';
export type { MediaLog } from './MediaLog.ts';
export { type CreateOptions, MediaPool, type MediaPoolOptions, type MediaServerHealth } from './MediaPool.ts';
export type { MediaServerState } from './MediaServerLink.ts';
export type { PlayEnd } from './Playback.ts';
export { type Language, SCENES, type SceneName, sceneFile } from './scenes.ts';
export { toALaw } from './wav.ts';
export { readWavHeader, WAV_FORMAT, WavError, type WavHeader } from './wavHeader.ts';
