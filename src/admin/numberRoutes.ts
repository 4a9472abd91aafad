import type { FastifyInstance } from 'fastify';
import { getApp } from '../store/apps.ts';
import type { Sql } from '../store/database.ts';
import { type ChangedNumbers, deleteNumber, moveNumbers, setNumberStates } from '../store/numberChanges.ts';
import {
  getNumber,
  insertNumbers,
  listNumbers,
  type NewNumber,
  type StoredNumber,
  updateAreaCode,
} from '../store/numbers.ts';
import { StoreError } from '../store/StoreError.ts';
import { maskText } from '../telemetry/fault.ts';
import type { AdminApiOptions } from './adminApi.ts';
import { inputCheck } from './inputCheck.ts';
import { existing, refuseEmpty } from './item.ts';
import {
  MoveBody,
  MovesBody,
  NewNumbersBody,
  NumberPatch,
  NumbersQuery,
  newStateOf,
  StatesBody,
} from './numberFields.ts';
import { MOST_ITEMS } from './pages.ts';
import { Problem } from './problem.ts';

/** X numbers: made, shown, given a state, moved to another application, deleted. */
export function numberRoutes(fastify: FastifyInstance, options: AdminApiOptions): void {
  const { sql, sealer, changes, life, sendFiled } = options;
  const writer = { sealer, life };
  const checkNew = inputCheck(NewNumbersBody);
  const checkPatch = inputCheck(NumberPatch);
  const checkStates = inputCheck(StatesBody);
  const checkMove = inputCheck(MoveBody);
  const checkMoves = inputCheck(MovesBody);
  const checkQuery = inputCheck(NumbersQuery, 'invalid-query');

  /** Tells the caches of this node, and sends what was filed. */
  const publish = <Changed extends Pick<ChangedNumbers, 'concerned' | 'told'>>(changed: Changed): Changed => {
    changes.publish({ numbers: changed.concerned });
    for (const appKey of changed.told) sendFiled(appKey);
    return changed;
  };

  const checkAppExists = async (appKey: string): Promise<void> => {
    if ((await getApp(sql, sealer, appKey)) !== undefined) return;
    throw new Problem('invalid-body', `appKey: there is no application ${JSON.stringify(maskText(appKey))}.`);
  };

  fastify.post('/numbers', async (request, reply) => {
    const { appKey, numbers } = checkNew(request.body);
    await checkAppExists(appKey);
    const items = await insertAll(sql, appKey, numbers);
    changes.publish({ numbers: items.map((item) => item.number) });
    reply.code(201);
    return { items };
  });

  fastify.get('/numbers', async (request) => {
    const { appKey, state, after, limit } = checkQuery(request.query);
    const most = Number(limit ?? MOST_ITEMS);
    const items = await listNumbers(sql, appKey, {
      ...(state !== undefined && { state }),
      ...(after !== undefined && { after }),
      limit: most,
    });
    return { items, ...(items.length === most && { next: items.at(-1)?.number }) };
  });

  fastify.get<{ Params: { number: string } }>('/numbers/:number', async ({ params: { number } }) =>
    existing('number', number, await getNumber(sql, number)),
  );

  fastify.patch<{ Params: { number: string } }>('/numbers/:number', async ({ params: { number }, body }) => {
    const patch = checkPatch(body);
    refuseEmpty(patch);
    const { state, areaCode, cause } = patch;
    if (state !== undefined) {
      const { items } = publish(await setNumberStates(sql, writer, [number], newStateOf(state, patch)));
      return existing('number', number, items[0]);
    }
    if (cause !== undefined || areaCode === undefined)
      throw new Problem('invalid-body', 'cause: expected together with a state.');
    const item = existing('number', number, await updateAreaCode(sql, number, areaCode));
    changes.publish({ numbers: [number] });
    return item;
  });

  fastify.post('/numbers/state', async (request) => {
    const { numbers, state, ...rest } = checkStates(request.body);
    const { items, endedBindings } = publish(
      await setNumberStates(sql, writer, numbers, newStateOf(state, rest)),
    );
    return { items, endedBindings };
  });

  fastify.post('/numbers/move', async (request) => {
    const { numbers, appKey } = checkMoves(request.body);
    await checkAppExists(appKey);
    const { items, endedBindings } = publish(await moveNumbers(sql, writer, numbers, appKey));
    return { items, endedBindings };
  });

  fastify.post<{ Params: { number: string } }>(
    '/numbers/:number/move',
    async ({ params: { number }, body }) => {
      const { appKey } = checkMove(body);
      await checkAppExists(appKey);
      const { items, endedBindings } = publish(await moveNumbers(sql, writer, [number], appKey));
      return { ...existing('number', number, items[0]), endedBindings };
    },
  );

  fastify.delete<{ Params: { number: string } }>(
    '/numbers/:number',
    async ({ params: { number } }, reply) => {
      const { outcome, told } = await deleteNumber(sql, writer, number);
      switch (outcome) {
        case 'unknown':
          return existing('number', number, undefined);
        case 'in-use':
          throw new Problem('in-use', `Bindings stand on ${number}: unbind them first.`);
        case 'deleted':
          publish({ concerned: [number], told });
          return reply.code(204).send();
      }
    },
  );
}

async function insertAll(sql: Sql, appKey: string, numbers: readonly NewNumber[]): Promise<StoredNumber[]> {
  const seen = new Set<string>();
  for (const { number } of numbers) {
    if (seen.has(number)) throw new Problem('invalid-body', `numbers: ${number} is named twice.`);
    seen.add(number);
  }
  try {
    return await insertNumbers(sql, appKey, numbers);
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== 'ALREADY_EXISTS') throw error;
    for (const number of seen) {
      const owner = (await getNumber(sql, number))?.appKey;
      if (owner !== undefined)
        throw new Problem('already-exists', `${number} belongs to application ${owner}.`);
    }
    throw error;
  }
}
