import type { App } from '../store/apps.ts';
import type { Changes } from '../store/changes.ts';
import type { Sql } from '../store/database.ts';
import type { Sealer } from '../store/sealing.ts';
import type { AxbBinding, AxbBindRequest, AxbChanges, AxbQuery, AxbUnbind } from './types.ts';

export interface AxbBindingsOptions {
  readonly sql: Sql;
  readonly sealer: Sealer;
  readonly changes: Changes;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
}

/** AXB bindings: makes them, changes them, ends them (facts 2). */
export interface AxbBindingsApi {
  /** @throws BindingError, StoreError */
  bind(app: App, request: AxbBindRequest): Promise<AxbBinding>;
  /** @throws BindingError no-such-binding, x-not-of-application; StoreError */
  unbind(app: App, which: AxbUnbind): Promise<void>;
  /** @throws BindingError, StoreError */
  modify(app: App, subscriptionId: string, changes: AxbChanges): Promise<void>;
  /** @throws StoreError */
  query(app: App, query: AxbQuery): Promise<{ items: AxbBinding[]; totalCount: number }>;
}
