import { beforeAll, describe, expect, it } from 'vitest';
import { type ApiUnderTest, startApi } from '../kit/apiUnderTest.ts';
import { type Key, knock, newApp, signed } from './knocking.ts';

describe('a body', () => {
  let api: ApiUnderTest;
  let key: Key;
  beforeAll(async () => {
    api = await startApi({ settings: { AXBRIDGE_BODY_KB: '2', AXBRIDGE_JSON_DEPTH: '4' } });
    key = await newApp(api);
    return () => api.stop();
  });

  const nested = (levels: number) => `{"userData":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`;

  it.each([
    ['as large as it may be', JSON.stringify({ userData: '' }).padEnd(2048), 'callerNum'],
    ['a byte larger', JSON.stringify({ userData: '' }).padEnd(2049), 'expected at most 2048 bytes'],
    ['as deep as it may be', nested(4), 'callerNum'],
    ['a level deeper', nested(5), 'expected at most 4 levels of JSON'],
    [
      'with many brackets that are not inside each other',
      `{"userData":[${'[],'.repeat(200)}[]]}`,
      'callerNum',
    ],
    ['with brackets and quotes in a text', JSON.stringify({ userData: '[[[[[["[[[[[[\\' }), 'callerNum'],
    ['that closes more than it opens', ']]]]]][[[[[[', 'expected JSON in UTF-8'],
  ])('%s', async (_, body, text) => {
    const reply = await knock(api, signed(key), body);
    expect(reply).toMatchObject({ status: 400, resultcode: '1010002' });
    expect(reply.resultdesc).toContain(text);
  });
});
