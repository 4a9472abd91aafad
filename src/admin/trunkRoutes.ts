import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { StoreError } from '../store/StoreError.ts';
import { deleteTrunk, getTrunk, insertTrunk, listTrunks, type Trunk, updateTrunk } from '../store/trunks.ts';
import type { AdminApiOptions } from './adminApi.ts';
import { AddressRange, Host, Name, Port } from './fields.ts';
import { inputCheck } from './inputCheck.ts';
import { existing, refuseEmpty } from './item.ts';
import { Problem } from './problem.ts';

const Credential = Type.String({
  minLength: 1,
  maxLength: 128,
  description: 'a text of 1 to 128 characters',
});
const MaxCalls = Type.Integer({ minimum: 1, maximum: 1_000_000, description: 'a number of calls from 1' });
const CallsPerSecond = Type.Integer({
  minimum: 1,
  maximum: 100_000,
  description: 'a number of calls from 1 that may begin in a second, both ways together',
});

const settings = {
  port: Type.Optional(Port),
  transport: Type.Optional(Type.Enum(['udp', 'tcp', 'tls'], { description: 'udp, tcp or tls' })),
  sources: Type.Optional(
    Type.Array(AddressRange, {
      maxItems: 256,
      description: 'an array of address ranges the carrier sends from',
    }),
  ),
  priority: Type.Optional(
    Type.Integer({ minimum: 0, maximum: 65_535, description: 'a number from 0; lower is tried first' }),
  ),
  weight: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 65_535, description: 'a number from 1 to 65535' }),
  ),
  enabled: Type.Optional(Type.Boolean({ description: 'true or false' })),
};

export const NewTrunkBody = Type.Object(
  {
    name: Name,
    host: Host,
    ...settings,
    username: Type.Optional(Credential),
    password: Type.Optional(Credential),
    maxCalls: Type.Optional(MaxCalls),
    callsPerSecond: Type.Optional(CallsPerSecond),
  },
  { additionalProperties: false, description: 'a JSON object' },
);

export const TrunkPatch = Type.Object(
  {
    host: Type.Optional(Host),
    ...settings,
    username: Type.Optional(Type.Union([Credential, Type.Null()], { description: 'a text, or null' })),
    password: Type.Optional(Type.Union([Credential, Type.Null()], { description: 'a text, or null' })),
    maxCalls: Type.Optional(
      Type.Union([MaxCalls, Type.Null()], { description: 'a number of calls from 1, or null' }),
    ),
    callsPerSecond: Type.Optional(
      Type.Union([CallsPerSecond, Type.Null()], { description: 'calls that may begin in a second, or null' }),
    ),
  },
  { additionalProperties: false, description: 'a JSON object' },
);

/** Carriers' SIP trunks. A password can be set and never read. */
export function trunkRoutes(fastify: FastifyInstance, { sql, sealer, changes }: AdminApiOptions): void {
  const checkNew = inputCheck(NewTrunkBody);
  const checkPatch = inputCheck(TrunkPatch);

  fastify.post('/trunks', async (request, reply) => {
    const given = checkNew(request.body);
    if (given.password !== undefined && given.username === undefined) {
      throw new Problem('invalid-body', 'username: expected the user name that belongs to the password.');
    }
    const trunk = await insertTrunk(sql, sealer, given).catch((error: unknown) => {
      if (error instanceof StoreError && error.code === 'ALREADY_EXISTS') {
        throw new Problem('already-exists', `There is a trunk ${JSON.stringify(given.name)} already.`);
      }
      throw error;
    });
    changes.publish({ trunks: true });
    reply.code(201).header('location', `/admin/v1/trunks/${encodeURIComponent(trunk.name)}`);
    return describe(trunk);
  });

  fastify.get('/trunks', async () => ({ items: (await listTrunks(sql, sealer)).map(describe) }));

  fastify.get<{ Params: { name: string } }>('/trunks/:name', async ({ params: { name } }) =>
    describe(existing('trunk', name, await getTrunk(sql, sealer, name))),
  );

  fastify.patch<{ Params: { name: string } }>('/trunks/:name', async ({ params: { name }, body }) => {
    const patch = checkPatch(body);
    refuseEmpty(patch);
    const trunk = existing('trunk', name, await updateTrunk(sql, sealer, name, patch));
    changes.publish({ trunks: true });
    return describe(trunk);
  });

  fastify.delete<{ Params: { name: string } }>('/trunks/:name', async ({ params: { name } }, reply) => {
    existing('trunk', name, (await deleteTrunk(sql, name)) || undefined);
    changes.publish({ trunks: true });
    return reply.code(204).send();
  });
}

function describe({
  password,
  ...trunk
}: Trunk): Omit<Trunk, 'password'> & { readonly passwordSet: boolean } {
  return { ...trunk, passwordSet: password !== undefined };
}
