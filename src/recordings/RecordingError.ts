/**
 * A recording cannot begin; its call goes on without.
 * - `RECORDING_DISK_FULL`: too little is free on the disk
 */
export class RecordingError extends Error {
  readonly code: 'RECORDING_DISK_FULL';
  constructor(code: RecordingError['code'], message: string) {
    super(message);
    this.name = 'RecordingError';
    this.code = code;
  }
}
