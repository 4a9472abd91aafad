import { isIP } from 'node:net';

/** What the list needs to know of a trunk. */
export interface TrunkSources {
  readonly name: string;
  readonly port: number;
  readonly enabled: boolean;
  /** CIDR blocks or single addresses, IPv4 or IPv6. */
  readonly sources: readonly string[];
}

/** Addresses remembered with their trunk, so that a carrier's packets cost one lookup. */
const REMEMBERED_ADDRESSES = 4096;

/**
 * Which trunk an address belongs to. The blocks stand in one map for each prefix length, longest first, so that a
 * lookup costs as many steps as there are different lengths, however many trunks there are.
 */
export class SourceAcl<Trunk extends TrunkSources> {
  readonly #byPrefix: {
    readonly family: 4 | 6;
    readonly shift: bigint;
    readonly nets: Map<bigint, Trunk[]>;
  }[] = [];
  readonly #remembered = new Map<string, readonly Trunk[]>();

  constructor(trunks: readonly Trunk[]) {
    for (const trunk of trunks) {
      if (trunk.enabled) for (const source of trunk.sources) this.#add(trunk, source);
    }
    this.#byPrefix.sort((a, b) => (a.shift < b.shift ? -1 : a.shift > b.shift ? 1 : 0));
  }

  /**
   * The trunk that a packet came from: the one with the longest matching block; of several with the same block the
   * one whose port it came from, else the first by the order given.
   * @returns undefined when the address belongs to no enabled trunk
   */
  trunkOf(address: string, port: number): Trunk | undefined {
    const trunks = this.#remembered.get(address) ?? this.#find(address);
    return trunks.find((trunk) => trunk.port === port) ?? trunks[0];
  }

  #find(address: string): readonly Trunk[] {
    const parsed = parseAddress(address);
    let found: readonly Trunk[] = [];
    if (parsed) {
      for (const { family, shift, nets } of this.#byPrefix) {
        const trunks = family === parsed.family ? nets.get(parsed.bits >> shift) : undefined;
        if (trunks) {
          found = trunks;
          break;
        }
      }
    }
    if (this.#remembered.size >= REMEMBERED_ADDRESSES) this.#remembered.clear();
    this.#remembered.set(address, found);
    return found;
  }

  #add(trunk: Trunk, source: string): void {
    const [address = '', length] = source.split('/');
    const parsed = parseAddress(address);
    if (!parsed) return;
    const width = parsed.family === 4 ? 32 : 128;
    const prefix = length === undefined ? width : Number(length);
    if (!Number.isInteger(prefix) || prefix < 0 || prefix > width) return;
    const shift = BigInt(width - prefix);
    let level = this.#byPrefix.find((each) => each.family === parsed.family && each.shift === shift);
    if (!level) {
      level = { family: parsed.family, shift, nets: new Map() };
      this.#byPrefix.push(level);
    }
    const net = parsed.bits >> shift;
    const trunks = level.nets.get(net);
    if (trunks) trunks.push(trunk);
    else level.nets.set(net, [trunk]);
  }
}

/** An address as a number. IPv4 inside IPv6 (`::ffff:192.0.2.1`) is IPv4. */
function parseAddress(text: string): { family: 4 | 6; bits: bigint } | undefined {
  const plain = text.replace(/^\[|\]$/g, '').replace(/^::ffff:(?=\d+\.)/i, '');
  const family = isIP(plain);
  if (family === 4) return { family, bits: bitsOfGroups(plain.split('.').map(Number), 8n) };
  if (family !== 6) return undefined;
  const [head = '', tail] = plain.replace(/%.*$/, '').split('::');
  const front = groupsOf(head);
  const back = tail === undefined ? [] : groupsOf(tail);
  const gap = new Array<number>(8 - front.length - back.length).fill(0);
  return { family, bits: bitsOfGroups([...front, ...gap, ...back], 16n) };
}

function groupsOf(half: string): number[] {
  if (half === '') return [];
  return half.split(':').flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)];
    const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number);
    return [a * 256 + b, c * 256 + d];
  });
}

function bitsOfGroups(groups: readonly number[], width: bigint): bigint {
  return groups.reduce((bits, group) => (bits << width) | BigInt(group), 0n);
}
