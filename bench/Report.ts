import { writeFileSync } from 'node:fs';
import { describeLoad, describeMachine } from './machine.ts';

/** What a bench says: on the terminal at once, and in a text file at the end. */
export class Report {
  readonly #lines: string[] = [];

  constructor(command: string) {
    this.line(`$ ${command}`);
    this.line(`${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC · ${describeMachine()}`);
    this.line(describeLoad());
    this.line();
  }

  line(text = ''): void {
    this.#lines.push(text);
    console.log(text);
  }

  /** Rows under a heading, in columns as wide as they need; the first is flush left, numbers flush right. */
  table(heading: readonly string[], rows: readonly (readonly string[])[]): void {
    const all = [heading, ...rows];
    const widths = heading.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
    for (const row of all) {
      const cells = widths.map((width, column) => {
        const cell = row[column] ?? '';
        return column === 0 ? cell.padEnd(width) : cell.padStart(width);
      });
      this.line(cells.join('  ').trimEnd());
    }
    this.line();
  }

  save(file: string): void {
    writeFileSync(file, `${this.#lines.join('\n').trimEnd()}\n`);
  }
}
