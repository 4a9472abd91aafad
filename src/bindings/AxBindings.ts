import { randomUUID } from 'node:crypto';
import { maskNumber } from '../../routing/numbers.ts';
import type { App } from '../store/apps.ts';
import {
  type AxBindOutcome,
  type AxKey,
  type AxRow,
  deleteAxBindings,
  insertAxBindings,
  listAxBindings,
  type NewAxRow,
  setTemporaryCallee,
  updateAxBinding,
} from '../store/axBindings.ts';
import type { BatchedStatement } from '../store/BatchedStatement.ts';
import { type BindingId, getAxBindings } from '../store/bindingsById.ts';
import { getNumber } from '../store/numbers.ts';
import { bindingOf, newRowOf, termColumnsOf } from './axRows.ts';
import type { AxBinding, AxBindRequest, AxChanges, AxQuery, AxTarget, AxTemporaryCallee } from './axTypes.ts';
import { BindingError } from './BindingError.ts';
import type { ModeOptions } from './Bindings.ts';
import { checkRecording, subscriptionIdOf } from './bindingRules.ts';
import { wantedXOf } from './PlaceSearch.ts';
import { sharedStatement } from './sharedStatement.ts';

const MS_PER_SECOND = 1000;

/**
 * AX bindings (facts 3): everyone reaches A by dialling X; A reaches through X whom the customer has named for the
 * next call. One X has one A, who may hold a few X; a binding stands until it is ended.
 *
 * Which X is whose is decided by the database (migration 010), for all nodes. A change is seen by this node's next call
 * before the promise resolves.
 */
export class AxBindings {
  readonly #options: ModeOptions;
  readonly #binds: BatchedStatement<NewAxRow, AxBindOutcome>;
  readonly #unbinds: BatchedStatement<{ appKey: string; key: AxKey }, string | null>;
  readonly #reads: BatchedStatement<BindingId, AxRow | null>;

  constructor(options: ModeOptions) {
    const { sql } = options;
    this.#options = options;
    this.#binds = sharedStatement((rows) => insertAxBindings(sql, rows));
    this.#unbinds = sharedStatement((meant) => deleteAxBindings(sql, meant));
    this.#reads = sharedStatement((ids) => getAxBindings(sql, ids));
  }

  /**
   * Binds A to an X: the one asked for, else a free one of where PlaceSearch looks for it; of several, the one that was
   * released the longest time ago.
   * @throws BindingError, StoreError
   */
  async bind(app: App, request: AxBindRequest): Promise<AxBinding> {
    await this.#checkTerms(app, request);
    const { sealer, changes, places } = this.#options;
    const { privateNum, areaCode: _areaCode, areaMatchMode: _areaMatchMode, ...terms } = request;
    const subscriptionId = randomUUID();
    const wanted = wantedXOf(places, privateNum, request.origNum, request);
    const row = newRowOf(app.appKey, subscriptionId, request, wanted, this.#now(), sealer);
    const result = await this.#binds.submit(row);
    switch (result.outcome) {
      case 'bound':
        changes.publish({ numbers: [result.x] });
        return { ...terms, subscriptionId, privateNum: result.x };
      case 'no-free-x':
        throw new BindingError(result.outcome);
      case 'too-many-x':
        throw new BindingError(result.outcome, maskNumber(request.origNum));
      default:
        throw new BindingError(result.outcome, maskNumber(privateNum ?? ''));
    }
  }

  /**
   * Ends a binding, and with it what is known of who called. A call in progress goes on.
   * @throws BindingError no-such-binding, x-not-of-application; StoreError
   */
  async unbind(app: App, target: AxTarget): Promise<void> {
    const x = await this.#unbinds.submit({ appKey: app.appKey, key: this.#keyOf(target) });
    if (x === null) throw await this.#missing(app, target);
    this.#options.changes.publish({ numbers: [x] });
  }

  /**
   * Changes a binding; what is not given stays (facts 3.3).
   * @throws BindingError, StoreError
   */
  async modify(app: App, target: AxTarget, wanted: AxChanges): Promise<void> {
    await this.#checkTerms(app, wanted);
    const { sql, changes } = this.#options;
    const columns = termColumnsOf(wanted, this.#now());
    const x = await updateAxBinding(sql, app.appKey, this.#keyOf(target), columns);
    if (x === undefined) throw await this.#missing(app, target);
    changes.publish({ numbers: [x] });
  }

  /**
   * Names whom A reaches with the next call, in place of whoever was named before (facts 3.5). A's own calls are
   * routed by what the database says at that moment: there is nothing to tell.
   * @throws BindingError, StoreError
   */
  async setTemporaryCallee(app: App, target: AxTarget, callee: AxTemporaryCallee): Promise<void> {
    const { sql, sealer, clock } = this.#options;
    const key = this.#keyOf(target);
    const columns = {
      callee_id: randomUUID(),
      callee_sealed: sealer.seal(callee.calleeNum),
      callee_expires_at: new Date(clock() + callee.duration * MS_PER_SECOND),
      callee_user_data: callee.userData ?? null,
    };
    const isSet = await setTemporaryCallee(sql, app.appKey, key, columns, sealer.digest(callee.calleeNum));
    if (isSet) return;
    const [binding] = await listAxBindings(sql, app.appKey, key);
    if (binding === undefined) throw await this.#missing(app, target);
    throw new BindingError('number-already-bound', maskNumber(callee.calleeNum));
  }

  /**
   * The binding with an id or of an X, or those of an A, the oldest first.
   * @throws BindingError no-such-binding when there is none; StoreError
   */
  async query(app: App, query: AxQuery): Promise<AxBinding[]> {
    const { sealer } = this.#options;
    const rows = await this.#read(app, query);
    if (rows.length === 0) throw new BindingError('no-such-binding');
    return rows.map((row) => bindingOf(row, sealer));
  }

  /** Resolves when nothing is under way that requests share. */
  async idle(): Promise<void> {
    await Promise.all([this.#binds.idle(), this.#unbinds.idle(), this.#reads.idle()]);
  }

  async #read({ appKey }: App, query: AxQuery): Promise<AxRow[]> {
    const { sql, sealer } = this.#options;
    if ('subscriptionId' in query) {
      const subscriptionId = subscriptionIdOf(query.subscriptionId);
      const row = await this.#reads.submit({ appKey, subscriptionId });
      return row === null ? [] : [row];
    }
    const key = 'privateNum' in query ? this.#keyOf(query) : { aDigest: sealer.digest(query.origNum) };
    return listAxBindings(sql, appKey, key);
  }

  #now(): Date {
    return new Date(this.#options.clock());
  }

  async #checkTerms(app: App, terms: AxChanges): Promise<void> {
    checkRecording(app, terms);
    const { recordHintTone, lastMinVoice, preVoice = {} } = terms;
    const { callerHintTone, calleeHintTone } = preVoice;
    await this.#options.announcements.check([recordHintTone, lastMinVoice, callerHintTone, calleeHintTone]);
  }

  /** @throws BindingError no-such-binding for an id that can be none */
  #keyOf(target: AxTarget): AxKey {
    if ('subscriptionId' in target) return { subscriptionId: subscriptionIdOf(target.subscriptionId) };
    const { privateNum: x, origNum } = target;
    return { x, aDigest: origNum === undefined ? undefined : this.#options.sealer.digest(origNum) };
  }

  /** Why there is no such binding. */
  async #missing(app: App, target: AxTarget): Promise<BindingError> {
    if ('privateNum' in target) {
      const number = await getNumber(this.#options.sql, target.privateNum);
      if (number?.appKey !== app.appKey) {
        return new BindingError('x-not-of-application', maskNumber(target.privateNum));
      }
    }
    return new BindingError('no-such-binding');
  }
}
