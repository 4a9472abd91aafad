import { randomUUID } from 'node:crypto';
import { maskNumber } from '../../routing/numbers.ts';
import type { App } from '../store/apps.ts';
import {
  type AxbRow,
  type BindOutcome,
  deleteAxbBindings,
  deleteAxbBindingsOfX,
  type EndedBinding,
  insertAxbBindings,
  listAxbBindings,
  type NewAxbRow,
} from '../store/axbBindings.ts';
import type { BatchedStatement } from '../store/BatchedStatement.ts';
import { type BindingId, getAxbBindings } from '../store/bindingsById.ts';
import { type AxbChange, type ChangeOutcome, changeAxbBindings } from '../store/changeAxbBindings.ts';
import { getNumber } from '../store/numbers.ts';
import { bindingOf, columnsOf, newRowOf } from './axbRows.ts';
import type { AxbBinding, AxbBindRequest, AxbChanges, AxbQuery, AxbUnbind } from './axbTypes.ts';
import { BindingError } from './BindingError.ts';
import type { ModeOptions } from './Bindings.ts';
import { checkRecording, isSubscriptionId, subscriptionIdOf } from './bindingRules.ts';
import { wantedXOf } from './PlaceSearch.ts';
import { sharedStatement } from './sharedStatement.ts';

/** An X may carry thousands of bindings: ended in parts, they keep no other writer waiting for long. */
const LARGEST_UNBIND = 500;

/**
 * AXB bindings (facts 2): A and B reach each other by dialling X.
 *
 * The rules that concern one X or one application are kept by the database (migration 007), so that they hold for all
 * nodes; those that a request answers by itself are checked here. Binds that come together share a statement, and so
 * do changes and unbinds. A change is seen by this node's next call before the promise resolves.
 */
export class AxbBindings {
  readonly #options: ModeOptions;
  readonly #binds: BatchedStatement<NewAxbRow, BindOutcome>;
  readonly #changes: BatchedStatement<AxbChange, ChangeOutcome>;
  readonly #unbinds: BatchedStatement<BindingId, EndedBinding | 'no-such-binding'>;
  readonly #reads: BatchedStatement<BindingId, AxbRow | null>;

  constructor(options: ModeOptions) {
    const { sql } = options;
    this.#options = options;
    this.#binds = sharedStatement((rows) => insertAxbBindings(sql, rows, this.#now()));
    this.#changes = sharedStatement((changes) => changeAxbBindings(sql, changes, this.#now()));
    this.#unbinds = sharedStatement(async (ids) => {
      const ended = await deleteAxbBindings(sql, ids, this.#now());
      return ended.map((each) => each ?? 'no-such-binding');
    });
    this.#reads = sharedStatement((ids) => getAxbBindings(sql, ids, this.#now()));
  }

  /**
   * Binds A and B to an X: the one asked for, else one of where PlaceSearch looks for it. Of several, the X with the
   * fewest bindings is taken, and of those the one that was released the longest time ago. A binding whose time is over
   * never stands in the way.
   * @throws BindingError, StoreError
   */
  async bind(app: App, request: AxbBindRequest): Promise<AxbBinding> {
    checkRecording(app, request);
    if (request.callerNum === request.calleeNum) {
      throw new BindingError('number-already-bound', maskNumber(request.callerNum));
    }
    await this.#options.announcements.check([
      request.recordHintTone,
      request.lastMinVoice,
      request.preVoice.callerHintTone,
      request.preVoice.calleeHintTone,
    ]);
    const { sealer, changes, places } = this.#options;
    const subscribedAt = this.#now();
    const wanted = wantedXOf(places, request.relationNum, request.callerNum, request);
    const row = newRowOf(app.appKey, randomUUID(), request, wanted, subscribedAt, sealer);
    const result = await this.#binds.submit(row);
    if (result.outcome !== 'bound') throw refusalOf(result, row, request);
    changes.publish({ numbers: [result.x] });
    const { areaCode: _areaCode, areaMatchMode: _areaMatchMode, ...terms } = request;
    return { ...terms, subscriptionId: row.subscriptionId, relationNum: result.x, subscribedAt };
  }

  /**
   * Ends one binding, or all of an X. Calls in progress go on.
   * @throws BindingError no-such-binding, x-not-of-application; StoreError
   */
  async unbind(app: App, { subscriptionId, relationNum }: AxbUnbind): Promise<void> {
    if (subscriptionId !== undefined) await this.#unbindOne(app, subscriptionId);
    else await this.#unbindAll(app, relationNum ?? '');
  }

  /**
   * Changes a binding; what is not given stays. A duration restarts the clock from now (facts 2.3).
   * @throws BindingError, StoreError
   */
  async modify(app: App, id: string, wanted: AxbChanges): Promise<void> {
    checkRecording(app, wanted);
    await this.#options.announcements.check([
      wanted.recordHintTone,
      wanted.lastMinVoice,
      wanted.preVoice?.callerHintTone,
      wanted.preVoice?.calleeHintTone,
    ]);
    const subscriptionId = subscriptionIdOf(id);
    const { sealer, changes } = this.#options;
    const { columns, expiresAt } = columnsOf(wanted, this.#now(), sealer);
    const result = await this.#changes.submit({ appKey: app.appKey, subscriptionId, columns, expiresAt });
    switch (result.outcome) {
      case 'changed':
        return changes.publish({ numbers: [result.x] });
      case 'no-such-binding':
        throw new BindingError('no-such-binding');
      case 'number-already-bound': {
        const isCaller = columns.aDigest?.equals(result.taken);
        const number = isCaller ? wanted.callerNum : wanted.calleeNum;
        throw new BindingError('number-already-bound', maskNumber(number ?? ''));
      }
    }
  }

  /**
   * Live bindings: one by its id, or those of an X, of which `callerNum` and `calleeNum` pick one (facts 2.4).
   * @throws StoreError
   */
  async query(app: App, query: AxbQuery): Promise<{ items: AxbBinding[]; totalCount: number }> {
    const { sql, sealer } = this.#options;
    const { subscriptionId } = query;
    if (subscriptionId !== undefined) {
      if (!isSubscriptionId(subscriptionId)) return { items: [], totalCount: 0 };
      const row = await this.#reads.submit({ appKey: app.appKey, subscriptionId });
      const items = row === null ? [] : [bindingOf(row, sealer)];
      return { items, totalCount: items.length };
    }
    const digestOf = (number: string | undefined): Buffer | undefined =>
      number === undefined ? undefined : sealer.digest(number);
    const filter = {
      appKey: app.appKey,
      x: query.relationNum ?? '',
      aDigest: digestOf(query.callerNum),
      bDigest: digestOf(query.calleeNum),
      at: this.#now(),
    };
    const offset = (query.pageIndex - 1) * query.pageSize;
    const { rows, total } = await listAxbBindings(sql, filter, { limit: query.pageSize, offset });
    return { items: rows.map((row) => bindingOf(row, sealer)), totalCount: total };
  }

  /** Resolves when nothing is under way that requests share. */
  async idle(): Promise<void> {
    const shared = [this.#binds, this.#changes, this.#unbinds, this.#reads];
    await Promise.all(shared.map((each) => each.idle()));
  }

  #now(): Date {
    return new Date(this.#options.clock());
  }

  async #unbindOne(app: App, id: string): Promise<void> {
    const subscriptionId = subscriptionIdOf(id);
    const ended = await this.#unbinds.submit({ appKey: app.appKey, subscriptionId });
    if (ended === 'no-such-binding') throw new BindingError('no-such-binding');
    this.#options.changes.publish({ numbers: [ended.x] });
  }

  async #unbindAll(app: App, x: string): Promise<void> {
    const { sql, changes } = this.#options;
    const number = await getNumber(sql, x);
    if (number?.appKey !== app.appKey) throw new BindingError('x-not-of-application', maskNumber(x));
    let ended = 0;
    for (;;) {
      const { length } = await deleteAxbBindingsOfX(sql, app.appKey, x, LARGEST_UNBIND);
      ended += length;
      changes.publish({ numbers: [x] });
      if (length < LARGEST_UNBIND) break;
    }
    if (ended === 0) throw new BindingError('no-such-binding');
  }
}

function refusalOf(
  result: Exclude<BindOutcome, { outcome: 'bound' }>,
  row: NewAxbRow,
  request: AxbBindRequest,
): BindingError {
  switch (result.outcome) {
    case 'number-already-bound': {
      const isCaller = result.taken?.equals(row.aDigest);
      return new BindingError(result.outcome, maskNumber(isCaller ? request.callerNum : request.calleeNum));
    }
    case 'x-not-of-application':
    case 'x-status-abnormal':
    case 'too-many-bindings':
      return new BindingError(result.outcome, maskNumber(request.relationNum ?? ''));
    case 'no-free-x':
      return new BindingError(result.outcome);
  }
}
