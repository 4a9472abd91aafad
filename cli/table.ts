import type { Fields } from './isRecord.ts';

/** A column: its heading and what it shows of an item. */
export interface Column {
  readonly heading: string;
  readonly show: (item: Fields) => unknown;
}

/** A table for a terminal: a line of headings, a line for each item, columns aligned by what the eye sees. */
export function formatTable(columns: readonly Column[], items: readonly Fields[]): string {
  const cells = [
    columns.map(({ heading }) => heading),
    ...items.map((item) => columns.map(({ show }) => cellOf(show(item)))),
  ];
  const widths = columns.map((_, column) => Math.max(...cells.map((row) => widthOf(row[column] ?? ''))));
  return cells
    .map((row) =>
      row
        .map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - widthOf(cell)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function cellOf(value: unknown): string {
  if (value === undefined || value === null || value === '') return '–';
  if (Array.isArray(value)) return value.length === 0 ? '–' : value.join(' ');
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  // Control characters of a stored text must not reach the terminal.
  return String(value).replace(/\p{Cc}/gu, '?');
}

/** Columns that a text takes on a terminal: Chinese, Japanese and Korean characters take two. */
function widthOf(text: string): number {
  const wide = text.match(
    /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\uff00-\uff60\uffe0-\uffe6]/g,
  );
  return [...text].length + (wide?.length ?? 0);
}
