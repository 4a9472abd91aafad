import { randomUUID } from 'node:crypto';
import { maskNumber } from '../../routing/numbers.ts';
import type { App } from '../store/apps.ts';
import {
  type AxeBindOutcome,
  type AxeKey,
  type AxeRow,
  deleteAxeBindings,
  getAxeBinding,
  insertAxeBindings,
  listAxeBindings,
  type NewAxeRow,
  updateAxeBinding,
} from '../store/axeBindings.ts';
import type { BatchedStatement } from '../store/BatchedStatement.ts';
import { type BindingId, getAxeBindings } from '../store/bindingsById.ts';
import { getNumber } from '../store/numbers.ts';
import { bindingOf, changedColumnsOf, newRowOf } from './axeRows.ts';
import type { AxeBinding, AxeBindRequest, AxeChanges, AxeListQuery, AxeTarget } from './axeTypes.ts';
import { BindingError } from './BindingError.ts';
import type { ModeOptions } from './Bindings.ts';
import { checkRecording, subscriptionIdOf } from './bindingRules.ts';
import { wantedXOf } from './PlaceSearch.ts';
import { sharedStatement } from './sharedStatement.ts';

/**
 * AXE bindings (facts 4): who dials X and types the extension E reaches A. One X has many A, each with an extension of
 * his own, and has an A only once.
 *
 * Which X and extension is whose is decided by the database (migration 011), for all nodes. A change is seen by this
 * node's next call before the promise resolves.
 */
export class AxeBindings {
  readonly #options: ModeOptions;
  readonly #binds: BatchedStatement<NewAxeRow, AxeBindOutcome>;
  readonly #unbinds: BatchedStatement<{ appKey: string; key: AxeKey }, string | null>;
  readonly #reads: BatchedStatement<BindingId, AxeRow | null>;

  constructor(options: ModeOptions) {
    const { sql } = options;
    this.#options = options;
    this.#binds = sharedStatement((rows) => insertAxeBindings(sql, rows, this.#now()));
    this.#unbinds = sharedStatement((meant) => deleteAxeBindings(sql, meant, this.#now()));
    this.#reads = sharedStatement((ids) => getAxeBindings(sql, ids, this.#now()));
  }

  /**
   * Binds A to an X (the one asked for, else one of where PlaceSearch looks for it, of which the one with the fewest
   * bindings is taken) and an extension on it: the one asked for, else a free one.
   * @throws BindingError, StoreError
   */
  async bind(app: App, request: AxeBindRequest): Promise<AxeBinding> {
    checkExtension(app, request.extendNum);
    await this.#checkTerms(app, request);
    const { sealer, changes, places } = this.#options;
    const { virtualNum, areaCode: _areaCode, areaMatchMode: _areaMatchMode, extendNum, ...terms } = request;
    const subscriptionId = randomUUID();
    const wanted = {
      ...wantedXOf(places, virtualNum, request.bindNum, request),
      extension: extendNum,
      digits: app.extensionDigits,
    };
    const row = newRowOf(app.appKey, subscriptionId, request, wanted, this.#now(), sealer);
    const result = await this.#binds.submit(row);
    switch (result.outcome) {
      case 'bound':
        changes.publish({ numbers: [result.x] });
        return { ...terms, subscriptionId, virtualNum: result.x, extendNum: result.extension };
      case 'no-free-x':
      case 'no-free-extension':
      case 'extension-taken':
        throw new BindingError(result.outcome);
      case 'binding-exists':
        throw new BindingError(result.outcome, maskNumber(request.bindNum));
      default:
        throw new BindingError(result.outcome, maskNumber(virtualNum ?? ''));
    }
  }

  /**
   * Ends a binding, and with it what is known of who called. A call in progress goes on.
   * @throws BindingError no-such-binding, x-not-of-application; StoreError
   */
  async unbind(app: App, target: AxeTarget): Promise<void> {
    const x = await this.#unbinds.submit({ appKey: app.appKey, key: keyOf(target) });
    if (x === null) throw await this.#missing(app, target);
    this.#options.changes.publish({ numbers: [x] });
  }

  /**
   * Changes a binding; what is not given stays. A `bindExpiredTime` starts its clock again; who was remembered before
   * stays remembered for as long as was said then.
   * @throws BindingError, StoreError
   */
  async modify(app: App, target: AxeTarget, wanted: AxeChanges): Promise<void> {
    await this.#checkTerms(app, wanted);
    const { sql, sealer, changes } = this.#options;
    const key = keyOf(target);
    const at = this.#now();
    // The unit of a bind never changes: nothing can come between reading it and the change.
    const bound = await getAxeBinding(sql, app.appKey, key, at);
    if (bound === undefined) throw await this.#missing(app, target);
    const { columns, expiresAt } = changedColumnsOf(wanted, bound.time_unit, at, sealer);
    const x = await updateAxeBinding(sql, app.appKey, key, columns, expiresAt, at);
    if (x === undefined) throw await this.#missing(app, target);
    changes.publish({ numbers: [x] });
  }

  /**
   * One live binding.
   * @throws BindingError no-such-binding, x-not-of-application; StoreError
   */
  async query(app: App, target: AxeTarget): Promise<AxeBinding> {
    const row = await this.#read(app.appKey, keyOf(target));
    if (row === undefined) throw await this.#missing(app, target);
    return bindingOf(row, this.#options.sealer);
  }

  /**
   * Live bindings of the application, or of one X, in the order of binding.
   * @returns `nextCursor`: where the next page begins; undefined after the last one
   * @throws StoreError
   */
  async list(
    app: App,
    { virtualNum, cursor, limit }: AxeListQuery,
  ): Promise<{ items: AxeBinding[]; nextCursor: string | undefined }> {
    const { sql, sealer } = this.#options;
    const page = { x: virtualNum, after: cursor, limit: limit + 1 };
    const rows = await listAxeBindings(sql, app.appKey, page, this.#now());
    const shown = rows.slice(0, limit);
    return {
      items: shown.map((row) => bindingOf(row, sealer)),
      nextCursor: rows.length > limit ? shown.at(-1)?.ordinal : undefined,
    };
  }

  /** Resolves when nothing is under way that requests share. */
  async idle(): Promise<void> {
    await Promise.all([this.#binds.idle(), this.#unbinds.idle(), this.#reads.idle()]);
  }

  async #read(appKey: string, key: AxeKey): Promise<AxeRow | undefined> {
    if ('x' in key) return getAxeBinding(this.#options.sql, appKey, key, this.#now());
    return (await this.#reads.submit({ appKey, ...key })) ?? undefined;
  }

  #now(): Date {
    return new Date(this.#options.clock());
  }

  async #checkTerms(app: App, terms: AxeChanges): Promise<void> {
    checkRecording(app, terms);
    await this.#options.announcements.check([terms.recordHintTone, terms.callbackTone]);
  }

  /** Why there is no such binding. */
  async #missing(app: App, target: AxeTarget): Promise<BindingError> {
    if ('virtualNum' in target) {
      const number = await getNumber(this.#options.sql, target.virtualNum);
      if (number?.appKey !== app.appKey) {
        return new BindingError('x-not-of-application', maskNumber(target.virtualNum));
      }
    }
    return new BindingError('no-such-binding');
  }
}

/** @throws BindingError no-such-binding for an id that can be none */
function keyOf(target: AxeTarget): AxeKey {
  return 'subscriptionId' in target
    ? { subscriptionId: subscriptionIdOf(target.subscriptionId) }
    : { x: target.virtualNum, extension: target.extendNum };
}

/** An extension has as many digits as the application says, and is none of zeros alone (facts 4.1 and 11, C11). */
function checkExtension({ extensionDigits: digits }: App, extension: string | undefined): void {
  if (
    extension === undefined ||
    (/^\d+$/.test(extension) && extension.length === digits && Number(extension) > 0)
  ) {
    return;
  }
  const range = `${'1'.padStart(digits, '0')} to ${'9'.repeat(digits)}`;
  throw new BindingError(
    'value-out-of-range',
    `extendNum: expected ${digits} digits from ${range}, got ${extension}`,
  );
}
