import { isRecord } from './isRecord.ts';
import { formatTable } from './table.ts';

/** Presents one item whole: a line for each field, members of objects in lines of their own. */
export function fieldTable(answer: unknown): string {
  return formatTable(
    [
      { heading: 'FIELD', show: ({ name }) => name },
      { heading: 'VALUE', show: ({ value }) => value },
    ],
    fieldsOf(answer),
  );
}

/** A limit of calls or requests as it is typed, `100/60`; anything else as it is. */
export function frequencyText(value: unknown): unknown {
  if (!isRecord(value) || !('calls' in value || 'requests' in value)) return value;
  return `${value.calls ?? value.requests}/${value.seconds}`;
}

function fieldsOf(answer: unknown, prefix = ''): { readonly name: string; readonly value: unknown }[] {
  if (!isRecord(answer)) return [];
  return Object.entries(answer).flatMap(([name, value]) => {
    const shown = frequencyText(value);
    return isRecord(shown) ? fieldsOf(shown, `${prefix}${name}.`) : [{ name: prefix + name, value: shown }];
  });
}
