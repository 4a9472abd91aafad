import { Type } from 'typebox';
import type { Api } from '../openapi/Operation.ts';

const contentType = 'application/problem+json';
const schema = Type.Object({
  type: Type.String(),
  title: Type.String(),
  status: Type.Integer(),
  detail: Type.String(),
});
const wav = Type.Unsafe<Buffer>({ type: 'string', format: 'binary' });

/** Where the signed addresses of recordings lead: whoever holds one needs nothing else. */
export const downloadOperations: Api = {
  operations: [
    {
      id: 'downloadRecording',
      method: 'get',
      path: '/recordings/{objectName}',
      tag: 'Recordings',
      summary: 'Fetch a recording from its address',
      description: 'HEAD and Range (RFC 9110) work too.',
      params: { objectName: 'The file.' },
      query: Type.Object({
        expires: Type.String({ description: 'seconds since the epoch, of the address' }),
        signature: Type.String({ description: 'the signature of the address' }),
      }),
      replies: {
        200: { description: 'The WAV (A-law, 8 kHz, mono).', contentType: 'audio/wav', schema: wav },
        206: { description: 'A part of it.', contentType: 'audio/wav', schema: wav },
        403: { description: 'The address is not good, or not any more.', contentType, schema },
        404: { description: 'The recording is not kept any more.', contentType, schema },
        416: { description: 'The recording has no such part.' },
        500: { description: 'Something failed; the log says what.', contentType, schema },
        503: { description: 'Recordings cannot be read at the moment.', contentType, schema },
      },
    },
  ],
  tags: { Recordings: 'Files of recorded calls.' },
  securitySchemes: {},
  security: [],
  meanings: {},
};
