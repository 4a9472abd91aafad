import { randomUUID } from 'node:crypto';
import type { EslEvent, EventHeaders, EventName } from './eslEvent.ts';

export interface EventListener {
  /** The one channel that the listener wants to hear of, when its filters say so; else it is asked for all events. */
  readonly scope: string | undefined;
  /** Whether the listener has subscribed to such events; asked before an event is put together. */
  wants(name: EventName): boolean;
  deliver(event: EslEvent): void;
}

/**
 * Brings events to those who have subscribed to them. An event that nobody wants is never put together, and the
 * listeners of one channel are not asked about another's: with a listener a channel that would be most of the work.
 */
export class EventHub {
  readonly coreUuid = randomUUID();
  readonly #hostName: string;
  readonly #address: string;
  /** Listeners by the channel that they are confined to; those under `undefined` hear of everything. */
  readonly #listeners = new Map<string | undefined, Set<EventListener>>();
  readonly #scopes = new Map<EventListener, string | undefined>();
  #sequence = 0;

  /** @param hostName the name that this server goes by in events; not that of the machine */
  constructor(hostName: string, address: string) {
    this.#hostName = hostName;
    this.#address = address;
  }

  /** Takes a listener, or takes note of its new scope. */
  add(listener: EventListener): void {
    this.delete(listener);
    const { scope } = listener;
    const peers = this.#listeners.get(scope) ?? new Set();
    this.#listeners.set(scope, peers.add(listener));
    this.#scopes.set(listener, scope);
  }

  delete(listener: EventListener): void {
    if (!this.#scopes.has(listener)) return;
    const scope = this.#scopes.get(listener);
    const peers = this.#listeners.get(scope);
    peers?.delete(listener);
    if (peers?.size === 0) this.#listeners.delete(scope);
    this.#scopes.delete(listener);
  }

  /**
   * Raises an event about a channel, or about none. `describe` makes its own headers and is only called when
   * someone wants the event.
   */
  raise(name: EventName, channelUuid: string | undefined, describe: () => EventHeaders, body?: string): void {
    this.#sequence++;
    const interested = [...(this.#listeners.get(undefined) ?? [])];
    if (channelUuid !== undefined) interested.push(...(this.#listeners.get(channelUuid) ?? []));
    let event: EslEvent | undefined;
    for (const listener of interested) {
      if (!listener.wants(name)) continue;
      event ??= { name, headers: { ...this.#commonHeaders(name), ...describe() }, body };
      listener.deliver(event);
    }
  }

  #commonHeaders(name: EventName): EventHeaders {
    const now = new Date();
    return {
      'Event-Name': name,
      'Core-UUID': this.coreUuid,
      'FreeSWITCH-Hostname': this.#hostName,
      'FreeSWITCH-Switchname': this.#hostName,
      'FreeSWITCH-IPv4': this.#address,
      'FreeSWITCH-IPv6': '::1',
      'Event-Date-Local': localTime(now),
      'Event-Date-GMT': now.toUTCString(),
      'Event-Date-Timestamp': String(now.getTime() * 1000),
      'Event-Sequence': String(this.#sequence),
    };
  }
}

/** `2026-11-22 16:05:09`, in the machine's time zone. */
function localTime(time: Date): string {
  const shifted = new Date(time.getTime() - time.getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, 19).replace('T', ' ');
}
