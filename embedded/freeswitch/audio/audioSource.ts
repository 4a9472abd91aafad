/** Something that can be played: 8 kHz mono samples, taken a frame at a time by the media clock. */
export interface AudioSource {
  /**
   * Fills `frame` from its start and returns how many samples it wrote. Fewer than asked for means that the
   * sound has ended. It never blocks: a source that waits for its disk gives silence for the time being.
   */
  read(frame: Int16Array): number;
  /** Samples read so far, counted at 8 kHz from the beginning of the sound. */
  readonly position: number;
  /** Lets go of what the source holds. Safe to call twice. */
  close(): void;
}

export type AudioOpenFailure = 'not_found' | 'unsupported_format';

/** A sound cannot be opened: it does not exist, or it is of a kind that this server does not play. */
export class AudioOpenError extends Error {
  override readonly name = 'AudioOpenError';
  readonly code: AudioOpenFailure;

  constructor(code: AudioOpenFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
