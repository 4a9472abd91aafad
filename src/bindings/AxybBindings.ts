import { randomUUID } from 'node:crypto';
import { maskNumber } from '../../routing/numbers.ts';
import type { App } from '../store/apps.ts';
import {
  deleteAxybBinding,
  deleteAxybRelation,
  insertAxybBinding,
  insertAxybRelation,
  listAxybBindings,
} from '../store/axybBindings.ts';
import { BindingLock } from '../store/BindingLock.ts';
import { AnnouncementNames } from './AnnouncementNames.ts';
import { bindingOf, newRowOf, relationRowOf } from './axybRows.ts';
import type {
  AxybBinding,
  AxybBindRequest,
  AxybQuery,
  AxybRelateRequest,
  AxybRelationTarget,
} from './axybTypes.ts';
import { BindingError } from './BindingError.ts';
import type { BindingsOptions } from './Bindings.ts';
import { checkRecording, subscriptionIdOf } from './bindingRules.ts';

/**
 * AXYB bindings (facts 5): A reaches each B by dialling the Y of that B, and all of them reach A by dialling X. They
 * are made in two steps: A with an X, then each B with a Y. X and Y come from the same numbers of the application; one
 * that serves as Y is nobody's X meanwhile.
 *
 * A change is seen by this node's next call before the promise resolves.
 */
export class AxybBindings {
  readonly #options: BindingsOptions;
  readonly #lock: BindingLock;
  readonly #announcements: AnnouncementNames;

  constructor(options: BindingsOptions) {
    this.#options = options;
    this.#lock = new BindingLock(options.sql);
    this.#announcements = new AnnouncementNames(options.sql, options.changes);
  }

  /**
   * Binds A to an X.
   * @returns the id of the binding, and its X
   * @throws BindingError, StoreError
   */
  async bind(app: App, request: AxybBindRequest): Promise<{ subscriptionId: string; x: string }> {
    checkRecording(app, request);
    await this.#announcements.check([request.recordHintTone, request.preVoiceX]);
    const { sealer, changes, places } = this.#options;
    const subscriptionId = randomUUID();
    const at = this.#now();
    const row = newRowOf(app.appKey, subscriptionId, request, at, sealer);
    const place = places.placeFor(request.origNum, request);
    const result = await insertAxybBinding(this.#lock, row, place, at);
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
    await this.#announcements.check([request.preVoiceY]);
    const { sealer, changes, places } = this.#options;
    const at = this.#now();
    const row = relationRowOf(app.appKey, subscriptionId, request, at, sealer);
    // Without a city nobody says that Y must be of B's.
    const place = places.placeFor(request.origNum, request.areaCode === undefined ? {} : request);
    const result = await insertAxybRelation(this.#lock, row, place, at);
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
    const { changes } = this.#options;
    const numbers = await deleteAxybBinding(this.#lock, app.appKey, subscriptionIdOf(id), this.#now());
    if (numbers === undefined) throw new BindingError('no-such-binding');
    changes.publish({ numbers });
  }

  /**
   * Ends one relation of a binding; the others go on.
   * @throws BindingError no-such-binding; StoreError
   */
  async unrelate(app: App, id: string, target: AxybRelationTarget): Promise<void> {
    const { sealer, changes } = this.#options;
    const key = 'yNum' in target ? { y: target.yNum } : { bDigest: sealer.digest(target.bNum) };
    const numbers = await deleteAxybRelation(this.#lock, app.appKey, subscriptionIdOf(id), key, this.#now());
    if (numbers === undefined) throw new BindingError('no-such-binding');
    changes.publish({ numbers });
  }

  /**
   * Live bindings, one item for each live relation, or one where there is none (facts 5.3).
   * @throws BindingError no-such-binding when there is none; StoreError
   */
  async query(app: App, query: AxybQuery): Promise<AxybBinding[]> {
    const { sql, sealer } = this.#options;
    const key =
      'subscriptionId' in query
        ? { subscriptionId: subscriptionIdOf(query.subscriptionId) }
        : { number: query.relationNum };
    const rows = await listAxybBindings(sql, app.appKey, key, this.#now());
    if (rows.length === 0) throw new BindingError('no-such-binding');
    return rows.map((row) => bindingOf(row, sealer));
  }

  #now(): Date {
    return new Date(this.#options.clock());
  }
}
