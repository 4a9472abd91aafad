import { randomUUID } from 'node:crypto';
import type { EslEvent, EventHeaders, EventName } from './eslEvent.ts';

export interface EventListener {
  /** Whether the listener has subscribed to such events; asked before an event is put together. */
  wants(name: EventName): boolean;
  deliver(event: EslEvent): void;
}

/** Brings events to those who have subscribed to them. An event that nobody wants is never put together. */
export class EventHub {
  readonly coreUuid = randomUUID();
  readonly #hostName: string;
  readonly #address: string;
  readonly #listeners = new Set<EventListener>();
  #sequence = 0;

  /** @param hostName the name that this server goes by in events; not that of the machine */
  constructor(hostName: string, address: string) {
    this.#hostName = hostName;
    this.#address = address;
  }

  add(listener: EventListener): void {
    this.#listeners.add(listener);
  }

  delete(listener: EventListener): void {
    this.#listeners.delete(listener);
  }

  /** Raises an event. `describe` makes its own headers and is only called when someone wants the event. */
  raise(name: EventName, describe: () => EventHeaders, body?: string): void {
    this.#sequence++;
    let event: EslEvent | undefined;
    for (const listener of this.#listeners) {
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
