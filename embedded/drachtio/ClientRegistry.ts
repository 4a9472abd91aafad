import type { AppClient } from './AppClient.ts';

interface Route {
  readonly clients: AppClient[];
  next: number;
}

/** Which clients want requests of which verb; each verb goes round among its clients. */
export class ClientRegistry {
  readonly #clients = new Set<AppClient>();
  readonly #routes = new Map<string, Route>();

  get count(): number {
    return this.#clients.size;
  }

  get clients(): Iterable<AppClient> {
    return this.#clients;
  }

  add(client: AppClient): void {
    this.#clients.add(client);
  }

  remove(client: AppClient): void {
    this.#clients.delete(client);
    for (const verb of this.#routes.keys()) this.removeRoute(verb, client);
  }

  /** From now on the client gets requests of this verb (lower case). */
  addRoute(verb: string, client: AppClient): void {
    const route = this.#routes.get(verb);
    if (route === undefined) this.#routes.set(verb, { clients: [client], next: 0 });
    else if (!route.clients.includes(client)) route.clients.push(client);
  }

  /** @returns whether there was such a route */
  removeRoute(verb: string, client: AppClient): boolean {
    const route = this.#routes.get(verb);
    const at = route?.clients.indexOf(client) ?? -1;
    if (route === undefined || at < 0) return false;
    route.clients.splice(at, 1);
    if (route.clients.length === 0) this.#routes.delete(verb);
    return true;
  }

  /** The client whose turn it is for this verb (lower case). */
  pick(verb: string): AppClient | undefined {
    const route = this.#routes.get(verb);
    if (route === undefined) return undefined;
    const client = route.clients[route.next % route.clients.length];
    route.next = (route.next + 1) % route.clients.length;
    return client;
  }
}
