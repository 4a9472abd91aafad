import type { Operation } from '../openapi/Operation.ts';
import { StopFields } from './callStopRoutes.ts';
import { answers, refusals } from './partnerReplies.ts';
import { RecordingFields } from './recordingRoutes.ts';

/** What belongs to calls of every mode (facts 7). */
export const callOperations: readonly Operation[] = [
  {
    id: 'recordingAddress',
    method: 'get',
    path: '/rest/provision/voice/record/v1.0',
    tag: 'Calls',
    summary: 'The address of a recording',
    description:
      'The address needs no further credentials and is good for three days, or until the recording is seven days old.',
    query: RecordingFields,
    replies: {
      301: { description: 'Recorded.', headers: { location: 'Where the WAV (A-law, 8 kHz, mono) is.' } },
      ...refusals('no-such-record'),
    },
  },
  {
    id: 'stopCall',
    method: 'post',
    path: '/rest/httpsessions/callStop/v2.0',
    tag: 'Calls',
    summary: 'End a call in progress',
    description: 'Both sides are cut, and the call ends with stateCode 8017.',
    body: { schema: StopFields },
    replies: answers({}, 'no-such-record'),
  },
];
