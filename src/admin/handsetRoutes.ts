import { randomBytes } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { maskNumber } from '../../routing/numbers.ts';
import {
  deleteHandset,
  getHandset,
  type Handset,
  insertHandset,
  listHandsets,
  updateHandset,
} from '../store/handsets.ts';
import { StoreError } from '../store/StoreError.ts';
import type { AdminApiOptions } from './adminApi.ts';
import { E164 } from './fields.ts';
import { inputCheck } from './inputCheck.ts';
import { existing, refuseEmpty } from './item.ts';
import { Problem } from './problem.ts';

const USERNAME_BYTES = 4;
const PASSWORD_BYTES = 18;

/** With a letter in front it is never mistaken for a caller's number; the rest needs no escape in SIP. */
const Username = Type.String({
  pattern: '^[A-Za-z][A-Za-z0-9._-]{0,62}$',
  description: 'a letter, then letters, digits, dots, dashes and underlines, at most 63',
});
const Password = Type.String({
  pattern: '^[!-~]{8,128}$',
  description: 'a text of 8 to 128 printable ASCII characters without spaces',
});

const Md5Only = Type.Boolean({ description: 'true or false' });

export const NewHandsetBody = Type.Object(
  {
    number: E164,
    username: Type.Optional(Username),
    password: Type.Optional(Password),
    md5Only: Type.Optional(Md5Only),
  },
  { additionalProperties: false, description: 'a JSON object' },
);

export const HandsetPatch = Type.Object(
  {
    number: Type.Optional(E164),
    password: Type.Optional(Password),
    md5Only: Type.Optional(Md5Only),
    enabled: Type.Optional(Type.Boolean({ description: 'true or false' })),
  },
  { additionalProperties: false, description: 'a JSON object' },
);

/**
 * Softphones that register as a number. A password that is made here is in the answer to the POST and nowhere else;
 * the number is shown masked. A PATCH ends the handset's registration: it has to register again. Calls see
 * each change before it is answered.
 */
export function handsetRoutes(
  fastify: FastifyInstance,
  { sql, sealer, clock, handsets }: AdminApiOptions,
): void {
  const checkNew = inputCheck(NewHandsetBody);
  const checkPatch = inputCheck(HandsetPatch);
  const switchedOn = () => {
    if (handsets !== undefined) return handsets;
    throw new Problem('handsets-off', 'Test handsets are switched off: start with AXBRIDGE_HANDSETS=on.');
  };

  fastify.post('/handsets', async (request, reply) => {
    const directory = switchedOn();
    const given = checkNew(request.body);
    const username = given.username ?? `handset-${randomBytes(USERNAME_BYTES).toString('hex')}`;
    const password = given.password ?? randomBytes(PASSWORD_BYTES).toString('base64url');
    const { number, md5Only = false } = given;
    const made = { number, username, password, md5Only };
    const handset = await insertHandset(sql, sealer, made).catch(taken);
    await directory.reload();
    reply.code(201).header('location', `/admin/v1/handsets/${username}`);
    return { ...describe(handset, clock()), ...(given.password === undefined && { password }) };
  });

  fastify.get('/handsets', async () => {
    switchedOn();
    const now = clock();
    return { items: (await listHandsets(sql, sealer)).map((handset) => describe(handset, now)) };
  });

  fastify.get<{ Params: { username: string } }>('/handsets/:username', async ({ params: { username } }) => {
    switchedOn();
    const handset = existing('handset', username, await getHandset(sql, sealer, username));
    return describe(handset, clock());
  });

  fastify.patch<{ Params: { username: string } }>(
    '/handsets/:username',
    async ({ params: { username }, body }) => {
      const directory = switchedOn();
      const patch = checkPatch(body);
      refuseEmpty(patch);
      const changed = await updateHandset(sql, sealer, username, patch).catch(taken);
      const handset = existing('handset', username, changed);
      await directory.reload();
      return describe(handset, clock());
    },
  );

  fastify.delete<{ Params: { username: string } }>(
    '/handsets/:username',
    async ({ params: { username } }, reply) => {
      const directory = switchedOn();
      existing('handset', username, (await deleteHandset(sql, username)) || undefined);
      await directory.reload();
      return reply.code(204).send();
    },
  );
}

function taken(error: unknown): never {
  if (error instanceof StoreError && error.code === 'ALREADY_EXISTS') {
    throw new Problem('already-exists', 'There is a handset with this username or this number already.');
  }
  throw error;
}

function describe({ username, number, md5Only, enabled, contacts }: Handset, now: number): object {
  const registrations = contacts
    .filter(({ expiresAt }) => expiresAt > now)
    .map(({ source, expiresAt }) => ({ ...source, expiresAt: new Date(expiresAt).toISOString() }));
  return { username, number: maskNumber(number), md5Only, enabled, registrations };
}
