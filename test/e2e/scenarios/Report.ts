import type { Row, SipEnd, Table } from './Row.ts';

const HEAD = ['mode', 'scenario', 'stateCode', 'SIP', 'pass'] as const;

/** What came of each scenario, as a table for people. */
export class Report {
  readonly #passed = new Map<Row, boolean>();

  add(row: Row, passed: boolean): void {
    this.#passed.set(row, passed);
  }

  /** Mode, scenario, stateCode, SIP code and whether it passed, in the order of the tables. */
  text(tables: readonly Table[]): string {
    const lines = tables.flatMap(({ title, rows }) =>
      rows.map((row) => [title, row.name, String(row.stateCode), sipColumn(row.sip), this.#verdict(row)]),
    );
    const all = [HEAD, ...lines];
    const widths = HEAD.map((_, column) => Math.max(...all.map((cells) => cells[column]?.length ?? 0)));
    const drawn = all.map((cells) =>
      cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '),
    );
    const passed = [...this.#passed.values()].filter(Boolean).length;
    const counts = `${passed} passed, ${lines.length - passed} failed or not played`;
    return [...drawn.map((line) => line.trimEnd()), counts].join('\n');
  }

  #verdict(row: Row): string {
    const passed = this.#passed.get(row);
    return passed === undefined ? '-' : passed ? 'yes' : 'NO';
  }
}

/** The final status of the caller's INVITE; an answered call has its 200, and who sent the BYE. */
function sipColumn(sip: SipEnd): string {
  if ('final' in sip) return String(sip.final);
  return sip.bye === 'sent' ? '200, BYE sent' : `200, BYE ${sip.q850}`;
}
