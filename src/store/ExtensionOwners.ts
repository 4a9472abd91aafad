import type { Sealer } from './sealing.ts';

/** Bytes of a digest that tell one A from another. */
const PREFIX_BYTES = 4;

/**
 * Who has an extension on an X (AXE), in four bytes each. One stranger in some millions is taken for an owner; he is then
 * looked up, as the owners are.
 */
export class ExtensionOwners {
  readonly #prefixes: Uint32Array;
  readonly #sealer: Pick<Sealer, 'digest'>;

  /** @param prefixes the first four bytes of the digest of each, one after the other */
  constructor(prefixes: Buffer, sealer: Pick<Sealer, 'digest'>) {
    const count = prefixes.length / PREFIX_BYTES;
    this.#prefixes = Uint32Array.from({ length: count }, (_, i) => prefixes.readUInt32LE(i * PREFIX_BYTES));
    this.#sealer = sealer;
  }

  /** @param caller E.164, or '' */
  mayInclude(caller: string): boolean {
    return this.#prefixes.length > 0 && this.#prefixes.includes(this.#sealer.digest(caller).readUInt32LE());
  }
}
