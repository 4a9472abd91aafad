import type { EslEvent, EventFormat, EventName } from './eslEvent.ts';

interface Filter {
  readonly header: string;
  readonly value: string;
  readonly excludes: boolean;
}

/** What one client wants to hear: event names, in a format, narrowed by filters. */
export class Subscription {
  format: EventFormat = 'plain';
  #all = false;
  readonly #names = new Set<string>();
  #filters: Filter[] = [];

  /** Whether events of this name may be sent, filters aside. */
  wants(name: EventName): boolean {
    return this.#all || this.#names.has(name);
  }

  /**
   * Filters let an event through when one of them matches, unless an excluding one does too; without filters
   * everything passes.
   */
  passes(event: EslEvent): boolean {
    if (this.#filters.length === 0) return true;
    let passes = false;
    for (const filter of this.#filters) {
      const value = event.headers[filter.header];
      if (value?.toLowerCase() !== filter.value) continue;
      if (filter.excludes) return false;
      passes = true;
    }
    return passes;
  }

  /** The channel that the filters confine this client to, when they do nothing else. */
  get scope(): string | undefined {
    const [first, ...others] = this.#filters;
    const isConfined = first?.header === 'Unique-ID' && !first.excludes && others.length === 0;
    return isConfined ? first.value : undefined;
  }

  /** `event [plain|json] NAME …`; gives the reply text. */
  subscribe(words: readonly string[]): string {
    let counted = 0;
    for (const [index, word] of words.entries()) {
      const format = word.toLowerCase();
      if (index === 0 && (format === 'json' || format === 'plain')) this.format = format;
      else if (index === 0 && format === 'xml') return '-ERR events as XML are not supported';
      else counted += this.#subscribeTo(word);
    }
    return counted === 0 ? '-ERR no keywords supplied' : `+OK event listener enabled ${this.format}`;
  }

  /** `nixevent NAME …`. */
  unsubscribe(words: readonly string[]): string {
    if (words.length === 0) return '-ERR no keywords supplied';
    for (const word of words) {
      const name = eventWord(word);
      if (name === 'ALL') this.clear();
      else this.#names.delete(name);
    }
    return '+OK events nixed';
  }

  clear(): void {
    this.#all = false;
    this.#names.clear();
  }

  /** `filter [delete] Header [value]`; a value with `-` before it excludes. */
  filter(words: readonly string[]): string {
    const [first, ...rest] = words;
    if (first?.toLowerCase() === 'delete') return this.#deleteFilter(rest);
    const text = rest.join(' ');
    if (!first || text === '') return '-ERR invalid syntax';
    if (text.startsWith('/')) return '-ERR filters by regular expression are not supported';
    const excludes = text.startsWith('-');
    this.#filters.push({ header: first, value: text.replace(/^[+-]\s*/, '').toLowerCase(), excludes });
    return `+OK filter added. [${first}]=[${text}]`;
  }

  #deleteFilter(words: readonly string[]): string {
    const [header, ...rest] = words;
    if (!header) return '-ERR invalid syntax';
    const value = rest.join(' ').toLowerCase();
    this.#filters = this.#filters.filter(
      (filter) => header !== 'all' && (filter.header !== header || (value !== '' && filter.value !== value)),
    );
    return '+OK filter deleted.';
  }

  /** Names that we never raise, and the subclasses after CUSTOM, are taken without a word, as FreeSWITCH does. */
  #subscribeTo(word: string): number {
    const name = eventWord(word);
    if (name === 'ALL') this.#all = true;
    else this.#names.add(name);
    return name === '' ? 0 : 1;
  }
}

/** FreeSWITCH takes its C constants for event names as well. */
function eventWord(word: string): string {
  return word.toUpperCase().replace(/^SWITCH_EVENT_/, '');
}
