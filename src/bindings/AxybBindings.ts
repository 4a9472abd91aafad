import { randomUUID } from 'node:crypto';
import { maskNumber } from '../../routing/numbers.ts';
import type { App } from '../store/apps.ts';
import {
  type AxybEnding,
  type AxybOutcome,
  type AxybRow,
  deleteAxybBindings,
  insertAxybBindings,
  insertAxybRelations,
  listAxybBindings,
  type NewAxybRow,
  type NewRelationRow,
  type RelationOutcome,
} from '../store/axybBindings.ts';
import type { BatchedStatement } from '../store/BatchedStatement.ts';
import { type BindingId, getAxybBindings } from '../store/bindingsById.ts';
import { bindingOf, newRowOf, relationRowOf } from './axybRows.ts';
import type {
  AxybBinding,
  AxybBindRequest,
  AxybQuery,
  AxybRelateRequest,
  AxybRelationTarget,
} from './axybTypes.ts';
import { BindingError } from './BindingError.ts';
import type { ModeOptions } from './Bindings.ts';
import { checkRecording, subscriptionIdOf } from './bindingRules.ts';
import { sharedStatement } from './sharedStatement.ts';

/**
 * AXYB bindings (facts 5): A reaches each B by dialling the Y of that B, and all of them reach A by dialling X. They
 * are made in two steps: A with an X, then each B with a Y. X and Y come from the same numbers of the application; one
 * that serves as Y is nobody's X meanwhile.
 *
 * Which X and Y is whose is decided by the database (migration 013), for all nodes. A change is seen by this node's next
 * call before the promise resolves.
 */
export class AxybBindings {
  readonly #options: ModeOptions;
  readonly #binds: BatchedStatement<NewAxybRow, AxybOutcome>;
  readonly #relations: BatchedStatement<NewRelationRow, RelationOutcome>;
  readonly #endings: BatchedStatement<AxybEnding, string[] | null>;
  readonly #reads: BatchedStatement<BindingId, readonly AxybRow[]>;

  constructor(options: ModeOptions) {
    const { sql } = options;
    this.#options = options;
    this.#binds = sharedStatement((rows) => insertAxybBindings(sql, rows, this.#now()));
    this.#relations = sharedStatement((rows) => insertAxybRelations(sql, rows, this.#now()));
    this.#endings = sharedStatement((meant) => deleteAxybBindings(sql, meant, this.#now()));
    this.#reads = sharedStatement((ids) => getAxybBindings(sql, ids, this.#now()));
  }

  /**
   * Binds A to an X.
   * @returns the id of the binding, and its X
   * @throws BindingError, StoreError
   */
  async bind(app: App, request: AxybBindRequest): Promise<{ subscriptionId: string; x: string }> {
    checkRecording(app, request);
    await this.#options.announcements.check([request.recordHintTone, request.preVoiceX]);
    const { sealer, changes, places } = this.#options;
    const subscriptionId = randomUUID();
    const place = places.placeFor(request.origNum, request);
    const row = newRowOf(app.appKey, subscriptionId, request, place, this.#now(), sealer);
    const result = await this.#binds.submit(row);
    switch (result.outcome) {
      case 'bound':
        changes.publish({ numbers: [result.x] });
        return { subscriptionId, x: result.x };
      case 'too-many-x':
        throw new BindingError(result.outcome, maskNumber(request.origNum));
      case 'no-free-x':
        throw new BindingError(result.outcome);
    }
  }

  /**
   * Binds a B to a Y, for the A of a binding.
   * @returns the Y
   * @throws BindingError, StoreError
   */
  async relate(app: App, request: AxybRelateRequest): Promise<string> {
    const subscriptionId = subscriptionIdOf(request.subscriptionId);
    await this.#options.announcements.check([request.preVoiceY]);
    const { sealer, changes, places } = this.#options;
    // Without a city nobody says that Y must be of B's.
    const place = places.placeFor(request.origNum, request.areaCode === undefined ? {} : request);
    const row = relationRowOf(app.appKey, subscriptionId, request, place, this.#now(), sealer);
    const result = await this.#relations.submit(row);
    switch (result.outcome) {
      case 'bound':
        changes.publish({ numbers: [result.x, result.y] });
        return result.y;
      case 'number-already-bound':
      case 'binding-exists':
        throw new BindingError(result.outcome, maskNumber(request.origNum));
      case 'no-such-binding':
      case 'no-free-x':
        throw new BindingError(result.outcome);
    }
  }

  /**
   * Ends a binding with all its relations. Calls in progress go on.
   * @throws BindingError no-such-binding; StoreError
   */
  async unbind(app: App, id: string): Promise<void> {
    await this.#end({ appKey: app.appKey, subscriptionId: subscriptionIdOf(id) });
  }

  /**
   * Ends one relation of a binding; the others go on.
   * @throws BindingError no-such-binding; StoreError
   */
  async unrelate(app: App, id: string, target: AxybRelationTarget): Promise<void> {
    const { sealer } = this.#options;
    const relation = 'yNum' in target ? { y: target.yNum } : { bDigest: sealer.digest(target.bNum) };
    await this.#end({ appKey: app.appKey, subscriptionId: subscriptionIdOf(id), relation });
  }

  /**
   * Live bindings, one item for each live relation, or one where there is none (facts 5.3).
   * @throws BindingError no-such-binding when there is none; StoreError
   */
  async query(app: App, query: AxybQuery): Promise<AxybBinding[]> {
    const { sql, sealer } = this.#options;
    const { appKey } = app;
    const rows =
      'subscriptionId' in query
        ? await this.#reads.submit({ appKey, subscriptionId: subscriptionIdOf(query.subscriptionId) })
        : await listAxybBindings(sql, appKey, query.relationNum, this.#now());
    if (rows.length === 0) throw new BindingError('no-such-binding');
    return rows.map((row) => bindingOf(row, sealer));
  }

  /** Resolves when nothing is under way that requests share. */
  async idle(): Promise<void> {
    const shared = [this.#binds, this.#relations, this.#endings, this.#reads];
    await Promise.all(shared.map((each) => each.idle()));
  }

  async #end(ending: AxybEnding): Promise<void> {
    const numbers = await this.#endings.submit(ending);
    if (numbers === null) throw new BindingError('no-such-binding');
    this.#options.changes.publish({ numbers });
  }

  #now(): Date {
    return new Date(this.#options.clock());
  }
}
