import type { Api } from '../openapi/Operation.ts';
import { axbOperations } from './axbOperations.ts';
import { axeOperations } from './axeOperations.ts';
import { axOperations } from './axOperations.ts';
import { axybOperations } from './axybOperations.ts';
import { callOperations } from './callOperations.ts';
import { FIELD_MEANINGS } from './fieldMeanings.ts';

const header = (name: string, description: string) => ({ type: 'apiKey', in: 'header', name, description });
const credentials = (digest: string) =>
  `\`UsernameToken Username="<app key>", PasswordDigest="<digest>", Nonce="<nonce>", Created="<time>"\`, where the digest is ${digest} and the time is like 2026-01-31T08:00:00Z.`;

/** The partner API: what customers' servers call. */
export const partnerOperations: Api = {
  operations: [...axbOperations, ...axOperations, ...axeOperations, ...axybOperations, ...callOperations],
  tags: {
    AXB: 'A and B reach each other by dialling X.',
    AX: 'Everybody reaches A by dialling X; A calls out with a temporary callee.',
    AXE: 'Everybody reaches A by dialling X and an extension.',
    AXYB: 'Like AX, and each B has a number Y of its own for A.',
    Calls: 'Calls of every mode.',
  },
  securitySchemes: {
    akskScheme: header('Authorization', '`AKSK realm="SDP",profile="UsernameToken",type="Appkey"`'),
    aksk: header('X-AKSK', credentials('Base64(HMAC-SHA256(app secret, nonce + time))')),
    wsseScheme: header('Authorization', '`WSSE realm="SDP",profile="UsernameToken",type="Appkey"`'),
    wsse: header('X-WSSE', credentials('Base64(SHA256(nonce + time + app secret))')),
  },
  security: [
    { akskScheme: [], aksk: [] },
    { wsseScheme: [], wsse: [] },
  ],
  meanings: FIELD_MEANINGS,
};
