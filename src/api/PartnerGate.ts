import type { IncomingHttpHeaders } from 'node:http';
import type { BlockList } from 'node:net';
import type { AddressBlocks } from '../store/AddressBlocks.ts';
import type { AppDirectory } from '../store/AppDirectory.ts';
import type { App } from '../store/apps.ts';
import type { NonceLedger } from '../store/NonceLedger.ts';
import { sourceOf } from '../store/sourceOf.ts';
import { addressList, isListed } from './addressList.ts';
import { type Authenticated, authenticate } from './authenticate.ts';
import { PartnerError } from './errorCodes.ts';
import type { RequestLimits } from './RequestLimits.ts';
import type { WrongCredentials } from './WrongCredentials.ts';

export interface PartnerGateOptions {
  readonly apps: AppDirectory;
  readonly blocks: AddressBlocks;
  /** Undefined: no address is ever blocked. */
  readonly wrongCredentials: WrongCredentials | undefined;
  /** For how long an address is blocked. */
  readonly blockSeconds: number;
  readonly limits: RequestLimits;
  /** Undefined: a request may come again. */
  readonly nonces: NonceLedger | undefined;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
}

/** A request as far as the gate looks at it. */
export interface KnockingRequest {
  readonly headers: IncomingHttpHeaders;
  /** The client's IP address. */
  readonly address: string;
}

/**
 * Whom the partner API lets in. In this order: where the request comes from, who sends it, whether he may (from there), how
 * many he sends; and, when nothing else speaks against it, that it is no copy of one that was let in.
 */
export class PartnerGate {
  readonly #options: PartnerGateOptions;
  /** The lists of applications that have one. */
  readonly #allowed = new WeakMap<App, BlockList>();

  constructor(options: PartnerGateOptions) {
    this.#options = options;
  }

  /**
   * @returns the application that sends the request
   * @throws PartnerError
   */
  async admit({ headers, address }: KnockingRequest): Promise<App> {
    const { apps, blocks, clock } = this.#options;
    const now = clock();
    const source = sourceOf(address);
    if (blocks.has(source, now)) throw new PartnerError('address-blocked');
    const authenticated = await authenticate(headers, apps, now).catch((error) =>
      this.#failed(error, source, now),
    );
    const { app, accountState } = authenticated.known;
    if (app.state === 'frozen' || accountState === 'frozen') throw new PartnerError('app-frozen');
    if (!this.#isAllowed(app, address)) throw new PartnerError('address-not-allowed');
    const waitMs = this.#options.limits.take(app.appKey, app.requestLimit);
    if (waitMs > 0) throw new PartnerError('flow-limit', '', Math.ceil(waitMs / 1000));
    await this.#takeOnce(authenticated);
    return app;
  }

  async #failed(error: unknown, source: string, now: number): Promise<never> {
    const { wrongCredentials, blocks, blockSeconds } = this.#options;
    const isGuess = error instanceof PartnerError && error.code === 'credentials-rejected';
    if (isGuess && wrongCredentials?.add(source, now)) await blocks.add(source, blockSeconds);
    throw error;
  }

  #isAllowed(app: App, address: string): boolean {
    const { allowedAddresses } = app;
    if (allowedAddresses.length === 0) return true;
    const list = this.#allowed.get(app) ?? addressList(allowedAddresses);
    this.#allowed.set(app, list);
    return isListed(list, address);
  }

  async #takeOnce({ credentials, fresh }: Authenticated): Promise<void> {
    if ((await this.#options.nonces?.take({ ...credentials, ...fresh })) !== false) return;
    throw new PartnerError(
      'created-too-far',
      'Nonce and Created: they were used before; every request needs a new Nonce.',
    );
  }
}
